// Members whose links do not keep up with their room's state get it less often, are told, and get
// it back. 20 states a second of about a kilobyte are 20 bytes a millisecond.
#include <gtest/gtest.h>

#include "tests/engine/links.h"

namespace perseid::test {
namespace {

using Rates = std::vector<u64>;

void plenty(Options& o) {
  o.session_bytes_per_second = ~0u;
  o.session_messages_per_second = 1'000'000;
  o.heartbeat_interval_ms = o.timeout_ms = 3'600'000;
}

class Degrade : public testing::TestWithParam<ShardId> {
 protected:
  FakeWorld world_{2, plenty};
  const std::string room_ = world_.room_at(GetParam());
  Peer& fast_ = world_.connect(0);
  Peer& slow_ = world_.connect(1);
  Scene scene_{world_, fast_, room_, 900};
  Link& link_ = scene_.links.emplace_back(Link{slow_, 1000, 1'000'000});

  void SetUp() override {
    world_.join(fast_, room_);
    world_.join(slow_, room_);
    slow_.accepts_bytes = link_.holds_bytes;
  }
  void make_slow(u64 bytes_per_ms) {
    link_.bytes_per_ms = bytes_per_ms;
    link_.holds_bytes = slow_.accepts_bytes = 2000;
  }
  void make_fast() {
    link_.bytes_per_ms = 1000;
    link_.holds_bytes = 1'000'000;
  }
};

TEST_P(Degrade, who_keeps_up_is_told_nothing) {
  scene_.run_for(5000);
  EXPECT_EQ(rates_told(slow_), Rates{});
  EXPECT_EQ(slow_.count(R"("type":"game_state")"), 99u);
}

TEST_P(Degrade, a_slow_link_gets_half_the_rate_and_half_of_that_and_is_told) {
  make_slow(2);
  scene_.run_for(10'000);
  const Rates told = rates_told(slow_);
  ASSERT_GE(told.size(), 3u);
  EXPECT_EQ(told[0], 10u);
  EXPECT_TRUE(std::is_sorted(told.rbegin(), told.rend()));
  EXPECT_LE(told.back(), 2u);
  const std::string notice = slow_.find(R"("op":"degraded")");
  EXPECT_EQ(field(notice, "reason"), "bandwidth");
  EXPECT_EQ(field(notice, "room"), room_);
  EXPECT_EQ(rates_told(fast_), Rates{}) << "nobody else's worry";
  slow_.take();
  scene_.run_for(10'000);
  EXPECT_LE(slow_.count(R"("type":"game_state")"), 10u * told.back() + 1);
  EXPECT_GE(world_.relay(1).stats().degraded, told.size()) << "told when it can be told at all";
}

TEST_P(Degrade, once_it_keeps_up_again_it_is_given_the_rate_back_step_by_step) {
  make_slow(2);
  scene_.run_for(10'000);
  make_fast();
  slow_.take();
  scene_.run_for(1000);
  EXPECT_EQ(slow_.count(R"("op":"restored")"), 0u) << "not at the first good moment";
  scene_.run_for(15'000);
  const Rates told = rates_told(slow_);
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), 20u);
  EXPECT_EQ(slow_.count(R"("op":"restored")"), 1u);
  EXPECT_EQ(field(slow_.find(R"("op":"restored")"), "room"), room_);
  EXPECT_EQ(world_.relay(1).stats().restored, 1u);
  slow_.take();
  scene_.run_for(2000);
  EXPECT_GE(slow_.count(R"("type":"game_state")"), 39u) << "every tick again";
}

TEST_P(Degrade, a_hiccup_is_no_slow_link) {
  for (int i = 0; i < 10; ++i) {
    scene_.run_for(2000);
    make_slow(0);
    slow_.accepts_bytes = 0;
    scene_.run_for(300);
    make_fast();
  }
  EXPECT_EQ(rates_told(slow_), Rates{});
}

TEST_P(Degrade, a_link_that_is_a_little_too_slow_is_not_told_every_other_second) {
  make_slow(14);
  scene_.run_for(120'000);
  const Rates told = rates_told(slow_);
  EXPECT_GE(told.size(), 1u);
  EXPECT_LE(told.size(), 16u) << "each failed trial makes it wait twice as long for the next";
}

TEST_P(Degrade, a_client_over_its_rate_is_degraded_like_one_with_a_slow_link) {
  world_.options.client_bytes_per_second = 4000;
  scene_.run_for(10'000);
  const Rates told = rates_told(slow_);
  ASSERT_FALSE(told.empty());
  EXPECT_LE(told.back(), 5u);
}

TEST_P(Degrade, what_is_held_back_comes_at_its_time_though_the_room_falls_silent) {
  make_slow(2);
  scene_.run_for(10'000);
  ASSERT_LE(rates_told(slow_).back(), 2u);
  make_fast();
  scene_.run_for(60);
  scene_.moving = false;
  scene_.run_for(1100);
  EXPECT_EQ(Scene::newest(slow_), scene_.step);
}

TEST_P(Degrade, chat_and_actions_do_not_wait_for_the_state) {
  make_slow(2);
  scene_.run_for(10'000);
  make_fast();
  scene_.run_for(100);
  ASSERT_LE(rates_told(slow_).back(), 2u);
  for (int i = 0; i < 10; ++i) {
    slow_.take();
    fast_.say(chat(room_, "1"));
    fast_.say(action(room_, "1"));
    scene_.run_for(3);
    ASSERT_EQ(slow_.count(R"("type":"chat")"), 1u);
    ASSERT_EQ(slow_.count(R"("type":"player_action")"), 1u);
    scene_.run_for(20);
  }
}

TEST_P(Degrade, who_reads_nothing_is_told_once_how_slow_it_has_become) {
  make_slow(0);
  scene_.run_for(20'000);
  make_fast();
  scene_.run_for(10);
  EXPECT_EQ(rates_told(slow_), Rates{1});
  EXPECT_EQ(Scene::newest(slow_), scene_.step) << "and gets the present at once";
}

TEST_P(Degrade, silence_is_no_proof_of_a_better_link) {
  make_slow(0);
  scene_.run_for(20'000);
  scene_.moving = false;
  scene_.run_for(60'000);
  EXPECT_EQ(world_.relay(1).stats().restored, 0u);
  make_fast();
  scene_.run_for(10);
  EXPECT_EQ(rates_told(slow_), Rates{1});
  scene_.run_for(20'000);
  EXPECT_EQ(rates_told(slow_).back(), 20u) << "nothing is late any more";
}

TEST_P(Degrade, who_is_late_now_and_then_is_not_tried_at_a_higher_rate) {
  make_slow(8);
  for (int i = 0; i < 100 && rates_told(slow_).empty(); ++i) scene_.run_for(50);
  ASSERT_FALSE(rates_told(slow_).empty());
  const u64 rate = rates_told(slow_).back();
  slow_.take();
  make_fast();
  for (int i = 0; i < 60; ++i) {
    make_slow(0);
    slow_.accepts_bytes = 0;
    scene_.run_for(160);
    make_fast();
    scene_.run_for(710);
  }
  for (const u64 told : rates_told(slow_)) EXPECT_LE(told, rate);
}

TEST_P(Degrade, no_member_is_slower_than_the_least_rate) {
  world_.options.state_hz_min = 5;
  make_slow(1);
  scene_.run_for(10'000);
  EXPECT_EQ(rates_told(slow_), (Rates{10, 5}));
  world_.options.state_hz_min = 20;
  Peer& other = world_.connect(1);
  world_.join(other, room_);
  scene_.links.push_back({other, 1, 2000});
  other.accepts_bytes = 0;
  scene_.run_for(5000);
  EXPECT_EQ(rates_told(other), Rates{}) << "as fast as the room: never degraded";
}

TEST_P(Degrade, a_drain_holds_nothing_back) {
  make_slow(2);
  scene_.run_for(10'000);
  make_fast();
  scene_.run_for(120);
  world_.relay(0).goaway(1000);
  world_.relay(1).goaway(1000);
  world_.settle();
  EXPECT_EQ(Scene::newest(slow_), Scene::newest(fast_));
}

TEST_P(Degrade, a_member_that_leaves_while_degraded_leaves_nothing_behind) {
  make_slow(2);
  scene_.run_for(10'000);
  world_.disconnect(slow_);
  scene_.moving = false;
  scene_.run_for(1500);
  EXPECT_GT(world_.relay(1).next_deadline_ms(), world_.now.mono_ms + 30'000) << "no timer of it";
  scene_.moving = true;
  Peer& next = world_.connect(1);  // takes its slots
  world_.join(next, room_);
  scene_.run_for(3000);
  EXPECT_EQ(rates_told(next), Rates{});
  EXPECT_GE(next.count(R"("type":"game_state")"), 58u);
}

INSTANTIATE_TEST_SUITE_P(Home, Degrade, testing::Values(ShardId{0}, ShardId{1}),
                         [](const auto& row) { return row.param == 0 ? "afar" : "here"; });

}  // namespace
}  // namespace perseid::test
