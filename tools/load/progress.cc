#include "tools/load/progress.h"

#include <cstdio>

namespace perseid::load {
namespace {

constexpr u64 kSecondNs = 1'000'000'000;

}  // namespace

void Progress::say(const char* text) const {
  if (!quiet_) std::fprintf(stderr, "%s\n", text);
}

void Progress::tick(const char* phase, u32 connected, const Sample& now, const Histogram& latency) {
  if (start_ns_ == 0) {
    start_ns_ = now.time_ns;
    last_ = now;
    next_ns_ = now.time_ns + kSecondNs;
    last_latency_ = latency;
  }
  if (now.time_ns < next_ns_) return;
  next_ns_ = now.time_ns + kSecondNs;
  if (quiet_) return;
  const Sample step = now - last_;
  const double step_s = static_cast<double>(step.time_ns) / 1e9;
  const Histogram recent = latency.since(last_latency_);
  std::fprintf(
      stderr,
      "%5.0f s  %-8s %6u connected  %9llu sent  %9.0f delivered/s  p50 %s  p99 %s  "
      "server CPU %.0f %%\n",
      static_cast<double>(now.time_ns - start_ns_) / 1e9, phase, connected,
      static_cast<unsigned long long>(now.sent), static_cast<double>(step.received) / step_s,
      human_time(recent.percentile(0.5)).c_str(), human_time(recent.percentile(0.99)).c_str(),
      static_cast<double>(step.server_cpu_ns) / static_cast<double>(step.time_ns) * 100);
  last_ = now;
  last_latency_ = latency;
}

}  // namespace perseid::load
