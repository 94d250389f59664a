// Half of a room reads at a tenth of what it needs: the other half notices nothing, the slow ones
// stay near the present, and nothing grows. And what is urgent is not delayed by what is not.
#include <gtest/gtest.h>
#include <malloc.h>

#include "tests/engine/links.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

void plenty(Options& o) {
  o.session_bytes_per_second = ~0u;
  o.session_messages_per_second = 1'000'000;
  o.heartbeat_interval_ms = o.timeout_ms = 3'600'000;
}
// The heartbeats of every day: their pongs are no answers to what else is asked.
void plenty_with_heartbeats(Options& o) {
  plenty(o);
  o.heartbeat_interval_ms = Options{}.heartbeat_interval_ms;
}

constexpr u32 kHalf = 10;
// 20 states of a kilobyte a second need 20 bytes a millisecond.
constexpr u64 kSlowBytesPerMs = 2;
constexpr u64 kSocketBytes = 2000;

class SlowHalf : public testing::Test {
 protected:
  FakeWorld world_{2, plenty};
  const std::string room_ = world_.room_at(0);
  Peer& speaker_ = world_.connect(0);
  Scene scene_{world_, speaker_, room_, 900};
  std::vector<Peer*> fast_;
  std::vector<Peer*> slow_;
  std::vector<u64> fast_steps_;
  std::vector<u64> slow_steps_;

  void SetUp() override {
    world_.join(speaker_, room_);
    for (u32 i = 0; i < 2 * kHalf; ++i) {
      Peer& peer = world_.connect(static_cast<ShardId>(i % 2));
      world_.join(peer, room_);
      (i < kHalf ? fast_ : slow_).push_back(&peer);
    }
    for (Peer* peer : slow_) {
      peer->accepts_bytes = kSocketBytes;
      scene_.links.push_back({*peer, kSlowBytesPerMs, kSocketBytes});
    }
    fast_steps_.resize(kHalf);
    slow_steps_.resize(kHalf);
    scene_.each_ms = [this] { read_all(); };
  }
  void read_all() {
    speaker_.take();
    for (u32 i = 0; i < kHalf; ++i) {
      for (const std::string& message : fast_[i]->take()) {
        ASSERT_EQ(number(message, "n"), ++fast_steps_[i]) << "tick by tick";
      }
      // A tick comes at most a period after its change, and has left in that millisecond.
      ASSERT_LE(scene_.step, fast_steps_[i] + 2);
      slow_steps_[i] = std::max(slow_steps_[i], Scene::newest(*slow_[i]));
    }
  }
  static u64 heap_bytes() { return mallinfo2().uordblks; }
};

