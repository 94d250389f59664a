#include "engine/token_bucket.h"

#include <gtest/gtest.h>

#include "tests/engine/random.h"

namespace perseid::test {
namespace {

TEST(TokenBucket, lets_a_burst_of_two_seconds_pass_and_then_the_rate) {
  TokenBucket bucket;
  u32 passed = 0;
  while (bucket.take(1, 10, 5000) == 0) ++passed;
  EXPECT_EQ(passed, 10u * TokenBucket::kBurstSeconds);
  EXPECT_NE(bucket.take(1, 10, 5099), 0u);
  EXPECT_EQ(bucket.take(1, 10, 5100), 0u);
  EXPECT_NE(bucket.take(1, 10, 5100), 0u);
}

TEST(TokenBucket, the_wait_that_it_names_is_enough_and_not_much_more) {
  for (const u32 rate : {1u, 3u, 10u, 999u, 1'000'000u}) {
    TokenBucket bucket;
    u64 now_ms = 77;
    u32 wait_ms = 0;
    for (u32 i = 0; i < 3 * rate && wait_ms == 0; ++i) wait_ms = bucket.take(1, rate, now_ms);
    ASSERT_GT(wait_ms, 0u) << rate;
    if (wait_ms > 2) {
      EXPECT_NE(bucket.take(1, rate, now_ms + wait_ms - 2), 0u) << rate;
    }
    EXPECT_EQ(bucket.take(1, rate, now_ms + wait_ms), 0u) << rate;
  }
}

TEST(TokenBucket, something_larger_than_the_burst_passes_a_full_bucket_once) {
  TokenBucket bucket;
  EXPECT_EQ(bucket.take(1000, 10, 0), 0u);
  EXPECT_NE(bucket.take(1, 10, 0), 0u);
  EXPECT_NE(bucket.take(1000, 10, 99'000), 0u);
  EXPECT_EQ(bucket.take(1000, 10, 100'000), 0u);
}

TEST(TokenBucket, a_charge_is_a_debt_that_later_requests_pay) {
  TokenBucket bucket;
  bucket.charge(100, 10, 1000);
  EXPECT_EQ(bucket.debt_ms(1000, 0), 10'000u);
  EXPECT_EQ(bucket.debt_ms(1000, 4000), 6'000u);
  EXPECT_EQ(bucket.debt_ms(20'000, 0), 0u);
  EXPECT_NE(bucket.take(1, 10, 1000), 0u);
  EXPECT_EQ(bucket.take(1, 10, 11'000), 0u);
}

TEST(TokenBucket, over_any_stretch_of_time_no_more_than_rate_and_burst_pass) {
  for (u32 seed = 1; seed <= 40; ++seed) {
    Random dice(seed);
    TokenBucket bucket;
    const u32 rate = 1 + dice.below(5000);
    const u64 start_ms = dice.wide(u64{1} << 40);
    u64 now_ms = start_ms;
    u64 passed = 0;
    for (int i = 0; i < 2000; ++i) {
      now_ms += dice.percent(50) ? 0 : dice.below(20);
      const u64 tokens = 1 + dice.below(rate);
      if (bucket.take(tokens, rate, now_ms) == 0) passed += tokens;
      const u64 most = u64{rate} * (now_ms - start_ms) / 1000 + 2 * rate + rate;
      ASSERT_LE(passed, most);
    }
    EXPECT_GT(passed, 2 * u64{rate} - rate) << "and the burst did pass";
  }
}

}  // namespace
}  // namespace perseid::test
