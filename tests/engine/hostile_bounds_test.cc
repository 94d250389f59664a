// Bounds on what one client, or very many stalled ones, can make a relay do and hold.
#include <gtest/gtest.h>
#include <malloc.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"
#include "tests/support/cpu_clock.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

TEST(Hostile, discover_lists_no_more_than_roster_max_however_many_shards_answer) {
  for (const u32 shards : {1u, 2u, 3u}) {
    for (const u32 roster_max : {1u, 7u, 100u}) {
      FakeWorld world(shards, [&](Options& o) { o.roster_max = roster_max; });
      const std::string room = world.room_at(0);
      Peer& asker = world.connect(0);
      world.join(asker, room);
      for (u32 i = 0; i < 250; ++i) {
        world.connect(static_cast<ShardId>(i % shards)).say(system("join", room_field(room)));
      }
      world.settle();
      const auto got = world.ask(asker, system("discover", room_field(room)));
      ASSERT_EQ(got.size(), 1u);
      u32 listed = 0;
      for (std::size_t at = 0; (at = got[0].find(R"("client":)", at)) != std::string::npos; ++at) {
        ++listed;
      }
      EXPECT_LE(listed, roster_max) << shards << " shards";
      EXPECT_GT(listed, 0u);
    }
  }
}

// A room with a full window, in which one client joins and leaves for `seconds` at the rate that it
// is allowed; the CPU time this takes, or so much of it that it is over `limit_ns`.
i64 churn_ns(WireFormat format, u64 seconds, i64 limit_ns) {
  FakeWorld world;
  Peer& member = world.connect();
  world.join(member, "lobby");
  for (u32 i = 0; i < 1200; ++i) {
    member.say(chat("lobby", in_quotes(std::string(800, static_cast<char>('a' + i % 26)))));
    if (i % 400 == 399) world.run_for(1000, 100);
  }
  world.run_for(2000, 100);
  member.take();
  i64 spent_ns = 0;
  Peer* churner = &world.connect(0, format);
  for (u64 ms = 0; ms < 1000 * seconds && spent_ns <= limit_ns; ms += 10) {
    if (churner->closed != CloseCode::none) {
      world.disconnect(*churner);
      churner = &world.connect(0, format);
    }
    for (int i = 0; i < 5; ++i) {
      churner->say(system("join", room_field("lobby")));
      churner->say(system("leave", room_field("lobby")));
    }
    const i64 from_ns = thread_cpu_ns();
    world.turn(10);
    spent_ns += thread_cpu_ns() - from_ns;
    churner->take();
  }
  return spent_ns;
}

// Each join in a format that nobody else reads encoded the whole window once more.
TEST(Hostile, row_35_joining_and_leaving_in_any_format_costs_about_what_it_costs_in_plain_json) {
  const u64 seconds = kSlowBuild ? 3 : 20;
  const i64 plain_ns = churn_ns(kJson, seconds, std::numeric_limits<i64>::max());
  for (const WireFormat format : {kJsonDeflate, kBin, kBinDeflate}) {
    EXPECT_LE(churn_ns(format, seconds, 8 * plain_ns), 8 * plain_ns)
        << static_cast<int>(format.index());
  }
}

u64 allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

class ManyStalled : public testing::Test {
 protected:
  static constexpr u32 kStalled = 100;
  static constexpr u32 kFrameBytes = 900'000;

  // Everybody in the room has taken the beginning of a frame, and takes nothing more.
  void stall(WireFormat format) {
    for (u32 i = 0; i < kStalled; ++i) {
      Peer& peer = world_.connect(0, format);
      world_.join(peer, "arena");
      peer.accepts_bytes = 1000;
    }
  }
  FakeWorld world_{1, [](Options& o) {
                     o.session_bytes_per_second = ~0u;
                     o.timeout_ms = o.heartbeat_interval_ms = 3'600'000;
                   }};
  Peer& writer_ = world_.connect();
};

TEST_F(ManyStalled, in_the_midst_of_a_large_message_hold_it_once) {
  world_.join(writer_, "arena");
  stall(kJson);
  writer_.accepts_bytes = 0;  // what it reads would be weighed as well
  writer_.say(chat("arena", in_quotes(std::string(kFrameBytes, 'x'))));
  const u64 before = allocated_bytes();
  world_.run_for(100, 10);
  writer_.say(action("arena", in_quotes(std::string(kFrameBytes, 'y'))));
  world_.run_for(100, 10);
  // The windows, and a few frames on their way; not one for each.
  if (!kSanitized) {
    EXPECT_LT(allocated_bytes(), before + 12 * MiB);
  }
  for (auto& peer : world_.shard().peers) peer->accepts_bytes = ~u64{0};
  world_.settle();
  for (auto& peer : world_.shard().peers) {
    ASSERT_EQ(peer->closed, CloseCode::none);
    ASSERT_EQ(peer->count(R"("type":"chat")"), 1u);
    ASSERT_EQ(peer->count(R"("type":"player_action")"), 1u);
  }
}

TEST_F(ManyStalled, in_the_midst_of_a_large_state_hold_it_once) {
  world_.join(writer_, "arena");
  writer_.say(state("arena", R"({"set":{"e":{"x":")" + std::string(kFrameBytes, 'x') + R"("}}})"));
  world_.run_for(200, 10);
  writer_.accepts_bytes = 0;
  const u64 before = allocated_bytes();
  for (u32 i = 0; i < kStalled; ++i) {
    Peer& peer = world_.connect();
    peer.accepts_bytes = 5000;
    peer.say(system("join", room_field("arena")));
    world_.turn(1);
  }
  world_.run_for(200, 10);
  if (!kSanitized) {
    EXPECT_LT(allocated_bytes(), before + 12 * MiB);
  }
  for (auto& peer : world_.shard().peers) peer->accepts_bytes = ~u64{0};
  world_.settle();
  for (auto& peer : world_.shard().peers) EXPECT_EQ(peer->closed, CloseCode::none);
}

}  // namespace
}  // namespace perseid::test
