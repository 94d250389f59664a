// When a shard waits for more than one completion, and when it has learnt not to.
#include "net/gather_wait.h"

#include <gtest/gtest.h>

namespace perseid::test {
namespace {

constexpr u32 kBusy = 500;
constexpr u64 kLongNs = 50'000'000;

TEST(GatherWait, OnlyABusyShardWithNothingToSubmitGathers) {
  GatherWait wait(250);
  EXPECT_EQ(wait.completions(GatherWait::kLoadPermilleMin - 1, false, kLongNs), 1u);
  EXPECT_EQ(wait.timeout_ns(kLongNs), kLongNs);
  EXPECT_EQ(wait.completions(kBusy, true, kLongNs), 1u);
  EXPECT_EQ(wait.completions(kBusy, false, 0), 1u) << "it is not to wait at all";
  EXPECT_EQ(wait.completions(kBusy, false, kLongNs), GatherWait::kCompletions);
  EXPECT_EQ(wait.timeout_ns(kLongNs), 250'000u);
  EXPECT_EQ(wait.timeout_ns(100'000), 100'000u) << "a timer is due before";
}

TEST(GatherWait, ZeroSwitchesItOff) {
  GatherWait wait(0);
  EXPECT_EQ(wait.completions(kBusy, false, kLongNs), 1u);
}

// A few clients that each wait for their answer: whoever gathers makes all of them wait.
TEST(GatherWait, WhatWasInVainIsTriedEverMoreRarely) {
  GatherWait wait(250);
  u32 gathers = 0;
  for (int turn = 0; turn < 10'000; ++turn) {
    if (wait.completions(kBusy, false, kLongNs) == 1) continue;
    ++gathers;
    wait.judge(turn % 2, false, false);
  }
  EXPECT_LT(gathers, 20u);
  EXPECT_GT(gathers, 3u) << "and yet it is tried";
}

// A handful of clients in closed loops: all their requests come within the wait, and each waits.
TEST(GatherWait, WhereItDelaysAnswersItIsTriedEverMoreRarely) {
  GatherWait wait(250);
  u32 gathers = 0;
  for (int turn = 0; turn < 10'000; ++turn) {
    if (wait.completions(kBusy, turn % 2 == 0, kLongNs) == 1) continue;
    ++gathers;
    wait.judge(8, true, false);
  }
  EXPECT_LT(gathers, 20u);
}

TEST(GatherWait, WhatATimerSubmitsSaysNothing) {
  GatherWait wait(250);
  for (int turn = 0; turn < 100; ++turn) {
    EXPECT_EQ(wait.completions(kBusy, false, kLongNs), GatherWait::kCompletions);
    wait.judge(8, true, true);
  }
}

TEST(GatherWait, WhereItPaysItGoesOn) {
  GatherWait wait(250);
  for (int turn = 0; turn < 100; ++turn) {
    EXPECT_EQ(wait.completions(kBusy, false, kLongNs), GatherWait::kCompletions);
    wait.judge(5, false, false);
  }
}

TEST(GatherWait, ATimerThatCutsItShortSaysNothing) {
  GatherWait wait(250);
  for (int turn = 0; turn < 100; ++turn) {
    EXPECT_EQ(wait.completions(kBusy, false, 1000), GatherWait::kCompletions);
    wait.judge(0, false, false);
  }
}

}  // namespace
}  // namespace perseid::test
