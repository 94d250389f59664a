// What is counted of each lane: sent, skipped, merged, bytes, once each, whatever the kernel takes.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

LaneStats counted(Stats& stats, Lane lane) {
  return lane_stats(stats, lane);
}

TEST(LaneStats, a_frame_is_counted_when_the_kernel_has_taken_it_and_once) {
  FakeWorld world;
  Peer& a = world.connect();
  world.join(a, "arena");
  a.accepts_bytes = 0;
  a.say(chat("arena", "1"));
  world.settle();
  Stats stats = world.relay().stats();
  EXPECT_EQ(counted(stats, Lane::chat).sent, 0u) << "offered, not taken";
  const u64 before = a.bytes_in;
  a.accepts_bytes = 10;  // tears it: its rest goes first
  world.settle();
  a.accepts_bytes = ~u64{0};
  world.settle();
  ASSERT_EQ(a.count(R"("type":"chat")"), 1u);
  stats = world.relay().stats();
  EXPECT_EQ(counted(stats, Lane::chat).sent, 1u);
  EXPECT_EQ(counted(stats, Lane::chat).merged, 0u);
  EXPECT_EQ(counted(stats, Lane::chat).bytes, a.bytes_in - before);
  for (const Lane other : {Lane::system, Lane::player_action, Lane::game_state}) {
    EXPECT_EQ(counted(stats, other).sent, 0u) << name(other);
  }
}

TEST(LaneStats, what_leaves_together_is_counted_as_merged_but_for_the_first) {
  FakeWorld world;
  Peer& a = world.connect();
  world.join(a, "arena");
  a.accepts_bytes = 0;
  for (int i = 0; i < 5; ++i) a.say(action("arena", "1"));
  world.settle();
  a.accepts_bytes = ~u64{0};
  world.settle();
  Stats stats = world.relay().stats();
  EXPECT_EQ(counted(stats, Lane::player_action).sent, 5u);
  EXPECT_EQ(counted(stats, Lane::player_action).merged, 4u);
  EXPECT_EQ(counted(stats, Lane::player_action).skipped, 0u);
}

TEST(LaneStats, what_a_gap_names_is_skipped) {
  FakeWorld world(1, [](Options& o) { o.action_window_bytes = o.burst_window_bytes = 4096; });
  Peer& a = world.connect();
  world.join(a, "arena");
  a.accepts_bytes = 0;
  for (int i = 0; i < 100; ++i) {
    a.say(action("arena", in_quotes(std::string(500, 'x'))));
    world.turn(1);
  }
  a.accepts_bytes = ~u64{0};
  world.settle();
  const std::string gap = a.find(R"("op":"gap")");
  Stats stats = world.relay().stats();
  const LaneStats lane = counted(stats, Lane::player_action);
  EXPECT_EQ(lane.skipped, number(gap, "to") - number(gap, "from") + 1);
  EXPECT_EQ(lane.skipped + lane.sent, 100u) << "told or delivered, nothing else";
}

TEST(LaneStats, the_deltas_that_a_whole_state_replaces_are_skipped) {
  FakeWorld world;
  Peer& a = world.connect();
  Peer& b = world.connect();
  world.join(a, "arena");
  world.join(b, "arena");
  b.accepts_bytes = 0;
  for (int i = 0; i < 40; ++i) {
    a.say(state("arena", R"({"set":{"e":{"x":)" + std::to_string(i) + R"(,"y":")" +
                             std::string(100, 'y') + R"("}}})"));
    world.run_for(60);
  }
  b.accepts_bytes = ~u64{0};
  world.settle();
  ASSERT_EQ(b.count(R"("full":true)"), 1u);
  Stats stats = world.relay().stats();
  EXPECT_EQ(counted(stats, Lane::game_state).skipped, 40u);
  EXPECT_EQ(counted(stats, Lane::game_state).sent, 41u) << "40 deltas to one, a state to the other";
}

TEST(LaneStats, what_a_roster_replaces_is_skipped) {
  FakeWorld world(1, [](Options& o) { o.system_window_bytes = 4096; });
  Peer& a = world.connect();
  Peer& slow = world.connect();
  world.join(slow, "arena", R"(,"presence":true)");
  const u64 sent = world.relay().stats().system_sent;
  slow.accepts_bytes = 0;
  for (int i = 0; i < 300; ++i) {
    world.ask(a, system("join", room_field("arena")));
    world.ask(a, system("leave", room_field("arena")));
  }
  slow.accepts_bytes = ~u64{0};
  world.settle();
  ASSERT_TRUE(slow.has(R"("op":"roster")"));
  const Stats& stats = world.relay().stats();
  EXPECT_EQ(stats.system_skipped + stats.system_sent - sent, 600u);
}

}  // namespace
}  // namespace perseid::test
