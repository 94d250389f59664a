// --state-dictionary: where no schema codes a room's state, the binary flavour gets it packed by a
// dictionary that `joined` names; everybody else sees no difference.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"

namespace perseid::test {
namespace {

constexpr std::string_view kSample =
    R"({"set":{"player1":{"x":12.5,"y":3.25,"does":"run","team":"red"}}})";

TEST(RelayDictionary, BinaryMembersGetStatePackedAndJsonMembersPlain) {
  const auto dictionary = Dictionary::make(std::string(kSample));
  FakeWorld world(2, {}, nullptr, dictionary);
  Peer& ana = world.connect(0, kJson);
  EXPECT_EQ(world.join(ana, "arena").find("dictionary"), std::string::npos);
  Peer& ben = world.connect(1, kBin);
  EXPECT_EQ(field(world.join(ben, "arena"), "dictionary"), dictionary->hash());
  Peer& cleo = world.connect(0, kBinDeflate);
  world.join(cleo, "arena");
  const std::string update = R"({"set":{"player7":{"x":13.5,"y":3.5,"does":"run","team":"blue"}}})";
  ana.say(R"({"type":"game_state","room":"arena","payload":)" + update + "}");
  world.run_for(100);
  Peer& late = world.connect(1, kBin);
  world.join(late, "arena");
  world.run_for(10);
  EXPECT_EQ(ana.packed_states, 0u);
  EXPECT_EQ(ben.packed_states, 1u);
  EXPECT_EQ(cleo.packed_states, 1u);
  EXPECT_EQ(late.packed_states, 1u);
  for (Peer* peer : {&ana, &ben, &cleo}) EXPECT_TRUE(peer->has(R"("payload":)" + update));
}

}  // namespace
}  // namespace perseid::test
