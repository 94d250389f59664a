// Slow readers: told what they missed, cut at frames, kept to a bandwidth, and nobody else's worry.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"
#include "tests/engine/random.h"

namespace perseid::test {
namespace {

class RelaySlow : public testing::TestWithParam<ShardId> {
 protected:
  FakeWorld world_{2, [](Options& o) {
                     o.session_bytes_per_second = 1'000'000'000;
                     o.session_messages_per_second = 1'000'000;
                     o.action_window_bytes = 8192;
                     o.system_window_bytes = 4096;
                     o.burst_window_bytes = 4096;
                   }};
  const std::string room_ = world_.room_at(GetParam());
  Peer& a_ = world_.connect(0);
  Peer& slow_ = world_.connect(1);
};

TEST_P(RelaySlow, a_gap_names_what_was_not_delivered_once_and_all_else_is_delivered) {
  world_.join(a_, room_);
  world_.join(slow_, room_);
  world_.ask(a_, action(room_, "0"));
  slow_.accepts_bytes = 0;
  const std::string payload = in_quotes(std::string(500, 'x'));
  for (int i = 0; i < 300; ++i) {
    a_.say(action(room_, payload));
    world_.turn(1);
  }
  slow_.accepts_bytes = ~u64{0};
  world_.settle();
  EXPECT_EQ(slow_.count(R"("op":"gap")"), 1u);
  const std::string gap = slow_.find(R"("op":"gap")");
  EXPECT_EQ(field(gap, "lane"), "player_action");
  u64 next = 1;
  for (const std::string& message : slow_.messages) {
    if (field(message, "op") == "gap") {
      EXPECT_EQ(number(message, "from"), next);
      next = number(message, "to") + 1;
    } else {
      EXPECT_EQ(number(message, "seq"), next++);
    }
  }
  EXPECT_EQ(next, 302u);
  EXPECT_EQ(world_.relay(1).stats().gaps, 1u);
  EXPECT_EQ(a_.count(R"("type":"player_action")"), 300u) << "the other one missed nothing";
}

TEST_P(RelaySlow, one_that_fell_out_of_presence_gets_a_roster) {
  slow_.say(system("join", room_field(room_) + R"(,"presence":true)"));
  world_.settle();
  slow_.take();
  slow_.accepts_bytes = 0;
  for (int i = 0; i < 300; ++i) {
    world_.ask(a_, system("join", room_field(room_)));
    if (i < 299) world_.ask(a_, system("leave", room_field(room_)));
  }
  slow_.accepts_bytes = ~u64{0};
  world_.settle();
  const std::string roster = slow_.find(R"("op":"roster")");
  EXPECT_EQ(field(roster, "members_total"), "2");
  EXPECT_LT(slow_.count("presence"), 300u);
  EXPECT_EQ(world_.relay(1).stats().rosters_resent, 1u);
}

TEST_P(RelaySlow, any_cut_of_the_stream_leaves_whole_messages_in_order) {
  for (u32 seed = 1; seed <= 20; ++seed) {
    Random dice(seed);
    Peer& peer = world_.connect(static_cast<ShardId>(dice.below(2)),
                                WireFormat::at(static_cast<u8>(dice.below(4))));
    world_.join(a_, room_ + std::to_string(seed));
    world_.join(peer, room_ + std::to_string(seed));
    u32 pings = 0;
    for (int round = 0; round < 200; ++round) {
      peer.accepts_bytes = dice.below(400);
      a_.say(chat(room_ + std::to_string(seed),
                  in_quotes(std::string(dice.below(600), static_cast<char>('a' + round % 26)))));
      if (dice.percent(30)) {
        peer.say(system("ping", R"("id":)" + std::to_string(pings++)));
      }
      world_.turn(1);
    }
    peer.accepts_bytes = ~u64{0};
    world_.settle();
    u64 next_seq = 1;
    u64 next_pong = 0;
    for (const std::string& message : peer.messages) {
      if (field(message, "type") == "chat") {
        ASSERT_EQ(number(message, "seq"), next_seq++);
      }
      if (field(message, "op") == "pong") {
        ASSERT_EQ(number(message, "id"), next_pong++);
      }
    }
    ASSERT_EQ(next_seq, 201u);
    ASSERT_EQ(next_pong, pings);
    a_.take();
    world_.disconnect(peer);
  }
}

TEST_P(RelaySlow, urgent_lanes_go_first_when_all_wait) {
  world_.join(a_, room_);
  slow_.say(system("join", room_field(room_) + R"(,"presence":true)"));
  world_.settle();
  slow_.take();
  slow_.accepts_bytes = 0;
  world_.ask(slow_, system("ping"));  // a reply waits as well
  a_.say(state(room_, R"({"set":{"a":{"x":1}}})"));
  world_.run_for(100);
  a_.say(chat(room_, "1"));
  a_.say(action(room_, "1"));
  world_.settle();
  world_.join(world_.connect(0), room_);
  slow_.accepts_bytes = ~u64{0};
  world_.settle();
  std::vector<std::string> kinds;
  for (const std::string& m : slow_.messages) {
    kinds.push_back(field(m, "type") == "system" ? field(m, "op") : field(m, "type"));
  }
  EXPECT_EQ(kinds,
            (std::vector<std::string>{"pong", "presence", "player_action", "chat", "game_state"}));
}

TEST_P(RelaySlow, client_bytes_per_second_holds_over_time_and_delivers_all_chat) {
  world_.options.client_bytes_per_second = 10'000;
  world_.join(a_, room_);
  world_.join(slow_, room_);
  const u64 before = slow_.bytes_in;
  for (int i = 0; i < 100; ++i) a_.say(chat(room_, in_quotes(std::string(400, 'x'))));
  world_.settle();
  EXPECT_LE(slow_.bytes_in - before, 3000u);
  world_.run_for(1000);
  EXPECT_LE(slow_.bytes_in - before, 10'000u + 3000u);
  EXPECT_GE(slow_.bytes_in - before, 8'000u);
  world_.run_for(10'000);
  EXPECT_EQ(slow_.count(R"("type":"chat")"), 100u);
}

TEST_P(RelaySlow, a_stalled_reader_costs_no_queue_and_no_other_member) {
  world_.join(a_, room_);
  Peer& healthy = world_.connect(1);
  world_.join(slow_, room_);
  world_.join(healthy, room_);
  slow_.accepts_bytes = 0;
  for (int i = 0; i < 5000; ++i) {
    a_.say(action(room_, in_quotes(std::string(300, 'x'))));
    world_.turn(1);
    ASSERT_EQ(healthy.messages.size(), static_cast<std::size_t>(i) + 1) << "same turn, always";
  }
  EXPECT_EQ(slow_.closed, CloseCode::none);
}

INSTANTIATE_TEST_SUITE_P(Home, RelaySlow, testing::Values(ShardId{0}, ShardId{1}),
                         [](const auto& row) { return row.param == 0 ? "here" : "afar"; });

}  // namespace
}  // namespace perseid::test
