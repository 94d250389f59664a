#include "tools/load/progress.h"

#include <cstdio>

namespace perseid::load {
namespace {

constexpr u64 kSecondNs = 1'000'000'000;

std::string percent(const Sample& step) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f %%",
                static_cast<double>(step.server_cpu_ns) / static_cast<double>(step.time_ns) * 100);
  return text;
}

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
  std::fprintf(stderr, "%5.0f s  %-8s %6u connected",
               static_cast<double>(now.time_ns - start_ns_) / 1e9, phase, connected);
  if (flows_) print_flow(now, step, latency.since(last_latency_));
  const bool known = now.server_rss_bytes != 0;
  std::fprintf(stderr, "  server CPU %s\n", known ? percent(step).c_str() : "-");
  last_ = now;
  last_latency_ = latency;
}

void Progress::print_flow(const Sample& now, const Sample& step, const Histogram& recent) const {
  std::fprintf(stderr, "  %9llu sent  %9.0f delivered/s  p50 %s  p99 %s",
               static_cast<unsigned long long>(now.sent),
               static_cast<double>(step.received) / static_cast<double>(step.time_ns) * 1e9,
               human_time(recent.percentile(0.5)).c_str(),
               human_time(recent.percentile(0.99)).c_str());
}

}  // namespace perseid::load
