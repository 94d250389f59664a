// ClockSync: the relay's clock and the link's latency, from pings and their answers.
// Thread: the owner's. Usable alone. Invariant: the offset is that of the quickest of the last
// kClockSamples answers, because what delays an answer falsifies it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

constexpr u32 kClockSamples = 16;
constexpr u32 kLatencySamples = 256;

struct LatencyPercentiles {
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
};

class ClockSync {
 public:
  // Times by the local clock; `server_ms` is the relay's, in whole milliseconds.
  void add(double sent_ms, double received_ms, u64 server_ms) {
    const double rtt = std::max(0.0, received_ms - sent_ms);
    const double server_mid = static_cast<double>(server_ms) + 0.5;  // it was rounded down
    samples_[count_ % kClockSamples] = {rtt, server_mid - (sent_ms + received_ms) / 2};
    latencies_[count_ % kLatencySamples] = rtt;
    if (count_ == 0) rtt_ms_ = rtt;
    if (count_ != 0) jitter_ms_ += (std::abs(rtt - last_ms_) - jitter_ms_) / 16;  // RFC 3550 6.4.1
    rtt_ms_ += (rtt - rtt_ms_) / 8;
    last_ms_ = rtt;
    ++count_;
  }
  bool ready() const { return count_ != 0; }
  double rtt_ms() const { return rtt_ms_; }  // smoothed
  double jitter_ms() const { return jitter_ms_; }
  // The relay's clock is the local one and so much. 0 until ready().
  double offset_ms() const {
    const auto end = samples_.begin() + std::min<u64>(count_, kClockSamples);
    const auto best = std::min_element(samples_.begin(), end, [](const Sample& a, const Sample& b) {
      return a.rtt_ms < b.rtt_ms;
    });
    return best == end ? 0 : best->offset_ms;
  }
  // Of the last kLatencySamples round trips.
  LatencyPercentiles percentiles() const {
    std::array<double, kLatencySamples> sorted = latencies_;
    const auto count = static_cast<std::size_t>(std::min<u64>(count_, kLatencySamples));
    if (count == 0) return {};
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
    const auto at = [&](std::size_t percent) { return sorted[(count - 1) * percent / 100]; };
    return {at(50), at(95), at(99)};
  }

 private:
  struct Sample {
    double rtt_ms = 0;
    double offset_ms = 0;
  };
  std::array<Sample, kClockSamples> samples_{};
  std::array<double, kLatencySamples> latencies_{};
  u64 count_ = 0;
  double rtt_ms_ = 0;
  double jitter_ms_ = 0;
  double last_ms_ = 0;
};

}  // namespace sdk
}  // namespace perseid
