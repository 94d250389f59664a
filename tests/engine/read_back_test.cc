// When a client counts as one that has not read what it was sent, and when it is let go again.
#include "engine/read_back.h"

#include <gtest/gtest.h>

namespace perseid::test {
namespace {

// One that answers within `took_ms`, asked at `now_ms`.
void ask_and_answer(ReadBack& back, u32& now_ms, u32 took_ms) {
  now_ms += ReadBack::kAskEveryMs;
  ASSERT_TRUE(back.is_due(now_ms));
  back.ask(now_ms);
  now_ms += took_ms;
  back.answered(now_ms);
}

TEST(ReadBack, IsAskedNowAndThenAndNotTwice) {
  ReadBack back(1000);
  EXPECT_FALSE(back.is_due(2999));
  EXPECT_TRUE(back.is_due(3000));
  back.ask(3000);
  EXPECT_FALSE(back.is_due(9000));
  back.answered(9000);
  EXPECT_FALSE(back.is_due(4999));
}

TEST(ReadBack, WhoNeverAnswersPingsIsNotWaitedFor) {
  ReadBack back(0);
  back.ask(2000);
  for (u32 now_ms = 2000; now_ms < 100'000; now_ms += 100) EXPECT_FALSE(back.waits(now_ms));
}

TEST(ReadBack, WhoHasNotReadIsWaitedForUntilItHas) {
  ReadBack back(0);
  u32 now_ms = 0;
  ask_and_answer(back, now_ms, 40);
  back.ask(10'000);
  EXPECT_FALSE(back.waits(10'200)) << "twice the way and some slack";
  EXPECT_TRUE(back.waits(10'300));
  EXPECT_TRUE(back.waits(15'000));
  EXPECT_TRUE(back.answered(15'000)) << "what waited may go";
  EXPECT_FALSE(back.waits(15'000));
  EXPECT_TRUE(back.is_due(15'000)) << "from now on each state is asked after";
  back.ask(15'000);
  EXPECT_TRUE(back.waits(15'001)) << "and waited for";
  back.answered(15'050);
  EXPECT_FALSE(back.is_lagging());
  EXPECT_FALSE(back.is_due(15'060)) << "it keeps up again";
}

// A satellite is far, not slow.
TEST(ReadBack, ALongWayIsNoSlowOne) {
  ReadBack back(0);
  u32 now_ms = 0;
  for (int i = 0; i < 20; ++i) {
    ask_and_answer(back, now_ms, 650);
    EXPECT_FALSE(back.is_lagging());
  }
  now_ms += ReadBack::kAskEveryMs;
  back.ask(now_ms);
  EXPECT_FALSE(back.waits(now_ms + 1200));
}

TEST(ReadBack, AWayThatBecameLongerIsBelievedInTheEnd) {
  ReadBack back(0);
  u32 now_ms = 0;
  ask_and_answer(back, now_ms, 20);
  int asked = 0;
  do {
    now_ms += 1;
    back.ask(now_ms);
    now_ms += 450;
    back.waits(now_ms);
    back.answered(now_ms);
    ASSERT_LT(++asked, 200);
  } while (back.is_lagging());
  EXPECT_GT(asked, 10) << "not at once: it may be a queue";
}

TEST(ReadBack, AnAnswerThatNeverComesIsGivenUp) {
  ReadBack back(0);
  u32 now_ms = 0;
  ask_and_answer(back, now_ms, 40);
  back.ask(10'000);
  EXPECT_TRUE(back.waits(10'000 + ReadBack::kGiveUpMs - 1));
  EXPECT_FALSE(back.waits(10'000 + ReadBack::kGiveUpMs));
  EXPECT_TRUE(back.is_due(10'000 + ReadBack::kGiveUpMs));
}

// The clock is of 32 bits.
TEST(ReadBack, TheClockMayTurnOver) {
  ReadBack back(0xffffff00);
  EXPECT_FALSE(back.is_due(0x10));
  EXPECT_TRUE(back.is_due(0xffffff00 + ReadBack::kAskEveryMs));
}

}  // namespace
}  // namespace perseid::test
