// When a client counts as one that has not read what it was sent, and when it is let go again.
#include "engine/read_back.h"

#include <gtest/gtest.h>

namespace perseid::test {
namespace {

constexpr u32 kEveryMs = 2000;

ReadBack::Answer answer(ReadBack& back, u32 now_ms, u8 number) {
  return back.answered(now_ms, {&number, 1});
}
// One that answers within `took_ms`, asked at `now_ms`.
void ask_and_answer(ReadBack& back, u32& now_ms, u32 took_ms) {
  now_ms += kEveryMs;
  ASSERT_TRUE(back.is_due(now_ms, kEveryMs));
  const u8 number = back.ask(now_ms);
  now_ms += took_ms;
  ASSERT_TRUE(answer(back, now_ms, number).fits);
}

TEST(ReadBack, IsAskedAtOnceAndThenNowAndThen) {
  ReadBack back;
  EXPECT_TRUE(back.is_due(7, kEveryMs));
  u8 number = back.ask(7);
  EXPECT_FALSE(back.is_due(9000, kEveryMs)) << "not twice";
  answer(back, 100, number);
  EXPECT_FALSE(back.is_due(7 + kEveryMs - 1, kEveryMs));
  EXPECT_TRUE(back.is_due(7 + kEveryMs, kEveryMs));
}

TEST(ReadBack, WhoNeverAnswersPingsIsNotWaitedFor) {
  ReadBack back;
  back.ask(2000);
  for (u32 now_ms = 2000; now_ms < 100'000; now_ms += 100) EXPECT_FALSE(back.waits(now_ms));
}

TEST(ReadBack, WhoHasNotReadIsWaitedForUntilItHas) {
  ReadBack back;
  u32 now_ms = 0;
  ask_and_answer(back, now_ms, 40);
  u8 number = back.ask(10'000);
  EXPECT_FALSE(back.waits(10'200)) << "twice the way and some slack";
  EXPECT_TRUE(back.waits(10'300));
  EXPECT_TRUE(back.waits(15'000));
  EXPECT_TRUE(answer(back, 15'000, number).late);
  EXPECT_FALSE(back.waits(15'000));
  EXPECT_TRUE(back.is_due(15'000, kEveryMs)) << "from now on each state is asked after";
  number = back.ask(15'000);
  EXPECT_TRUE(back.waits(15'001)) << "and waited for";
  answer(back, 15'050, number);
  EXPECT_FALSE(back.is_lagging());
  EXPECT_FALSE(back.is_due(15'060, kEveryMs)) << "it keeps up again";
}

// A heartbeat's pong stood before the state, one that nobody asked for says nothing at all.
TEST(ReadBack, OnlyTheQuestionsOwnAnswerCounts) {
  ReadBack back;
  const u8 first = back.ask(2000);
  EXPECT_FALSE(back.answered(2010, {}).fits);
  EXPECT_FALSE(back.waits(9000)) << "it has answered nothing yet";
  EXPECT_TRUE(answer(back, 2020, first).fits);
  EXPECT_FALSE(answer(back, 2030, first).fits) << "once";
  const u8 second = back.ask(10'000);
  EXPECT_TRUE(back.waits(12'000));
  const u8 both[] = {second, second};
  EXPECT_FALSE(back.answered(12'000, both).fits);
  EXPECT_FALSE(answer(back, 12'000, first).fits);
  EXPECT_TRUE(back.waits(12'000));
  EXPECT_TRUE(answer(back, 12'000, second).fits);
}

TEST(ReadBack, WhoIsSlowFromTheStartIsSeenByItsFirstAnswer) {
  ReadBack back;
  const u8 number = back.ask(2000);
  EXPECT_FALSE(back.waits(7000));
  EXPECT_TRUE(answer(back, 7000, number).late);
  EXPECT_TRUE(back.is_lagging());
}

// A satellite is far, not slow.
TEST(ReadBack, ALongWayIsNoSlowOne) {
  ReadBack back;
  u32 now_ms = 0;
  for (int i = 0; i < 20; ++i) {
    ask_and_answer(back, now_ms, 650);
    EXPECT_FALSE(back.is_lagging());
  }
  now_ms += kEveryMs;
  back.ask(now_ms);
  EXPECT_FALSE(back.waits(now_ms + 780));
}

TEST(ReadBack, AWayThatBecameLongerIsBelievedInTheEnd) {
  ReadBack back;
  u32 now_ms = 0;
  ask_and_answer(back, now_ms, 20);
  int asked = 0;
  do {
    now_ms += 1;
    const u8 number = back.ask(now_ms);
    now_ms += 450;
    answer(back, now_ms, number);
    ASSERT_LT(++asked, 200);
  } while (back.is_lagging());
  EXPECT_GT(asked, 10) << "not at once: it may be a queue";
}

TEST(ReadBack, AnAnswerThatNeverComesIsGivenUp) {
  ReadBack back;
  u32 now_ms = 0;
  ask_and_answer(back, now_ms, 40);
  const u8 given_up = back.ask(10'000);
  EXPECT_TRUE(back.waits(10'000 + ReadBack::kGiveUpMs - 1));
  EXPECT_FALSE(back.waits(10'000 + ReadBack::kGiveUpMs));
  EXPECT_TRUE(back.is_due(10'000 + ReadBack::kGiveUpMs, kEveryMs));
  back.ask(50'000);
  EXPECT_FALSE(answer(back, 50'010, given_up).fits) << "it comes after all, and is no answer";
  EXPECT_TRUE(back.waits(50'010));
}

TEST(ReadBack, WhatDidNotLeaveIsAskedAgain) {
  ReadBack back;
  back.ask(2000);
  back.take_back();
  EXPECT_FALSE(back.waits(9000));
  EXPECT_TRUE(back.is_due(4000, kEveryMs));
}

// The clock is of 32 bits.
TEST(ReadBack, TheClockMayTurnOver) {
  ReadBack back;
  u8 number = back.ask(0xfffffff0);
  EXPECT_EQ(answer(back, 0x10, number).took_ms, 0x20u);
  EXPECT_FALSE(back.is_due(0x20, kEveryMs));
  EXPECT_TRUE(back.is_due(0xfffffff0 + kEveryMs, kEveryMs));
  back.ask(0xfffffff0);
  EXPECT_FALSE(back.waits(0x10));
  EXPECT_TRUE(back.waits(0x400));
}

}  // namespace
}  // namespace perseid::test
