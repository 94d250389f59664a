// Faults that rooms with owners and rooms that are grids once had.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

std::shared_ptr<const RoomRules> rules() {
  const std::string schema =
      R"("schema":{"x":{"type":"float","min":-1000,"max":1000,"resolution":0.1},)"
      R"("y":{"type":"float","min":-1000,"max":1000,"resolution":0.1}})";
  auto out = std::make_shared<RoomRules>();
  EXPECT_EQ(out->add(R"({"pattern":"owned*","ownership":"first_writer",)" + schema + "}"), "");
  EXPECT_EQ(out->add(R"({"pattern":"free*","ownership":"first_writer"})"), "");
  EXPECT_EQ(out->add(R"({"pattern":"grid*",)" + schema +
                     R"(,"grid":{"cell":10,"radius":5,"far_radius":15,"far_divisor":4}})"),
            "");
  return out;
}

std::string put(std::string_view room, std::string_view set) {
  return state(room, R"({"set":{)" + std::string(set) + "}}");
}

// It grew a list by an entry per such update, without bound, and kept others from writing.
TEST(RelayOwnedRegress, AFieldTakenFromNothingMakesNobodyItsOwner) {
  for (const std::string room : {"owned", "free"}) {
    FakeWorld world(1, {}, rules());
    Peer& ana = world.connect();
    Peer& ben = world.connect();
    world.join(ana, room);
    world.join(ben, room);
    EXPECT_TRUE(world.ask(ana, put(room, R"("ghost":{"x":null})")).empty());
    EXPECT_TRUE(world.ask(ben, put(room, R"("ghost":{"x":1})")).empty()) << room;
    const auto refused = world.ask(ana, put(room, R"("ghost":{"x":null})"));
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_EQ(field(refused[0], "code"), "not_owner");
  }
}

}  // namespace
}  // namespace perseid::test
