// --action-window-ms auto: no window while the shard has time to spare, longer the busier it is.
#include "engine/action_window.h"

#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

u32 window_after(ActionWindow& window, u64& now_ms, u32 load, u32 times) {
  for (u32 i = 0; i < times; ++i) window.observe(load, now_ms += 100, 20);
  return window.ms();
}

TEST(AutoWindow, grows_with_the_load_and_is_none_while_there_is_time) {
  const struct {
    u32 load, least, most;
  } kRows[] = {{0, 0, 0},    {500, 0, 0},   {690, 0, 0},    {720, 1, 10},
               {800, 8, 14}, {900, 14, 19}, {1000, 20, 20}, {5000, 20, 20}};
  for (const auto& row : kRows) {
    ActionWindow window;
    u64 now_ms = 1000;
    const u32 ms = window_after(window, now_ms, row.load, 50);
    EXPECT_GE(ms, row.least) << row.load;
    EXPECT_LE(ms, row.most) << row.load;
  }
}

TEST(AutoWindow, a_moment_of_load_opens_none) {
  ActionWindow window;
  u64 now_ms = 1000;
  window_after(window, now_ms, 100, 20);
  EXPECT_EQ(window_after(window, now_ms, 1000, 2), 0u);
  EXPECT_EQ(window_after(window, now_ms, 100, 5), 0u);
}

TEST(AutoWindow, the_load_at_which_it_shuts_lies_below_that_at_which_it_opens) {
  ActionWindow window;
  u64 now_ms = 1000;
  EXPECT_EQ(window_after(window, now_ms, 600, 50), 0u);
  EXPECT_EQ(window_after(window, now_ms, 1000, 50), 20u);
  EXPECT_GT(window_after(window, now_ms, 600, 50), 0u) << "what opened stays";
  EXPECT_EQ(window_after(window, now_ms, 450, 50), 0u);
}

TEST(AutoWindow, a_shard_that_has_slept_wakes_without_one) {
  ActionWindow window;
  u64 now_ms = 1000;
  ASSERT_EQ(window_after(window, now_ms, 1000, 50), 20u);
  window.observe(0, now_ms + 10'000, 20);
  EXPECT_EQ(window.ms(), 0u);
}

class AutoWindowRoom : public testing::Test {
 protected:
  FakeWorld world_{1, [](Options& o) { o.action_window_ms = kAuto; }};
  Peer& a_ = world_.connect();
  Peer& b_ = world_.connect();
  void SetUp() override {
    world_.join(a_, "arena");
    world_.join(b_, "arena");
  }
  void load(u32 permille, u32 times = 50) {
    for (u32 i = 0; i < times; ++i) {
      world_.relay().set_load(permille);
      world_.turn(100);
    }
  }
  bool came() { return b_.count(R"("type":"player_action")") > 0; }
};

TEST_F(AutoWindowRoom, actions_leave_at_once_on_a_shard_with_time_to_spare) {
  load(300);
  a_.say(action("arena", "1"));
  world_.turn();
  EXPECT_TRUE(came());
  EXPECT_EQ(world_.relay().stats().action_windows, 0u);
}

TEST_F(AutoWindowRoom, actions_gather_on_a_busy_shard_and_leave_together) {
  load(1000);
  a_.say(action("arena", "1"));
  world_.turn(1);
  for (int ms = 0; ms < 15; ++ms) {
    a_.say(action("arena", "2"));
    world_.turn(1);
  }
  EXPECT_FALSE(came());
  world_.run_for(6);
  EXPECT_EQ(b_.count(R"("type":"player_action")"), 16u);
  EXPECT_EQ(world_.relay().stats().action_windows, 1u);
  EXPECT_EQ(world_.relay().stats().action_window_ms, 20u);
}

TEST_F(AutoWindowRoom, the_bound_is_an_option) {
  world_.options.action_window_auto_ms_max = 5;
  load(1000);
  a_.say(action("arena", "1"));
  world_.turn();
  EXPECT_FALSE(came());
  world_.run_for(6);
  EXPECT_TRUE(came());
}

TEST_F(AutoWindowRoom, no_action_is_stuck_when_the_window_changes_under_it) {
  load(0);
  // Appended while there was no window, and told after one has become due.
  std::string text = action("arena", "1");
  text.append(64, ' ');
  world_.relay().begin_turn(world_.now);
  world_.relay().receive(a_.slot, Opcode::text,
                         {reinterpret_cast<u8*>(text.data()), text.size() - 64});
  for (int i = 0; i < 50; ++i) world_.relay().set_load(1000);
  world_.turn();
  EXPECT_TRUE(came()) << "it has no timer to wait for";
  load(1000);
  world_.turn(200);
  b_.take();
  a_.say(action("arena", "2"));
  world_.turn(1);  // waits
  EXPECT_FALSE(came());
  load(0, 1);  // 100 ms later: closed, and there is none any more
  EXPECT_TRUE(came());
  load(0);
  b_.take();
  a_.say(action("arena", "3"));
  world_.turn();
  EXPECT_TRUE(came());
}

}  // namespace
}  // namespace perseid::test
