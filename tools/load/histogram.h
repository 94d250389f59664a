// Histogram: latencies in logarithmic buckets, as HdrHistogram keeps them: 32 steps in every power
// of two, so that a reported value is within 3.2 % of the true one.
// Thread: one. Owns: a fixed table of counts; recording allocates nothing.
#pragma once

#include <array>
#include <string>

#include "codec/bytes.h"

namespace perseid::load {

class Histogram {
 public:
  void record(u64 nanoseconds) {
    ++counts_[bucket_of(nanoseconds)];
    ++total_;
    if (nanoseconds > max_) max_ = nanoseconds;
  }
  u64 total() const { return total_; }
  u64 max() const { return max_; }
  // The value (ns) below or at which `fraction` (0..1) of the records lie, as the upper edge of its
  // bucket; 0 if there are none.
  u64 percentile(double fraction) const;
  // The records made since `earlier`, which is a copy of this histogram from before.
  Histogram since(const Histogram& earlier) const;
  // Lines of `label  bar  share`, one per power of two between the first and the last record.
  std::string draw(u32 width_columns) const;

  static u32 bucket_of(u64 value);
  static u64 upper_edge(u32 bucket);

 private:
  static constexpr u32 kStepBits = 5;
  static constexpr u32 kSteps = 1u << kStepBits;
  static constexpr u32 kBuckets = (64 - kStepBits) * kSteps + kSteps;
  std::array<u64, kBuckets> counts_{};
  u64 total_ = 0;
  u64 max_ = 0;
};

// "812 us", "1.24 ms", "3.1 s".
std::string human_time(u64 nanoseconds);

}  // namespace perseid::load
