// The load's histogram: bounded error, right ranks, differences.
#include "tools/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace perseid::load {
namespace {

TEST(Histogram, EveryValueLiesInItsBucketAndBucketsAreNarrow) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200000; ++i) {
    const u64 value = random() >> (random() % 64);
    const u32 bucket = Histogram::bucket_of(value);
    ASSERT_LE(value, Histogram::upper_edge(bucket)) << value;
    if (bucket > 0) {
      ASSERT_GT(value, Histogram::upper_edge(bucket - 1)) << value;
    }
    ASSERT_LE(Histogram::upper_edge(bucket) - value, value / 32) << value;
  }
}

TEST(Histogram, PercentilesAreThoseOfTheSortedValues) {
  const u64 seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Histogram histogram;
  std::vector<u64> values(9999);
  for (u64& value : values) {
    value = random() % 50'000'000;
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double fraction : {0.0, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(fraction * 9999);
    const u64 want = values[rank == 0 ? 0 : std::min<std::size_t>(rank, 9998)];
    const u64 got = histogram.percentile(fraction);
    EXPECT_GE(got * 33 / 32 + 64, want) << fraction;
    EXPECT_LE(got, want * 33 / 32 + 64) << fraction;
  }
  EXPECT_EQ(histogram.percentile(1.0), values.back());
}

TEST(Histogram, AnEmptyOneSaysZeroAndDrawsNothing) {
  EXPECT_EQ(Histogram{}.percentile(0.5), 0u);
  EXPECT_EQ(Histogram{}.draw(10), "");
}

TEST(Histogram, SinceKeepsOnlyWhatCameLater) {
  Histogram histogram;
  histogram.record(1'000'000);
  const Histogram earlier = histogram;
  histogram.record(10);
  histogram.record(10);
  const Histogram recent = histogram.since(earlier);
  EXPECT_EQ(recent.total(), 2u);
  EXPECT_EQ(recent.percentile(1.0), 10u);
}

TEST(Histogram, DrawsOneLinePerPowerOfTwo) {
  Histogram histogram;
  for (int i = 0; i < 3; ++i) histogram.record(100'000);
  histogram.record(300'000);
  const std::string drawing = histogram.draw(8);
  EXPECT_EQ(std::count(drawing.begin(), drawing.end(), '\n'), 3);
  EXPECT_NE(drawing.find("########  75.00 %"), std::string::npos) << drawing;
}

TEST(HumanTime, PicksTheUnit) {
  EXPECT_EQ(human_time(999), "999 ns");
  EXPECT_EQ(human_time(1500), "1.5 us");
  EXPECT_EQ(human_time(2'340'000), "2.34 ms");
  EXPECT_EQ(human_time(3'000'000'000), "3 s");
}

}  // namespace
}  // namespace perseid::load
