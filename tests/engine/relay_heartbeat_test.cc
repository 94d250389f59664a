// Heartbeats: who is silent is pinged once per interval, and closed with 4000 after the timeout.
#include <gtest/gtest.h>

#include <map>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

void quick(Options& o) {
  o.heartbeat_interval_ms = 1000;
  o.timeout_ms = 5000;
}

TEST(RelayHeartbeat, a_quiet_client_is_pinged_after_the_interval_and_not_before) {
  FakeWorld world(1, quick);
  Peer& peer = world.connect();
  world.run_for(999);
  EXPECT_EQ(peer.pings, 0u);
  world.run_for(251);
  EXPECT_EQ(peer.pings, 1u);
}

TEST(RelayHeartbeat, a_client_that_speaks_is_not_pinged) {
  FakeWorld world(1, quick);
  Peer& peer = world.connect();
  for (int i = 0; i < 20; ++i) {
    world.ask(peer, system("ping"));
    world.run_for(700);
  }
  EXPECT_EQ(peer.pings, 0u);
}

TEST(RelayHeartbeat, one_that_answers_stays_for_ever_and_one_that_does_not_gets_4000) {
  FakeWorld world(1, quick);
  Peer& alive = world.connect();
  Peer& dead = world.connect();
  dead.answers_pings = false;
  world.run_for(4999);
  EXPECT_EQ(dead.closed, CloseCode::none);
  EXPECT_GE(dead.pings, 3u) << "it was asked before it was given up";
  world.run_for(252);
  EXPECT_EQ(dead.closed, CloseCode::heartbeat_timeout);
  world.run_for(20'000);
  EXPECT_EQ(alive.closed, CloseCode::none);
  EXPECT_EQ(world.relay().stats().heartbeat_timeouts, 1u);
}

// A loop under load looks late; the grid of looks then drifts past the intervals.
TEST(RelayHeartbeat, pings_once_per_interval_however_late_the_turns) {
  for (const u64 step_ms : {1u, 3u, 7u, 26u, 90u, 251u, 333u}) {
    FakeWorld world(1, [](Options& o) {
      o.heartbeat_interval_ms = 1000;
      o.timeout_ms = 1'000'000;
    });
    Peer& peer = world.connect();
    peer.answers_pings = false;
    world.run_for(40'000, step_ms);
    EXPECT_GE(peer.pings, 38u) << step_ms;
    EXPECT_LE(peer.pings, 40u) << step_ms;
  }
}

TEST(RelayHeartbeat, pings_are_spread_over_the_interval) {
  FakeWorld world(1, quick);
  constexpr u32 kPeers = 64 * 32;
  for (u32 i = 0; i < kPeers; ++i) world.connect();
  std::map<u64, u64> pings_by_ms;
  u64 before = 0;
  for (u32 ms = 0; ms < 3000; ++ms) {
    world.turn(1);
    const u64 sent = world.relay().stats().heartbeats_sent;
    if (sent != before) pings_by_ms[ms] = sent - before;
    before = sent;
  }
  EXPECT_GE(before, 2 * kPeers);
  for (const auto& [ms, pings] : pings_by_ms) EXPECT_LE(pings, kPeers / 4) << ms;
}

TEST(RelayHeartbeat, a_time_of_day_that_jumps_changes_nothing) {
  for (const i64 jump_ms : {i64{315'360'000'000}, i64{-315'360'000'000}}) {  // ten years
    FakeWorld world(1, quick);
    Peer& peer = world.connect();
    world.join(peer, "lobby");
    world.now.unix_ms += static_cast<u64>(jump_ms);
    world.ask(peer, chat("lobby", "1"));
    world.run_for(900);
    EXPECT_EQ(peer.closed, CloseCode::none);
    EXPECT_EQ(peer.pings, 0u);
    const auto got = world.ask(peer, system("ping"));
    EXPECT_EQ(number(got[0], "timestamp"), world.now.unix_ms);
  }
}

TEST(RelayHeartbeat, hours_asleep_time_out_whoever_was_silent_and_break_nothing) {
  FakeWorld world(1, quick);
  for (int i = 0; i < 200; ++i) world.connect();
  world.turn(50 * 3'600'000ull);
  world.settle();
  EXPECT_EQ(world.relay().stats().heartbeat_timeouts, 200u);
}

}  // namespace
}  // namespace perseid::test