TEST_F(SlowHalf, the_fast_half_gets_every_tick_the_slow_half_stays_near_and_memory_is_flat) {
  scene_.run_for(20'000);
  const u64 heap_before = heap_bytes();
  u64 furthest = 0;
  for (int second = 0; second < 60; ++second) {
    scene_.run_for(1000);
    for (const u64 step : slow_steps_) furthest = std::max(furthest, scene_.step - step);
  }
  const u64 grown = heap_bytes() - std::min(heap_bytes(), heap_before);
  if (!kSanitized) {
    EXPECT_LT(grown, 64u * 1024);
  }
  // What its socket holds, one whole state, and a second for which state may be held.
  const u64 bound_ms = (kSocketBytes + 1100) / kSlowBytesPerMs + 1000;
  EXPECT_LE(furthest, bound_ms / scene_.period_ms + 2);
  EXPECT_GT(world_.relay(0).stats().degraded + world_.relay(1).stats().degraded, 2 * kHalf);

  scene_.moving = false;
  scene_.run_for(bound_ms + 100);
  for (const u64 step : slow_steps_) EXPECT_EQ(step, scene_.step);
}

// A tenth of a second ahead of its rate, one send of another tenth and the frame that it ends in:
// so long a lane may be in the way of a more urgent one, however much of it there is.
constexpr u64 kWaitMsMax = 300;

class Urgent : public testing::Test {
 protected:
  FakeWorld world_{1, [](Options& o) {
                     plenty(o);
                     o.client_bytes_per_second = 10'000;
                   }};
  Peer& speaker_ = world_.connect();
  Peer& reader_ = world_.connect();
  Scene scene_{world_, speaker_, "arena", 900};

  void SetUp() override {
    world_.join(speaker_, "arena");
    world_.join(reader_, "arena");
    world_.run_for(2000);
  }
  // Says it and returns after how many ms the reader had it.
  u64 wait_ms(const std::string& message, std::string_view type) {
    reader_.take();
    speaker_.say(message);
    for (u64 ms = 0; ms < 5000; ++ms) {
      scene_.run_for(1);
      if (reader_.count(R"("type":")" + std::string(type)) > 0) return ms;
    }
    return ~u64{0};
  }
};

TEST_F(Urgent, state_at_twice_the_rate_does_not_delay_chat) {
  scene_.run_for(500);
  for (int i = 0; i < 20; ++i) {
    ASSERT_LE(wait_ms(chat("arena", "1"), "chat"), kWaitMsMax) << i;
    scene_.run_for(137);
  }
  EXPECT_GT(world_.relay().stats().degraded, 0u) << "there was too much of it";
}

TEST_F(Urgent, a_flood_of_chat_does_not_delay_actions) {
  scene_.moving = false;
  for (int i = 0; i < 400; ++i) speaker_.say(chat("arena", in_quotes(std::string(500, 'x'))));
  scene_.run_for(500);
  for (int i = 0; i < 20; ++i) {
    ASSERT_LE(wait_ms(action("arena", "1"), "player_action"), kWaitMsMax) << i;
    scene_.run_for(137);
  }
  EXPECT_EQ(world_.relay().stats().degraded, 0u) << "there was no state to be late";
}

TEST_F(Urgent, a_flood_of_chat_delays_the_state_and_no_more) {
  for (int i = 0; i < 100; ++i) speaker_.say(chat("arena", in_quotes(std::string(500, 'x'))));
  u32 chats = 0;
  scene_.each_ms = [&] {
    chats += reader_.count(R"("type":"chat")");
    reader_.take();
  };
  scene_.run_for(30'000);
  EXPECT_EQ(chats, 100u) << "all of it";
  scene_.each_ms = nullptr;
  scene_.run_for(1500);
  // One a second, --state-hz-min, and what its socket holds.
  EXPECT_GE(Scene::newest(reader_) + 22, scene_.step) << "and then the present";
}

// Kernels and the network hold far more than the relay can see: 100 kB here, four seconds' worth of
// state, which a client that reads a tenth of it would need most of a minute for.
class DeepBuffers : public testing::Test {
 protected:
  FakeWorld world_{1, plenty_with_heartbeats};
  Peer& speaker_ = world_.connect();
  Peer& reader_ = world_.connect();
  Scene scene_{world_, speaker_, "arena", 900};
  // The reader reads a byte in so many ms.
  u64 ms_per_byte_ = 0;

  void SetUp() override {
    world_.join(speaker_, "arena");
    world_.join(reader_, "arena");
    scene_.each_ms = [this, ms = u64{0}]() mutable {
      if (ms_per_byte_ != 0) reader_.reads_bytes = ++ms % ms_per_byte_ == 0 ? 1 : 0;
      reader_.read_on();
    };
  }
  void read_slowly(u64 ms_per_byte) {
    ms_per_byte_ = ms_per_byte;
    reader_.reads_bytes = 0;
  }
  void read_all() {
    ms_per_byte_ = 0;
    reader_.reads_bytes = ~u64{0};
  }
  // What waits unread at any time of so many seconds is one state, and the word that it is
  // degraded.
  void expect_near(u32 seconds) {
    for (u32 i = 0; i < 10 * seconds; ++i) {
      scene_.run_for(100);
      ASSERT_LE(reader_.unread_bytes(), 2 * 1100u) << "after " << i << " tenths of a second";
    }
  }
  const Stats& stats() { return world_.relay().stats(); }
};

TEST_F(DeepBuffers, WhoReadsSlowlyIsNotSentWhatItHasNoTimeFor) {
  scene_.run_for(5000);
  read_slowly(1);
  scene_.run_for(60'000);
  EXPECT_EQ(stats().state_waits, 1u) << "it reads too slowly all the time";
  EXPECT_GT(stats().degraded, 0u);
  expect_near(20);
  read_all();
  scene_.run_for(100);
  EXPECT_GE(Scene::newest(reader_) + 22, scene_.step);
  scene_.run_for(60'000);
  EXPECT_FALSE(reader_.find("restored").empty());
  EXPECT_GE(Scene::newest(reader_) + 1, scene_.step) << "it keeps up again";
}

// So slow that it is silent for longer than a heartbeat takes.
TEST_F(DeepBuffers, HeartbeatsDoNotHideIt) {
  scene_.run_for(5000);
  read_slowly(8);  // a state takes eight seconds, what left before it was seen ten minutes
  scene_.run_for(700'000);
  EXPECT_EQ(stats().state_waits, 1u);
  expect_near(60);
}

TEST_F(DeepBuffers, WhoIsSlowFromTheStartIsSeenByItsFirstAnswer) {
  read_slowly(1);
  scene_.run_for(60'000);
  EXPECT_EQ(stats().state_waits, 1u);
  EXPECT_GT(stats().degraded, 0u);
  expect_near(20);
}

// A stall of the radio is no slow link: one halving, and that is forgotten soon.
TEST_F(DeepBuffers, AStallCostsOneHalving) {
  scene_.run_for(5000);
  for (int i = 0; i < 10 && stats().state_waits == 0; ++i) {
    reader_.reads_bytes = 0;
    scene_.run_for(1500);
    read_all();
    scene_.run_for(1700);
  }
  EXPECT_EQ(stats().state_waits, 1u);
  EXPECT_EQ(stats().degraded, 1u);
  scene_.run_for(5000);
  EXPECT_EQ(stats().restored, 1u);
}

// It speaks WebSocket badly, but reads: nobody waits for what it never says.
TEST_F(DeepBuffers, WhoDoesNotAnswerPingsGetsEveryTick) {
  Peer& silent = world_.connect();
  silent.answers_pings = false;
  world_.join(silent, "arena");
  for (int i = 0; i < 100; ++i) {
    scene_.run_for(100);
    ASSERT_GE(Scene::newest(silent) + 1, scene_.step);
  }
  EXPECT_GT(silent.pings, 0u);
  EXPECT_EQ(stats().state_waits, 0u);
}

TEST_F(DeepBuffers, AnActionAndAChatDoNotWaitWithTheState) {
  scene_.run_for(5000);
  read_slowly(1'000'000);
  scene_.run_for(9000);
  ASSERT_EQ(stats().state_waits, 1u);
  reader_.take();
  speaker_.say(action("arena", "1"));
  speaker_.say(chat("arena", "1"));
  scene_.moving = false;
  world_.turn(1);
  const u64 states = stats().game_state_sent;
  read_all();
  reader_.read_on();  // what had left before it was read
  EXPECT_EQ(reader_.count(R"("type":"player_action")"), 1u);
  EXPECT_EQ(reader_.count(R"("type":"chat")"), 1u);
  world_.run_for(100);
  EXPECT_GT(stats().game_state_sent, states) << "and the state, now that it reads";
}

// A send is bounded in bytes too, whatever the rate: what is urgent then waits for one of them.
TEST(SendBudget, one_send_to_a_slow_reader_takes_what_is_urgent_first) {
  FakeWorld world(1, [](Options& o) {
    plenty(o);
    o.flush_bytes_max = 2048;
  });
  Peer& speaker = world.connect();
  Peer& reader = world.connect();
  world.join(speaker, "arena");
  world.join(reader, "arena");
  reader.accepts_bytes = 0;
  for (int i = 0; i < 50; ++i) speaker.say(chat("arena", in_quotes(std::string(500, 'x'))));
  speaker.say(state("arena", R"({"set":{"e":{"x":1}}})"));
  world.run_for(100);
  speaker.say(action("arena", "1"));
  world.settle();
  SendBatch batch;
  world.relay().gather(reader.slot, batch);
  ASSERT_FALSE(batch.empty());
  EXPECT_EQ(static_cast<Lane>(batch.slices[0].lane), Lane::player_action);
  EXPECT_LE(batch.total_bytes, 2048u);
  world.relay().sent(reader.slot, batch, 0);
}

}  // namespace
}  // namespace perseid::test
