#include "engine/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "tests/engine/random.h"

namespace perseid::test {
namespace {

constexpr u64 kHourMs = 3'600'000;

TEST(TimerWheel, fires_at_the_deadline_and_not_before) {
  for (const u64 start : {u64{0}, u64{63}, u64{1'000'000}, (u64{1} << 32) - 5}) {
    for (const u64 ahead : {u64{1}, u64{2}, u64{63}, u64{64}, u64{65}, u64{4095}, u64{4096},
                            u64{262'143}, u64{262'144}, 10 * kHourMs}) {
      TimerWheel wheel(start);
      wheel.schedule(start + ahead, 7);
      u32 fired = 0;
      wheel.advance(start + ahead - 1, [&](u64) { ++fired; });
      EXPECT_EQ(fired, 0u) << start << "+" << ahead;
      wheel.advance(start + ahead, [&](u64 cookie) { fired += cookie == 7 ? 1 : 100; });
      EXPECT_EQ(fired, 1u) << start << "+" << ahead;
      EXPECT_EQ(wheel.size(), 0u);
      EXPECT_EQ(wheel.next_deadline_ms(), ~u64{0});
    }
  }
}

TEST(TimerWheel, a_past_deadline_fires_a_millisecond_from_now) {
  TimerWheel wheel(1000);
  wheel.schedule(3, 1);
  u32 fired = 0;
  wheel.advance(1000, [&](u64) { ++fired; });
  EXPECT_EQ(fired, 0u);
  wheel.advance(1001, [&](u64) { ++fired; });
  EXPECT_EQ(fired, 1u);
}

TEST(TimerWheel, a_callback_that_always_asks_again_does_not_keep_advance_from_ending) {
  TimerWheel wheel(0);
  u32 fired = 0;
  wheel.schedule(1, 0);
  wheel.advance(50, [&](u64) {
    ++fired;
    wheel.schedule(0, 0);
  });
  EXPECT_EQ(fired, 50u);
}

TEST(TimerWheel, a_callback_may_cancel_those_that_fire_beside_it) {
  TimerWheel wheel(0);
  std::map<u64, TimerId> ids;
  for (u64 cookie = 0; cookie < 20; ++cookie) ids[cookie] = wheel.schedule(10, cookie);
  std::set<u64> fired;
  wheel.advance(10, [&](u64 cookie) {
    EXPECT_TRUE(fired.insert(cookie).second);
    ids.erase(cookie);
    if (ids.empty()) return;
    wheel.cancel(ids.begin()->second);
    ids.erase(ids.begin());
  });
  EXPECT_EQ(fired.size(), 10u);
  EXPECT_EQ(wheel.size(), 0u);
}

// The wheel beside a plain map of deadlines.
struct Model {
  struct Timer {
    u64 deadline_ms;
    TimerId id;
  };
  TimerWheel wheel;
  u64 now_ms;
  u64 next_cookie = 0;
  std::map<u64, Timer> live;

  explicit Model(u64 start_ms) : wheel(start_ms), now_ms(start_ms) {}
  void schedule(u64 deadline_ms) {
    const u64 cookie = next_cookie++;
    live[cookie] = {std::max(deadline_ms, now_ms + 1), wheel.schedule(deadline_ms, cookie)};
  }
  void cancel_any(Random& dice) {
    if (live.empty()) return;
    auto at = live.lower_bound(dice.wide(next_cookie));
    if (at == live.end()) at = live.begin();
    wheel.cancel(at->second.id);
    live.erase(at);
  }
  u64 earliest() const {
    u64 at = ~u64{0};
    for (const auto& [cookie, timer] : live) at = std::min(at, timer.deadline_ms);
    return at;
  }
};

u64 some_delay(Random& dice) {
  switch (dice.below(4)) {
    case 0:
      return dice.below(3);
    case 1:
      return dice.below(200);
    case 2:
      return dice.below(100'000);
    default:
      return dice.wide(20 * kHourMs);
  }
}

void check_against_model(u32 seed) {
  Random dice(seed);
  Model model(dice.percent(50) ? 0 : dice.wide(u64{1} << 40));
  for (int round = 0; round < 400; ++round) {
    for (u32 i = dice.below(8); i > 0; --i) model.schedule(model.now_ms + some_delay(dice));
    if (dice.percent(40)) model.cancel_any(dice);
    ASSERT_LE(model.wheel.next_deadline_ms(), model.earliest());
    const u64 target_ms = model.now_ms + some_delay(dice);
    const bool meddles = dice.percent(30);
    model.wheel.advance(target_ms, [&](u64 cookie) {
      const auto at = model.live.find(cookie);
      ASSERT_NE(at, model.live.end()) << "fired twice, or after it was cancelled";
      ASSERT_LE(at->second.deadline_ms, target_ms) << "fired early";
      model.live.erase(at);
      if (!meddles) return;
      if (dice.percent(50)) model.cancel_any(dice);
      // Beyond the target, so that the model need not know how far the wheel has come.
      if (dice.percent(50)) model.schedule(target_ms + 1 + some_delay(dice));
    });
    model.now_ms = target_ms;
    for (const auto& [cookie, timer] : model.live) {
      ASSERT_GT(timer.deadline_ms, target_ms) << "did not fire";
    }
    ASSERT_EQ(model.wheel.size(), model.live.size());
  }
}

TEST(TimerWheel, agrees_with_a_plain_list_of_deadlines) {
  for (u32 seed = 1; seed <= 60 && !testing::Test::HasFatalFailure(); ++seed) {
    check_against_model(seed);
  }
}

TEST(TimerWheel, waking_at_the_next_deadline_finds_every_timer_on_time) {
  TimerWheel wheel(12345);
  std::multiset<u64> due;
  Random dice(99);
  for (int i = 0; i < 500; ++i) {
    const u64 at = 12345 + 1 + some_delay(dice);
    due.insert(at);
    wheel.schedule(at, at);
  }
  u32 wakes = 0;
  while (!due.empty()) {
    const u64 now_ms = wheel.next_deadline_ms();
    ASSERT_NE(now_ms, ~u64{0});
    wheel.advance(now_ms, [&](u64 at) {
      EXPECT_EQ(at, now_ms);
      due.erase(due.find(at));
    });
    ++wakes;
  }
  EXPECT_LT(wakes, 500u * 7) << "a lower bound may wake once per level, not more";
}

}  // namespace
}  // namespace perseid::test
