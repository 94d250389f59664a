#include "tools/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <vector>

namespace perseid::load {

u32 Histogram::bucket_of(u64 value) {
  if (value < kSteps) return static_cast<u32>(value);
  const u32 shift = static_cast<u32>(std::bit_width(value)) - 1 - kStepBits;
  return (shift + 1) * kSteps + static_cast<u32>((value >> shift) - kSteps);
}

u64 Histogram::upper_edge(u32 bucket) {
  if (bucket < kSteps) return bucket;
  const u32 shift = bucket / kSteps - 1;
  return ((u64{bucket % kSteps} + kSteps + 1) << shift) - 1;
}

u64 Histogram::percentile(double fraction) const {
  if (total_ == 0) return 0;
  const auto wanted = static_cast<u64>(std::ceil(fraction * static_cast<double>(total_)));
  u64 seen = 0;
  for (u32 i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= std::max<u64>(wanted, 1)) return std::min(upper_edge(i), max_);
  }
  return max_;
}

Histogram Histogram::since(const Histogram& earlier) const {
  Histogram out = *this;
  for (u32 i = 0; i < kBuckets; ++i) out.counts_[i] -= earlier.counts_[i];
  out.total_ -= earlier.total_;
  return out;
}

std::string Histogram::draw(u32 width_columns) const {
  constexpr u32 kRows = kBuckets / kSteps;
  std::vector<u64> rows(kRows, 0);
  for (u32 i = 0; i < kBuckets; ++i) rows[i / kSteps] += counts_[i];
  u32 first = 0;
  u32 last = kRows - 1;
  while (first < kRows && rows[first] == 0) ++first;
  while (last > first && rows[last] == 0) --last;
  if (first == kRows) return {};
  const u64 most = *std::max_element(rows.begin(), rows.end());
  std::string out;
  for (u32 row = first; row <= last; ++row) {
    char line[160];
    const double share = static_cast<double>(rows[row]) / static_cast<double>(total_);
    const auto bar = static_cast<std::size_t>(width_columns * rows[row] / most);
    std::snprintf(line, sizeof line, "  up to %9s  %-*s %6.2f %%\n",
                  human_time(upper_edge(row * kSteps + kSteps - 1) + 1).c_str(),
                  static_cast<int>(width_columns), std::string(bar, '#').c_str(), share * 100);
    out += line;
  }
  return out;
}

std::string human_time(u64 nanoseconds) {
  struct Unit {
    double size;
    const char* name;
  };
  const double value = static_cast<double>(nanoseconds);
  const Unit unit = value < 1e3   ? Unit{1, "ns"}
                    : value < 1e6 ? Unit{1e3, "us"}
                    : value < 1e9 ? Unit{1e6, "ms"}
                                  : Unit{1e9, "s"};
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %s", value / unit.size, unit.name);
  return text;
}

}  // namespace perseid::load
