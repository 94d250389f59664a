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

void see(FakeWorld& world, Peer& peer, std::string_view view) {
  peer.say(system("view", room_field("grid") + R"(,"view":)" + std::string(view)));
  world.settle();
  world.run_for(60, 10);  // views are looked at once a tick
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

// The numbers of the ticks at which far cells tick and those at which checksums were due never met.
TEST(RelayGridRegress, FarCellsBearChecksumsToo) {
  FakeWorld world(1, {}, rules());
  Peer& eye = world.connect(0, kBin);
  world.join(eye, "grid", R"(,"view":{"x":5,"y":5})");
  Peer& hand = world.connect();
  world.join(hand, "grid", R"(,"view":{"cells":[]})");
  for (int i = 0; i < 200; ++i) {
    const std::string y = std::to_string(i % 10);
    hand.say(put("grid", R"("near":{"x":5,"y":)" + y + R"(},"far":{"x":25,"y":)" + y + "}"));
    world.run_for(50, 10);
  }
  EXPECT_GE(eye.coded().checksums[0], 5u);
  EXPECT_GE(eye.coded().checksums[1], 2u);
}

// The near cell is given up for a far one that there is no place for: what was seen went stale.
TEST(RelayGridRegress, ACellWithoutAPlaceIsToldAsGone) {
  FakeWorld world(
      1, [](Options& options) { options.grid_cells_max = 5; }, rules());
  Peer& eye = world.connect();
  Peer& other = world.connect();
  world.join(eye, "grid", R"(,"view":{"cells":[[0,0]]})");
  // What else there is place for is taken, the near cell kept.
  world.join(other, "grid", R"(,"view":{"cells":[[0,0],[90,0],[91,0],[92,0],[93,0]]})");
  other.say(put("grid", R"("rock":{"x":5,"y":5})"));
  world.run_for(200);
  ASSERT_TRUE(eye.has("rock"));
  eye.take();
  see(world, eye, R"({"x":-8,"y":5})");
  EXPECT_TRUE(eye.has(R"("cell":[0,0],"full":true,"payload":{"set":{}})") ||
              eye.has(R"("cell":[0,0],"level":1,"full":true,"payload":{"set":{}})"));
}

// Whoever asked got the one at hand, however old, and all that had come since once more.
TEST(RelayGridRegress, AWholeStateThatIsAskedForIsOfThePresent) {
  FakeWorld world(2, {}, rules());
  const std::string room = world.room_at(1, "owned");
  Peer& hand = world.connect();
  world.join(hand, room);
  hand.say(put(room, R"("a":{"x":1})"));
  world.run_for(200);
  Peer& late = world.connect();
  world.join(late, room);
  world.run_for(200);
  hand.say(put(room, R"("a":{"x":2})"));
  world.run_for(200);
  ASSERT_TRUE(late.has(R"("x":2)"));
  late.take();
  late.say(system("keyframe", room_field(room)));
  world.run_for(200);
  EXPECT_TRUE(late.has(R"("full":true,"payload":{"set":{"a":{"x":2}}})"));
  EXPECT_EQ(late.count("game_state"), 1u);
}

// It was filled with what had been set since the last tick, and with what lay elsewhere by then.
TEST(RelayGridRegress, ACellOpenedBetweenTwoTicksIsAsOfTheLast) {
  FakeWorld world(1, {}, rules());
  Peer& hand = world.connect();
  Peer& eye = world.connect();
  world.join(hand, "grid", R"(,"view":{"cells":[]})");
  world.join(eye, "grid", R"(,"view":{"cells":[]})");
  hand.say(put("grid", R"("a":{"x":5,"y":5})"));
  world.run_for(200);
  hand.say(put("grid", R"("a":{"x":6})"));
  world.run_for(1);
  hand.say(put("grid", R"("a":{"x":95})"));
  world.settle();
  see(world, eye, R"({"cells":[[0,0]]})");
  EXPECT_TRUE(eye.has(R"("cell":[0,0],"full":true,"payload":{"set":{}})"));
  EXPECT_FALSE(eye.has("95"));
}

// Who sees it from afar from now on has seen it near: the old state of the far cell is no use.
TEST(RelayGridRegress, ACellThatBecomesFarDoesNotGoBack) {
  FakeWorld world(1, {}, rules());
  Peer& hand = world.connect();
  Peer& far = world.connect();
  world.join(hand, "grid", R"(,"view":{"cells":[]})");
  world.join(far, "grid", R"(,"view":{"x":-8,"y":5})");
  Peer& eye = world.connect();
  world.join(eye, "grid");
  for (int i = 10; i < 18; ++i) {  // whatever the tick's number
    see(world, eye, R"({"x":5,"y":5})");
    hand.say(put("grid", R"("a":{"x":5,"y":)" + std::to_string(i) + R"(},"b":{"x":5,"y":)" +
                             std::to_string(i % 9) + "." + std::to_string(i % 7) + "}"));
    world.run_for(60, 10);
    eye.take();
    see(world, eye, R"({"x":-8,"y":5})");
    const std::string newest =
        R"("y":)" + std::to_string(i % 9) + (i % 7 == 0 ? "" : "." + std::to_string(i % 7));
    const std::string whole = eye.find(R"("cell":[0,0],"level":1,"full":true)");
    EXPECT_NE(whole.find(newest + "}"), std::string::npos) << whole << " wants " << newest;
  }
}

TEST(RelayGridRegress, ADrainWaitsForNoFarTick) {
  FakeWorld world(1, {}, rules());
  Peer& eye = world.connect();
  world.join(eye, "grid", R"(,"view":{"x":5,"y":5})");
  Peer& hand = world.connect();
  world.join(hand, "grid", R"(,"view":{"cells":[]})");
  for (int i = 0; i < 5; ++i) {  // whatever the number of the next tick
    hand.say(put("grid", R"("far":{"x":25,"y":)" + std::to_string(i) + "}"));
    world.run_for(50, 10);
  }
  hand.say(put("grid", R"("far":{"x":25.5})"));
  world.settle();
  eye.take();
  world.relay().goaway(1000);
  world.settle();
  EXPECT_TRUE(eye.has("25.5"));
}

// While nobody reads a cell its log does not grow, so that a snapshot from before looked like the
// present: who came back while it lagged was shown what had been (simulation, seeds 4673 and 6026).
TEST(RelayGridRegress, ASnapshotDoesNotOutliveAChangeThatNobodyRead) {
  FakeWorld world(
      1, [](Options& options) { options.heartbeat_interval_ms = options.timeout_ms = 3'600'000; },
      rules());
  Peer& eye = world.connect();
  Peer& hand = world.connect();
  world.join(eye, "grid", R"(,"view":{"cells":[[0,0]]})");
  world.join(hand, "grid", R"(,"view":{"cells":[]})");
  int y = 0;
  const auto move_rocks = [&] {
    std::string rocks;
    ++y;
    for (int i = 0; i < 20; ++i) {
      rocks += (i == 0 ? R"("rock)" : R"(,"rock)") + std::to_string(i) + R"(":{"x":5,"y":)" +
               std::to_string(y % 10) + "}";
    }
    hand.say(put("grid", rocks));
  };
  const auto run_slowly = [&](int ms) {
    for (int i = 0; i < ms; ++i) {
      eye.reads_bytes = 1;
      eye.read_on();
      world.run_for(1);
    }
  };
  for (int i = 0; i < 600; ++i) {
    move_rocks();
    run_slowly(50);
  }
  const auto snapshots = [&] { return world.relay().stats().snapshots_encoded.get(); };
  const u64 before = snapshots();
  ASSERT_GT(before, 0u);
  for (int i = 0; i < 10'000 && snapshots() == before; ++i) run_slowly(1);
  eye.say(system("view", room_field("grid") + R"(,"view":{"cells":[[50,50]]})"));
  run_slowly(200);
  ASSERT_EQ(snapshots(), before + 1);
  y = 6;
  move_rocks();
  run_slowly(200);
  eye.say(system("view", room_field("grid") + R"(,"view":{"cells":[[0,0]]})"));
  run_slowly(60'000);
  eye.reads_bytes = ~u64{0};
  eye.read_on();
  world.run_for(5000, 10);
  std::string newest;
  for (const std::string& message : eye.take()) {
    if (message.find("rock") != std::string::npos) newest = message;
  }
  EXPECT_NE(newest.find(R"("y":7)"), std::string::npos) << newest;
}

}  // namespace
}  // namespace perseid::test
