// LoadMeter: which share of the time a shard's thread is at work rather than waiting. By the
// thread's processor time, because one system call both sends and waits: what the kernel does for
// us in it is work too. Thread: the shard's. Invariant: costs one clock reading per kPeriodMs.
#pragma once

#include <algorithm>

#include "codec/bytes.h"

namespace perseid {

class LoadMeter {
 public:
  static constexpr u64 kPeriodMs = 100;

  bool is_due(u64 mono_ms) const { return mono_ms >= last_ms_ + kPeriodMs; }
  // `cpu_ns` is what the thread has used since it began. Returns what it has used since the last
  // call, in ns; the first call only begins.
  u64 measure(u64 mono_ms, u64 cpu_ns) {
    const u64 passed_ns = (mono_ms - last_ms_) * 1'000'000;
    const u64 used_ns = last_ms_ == 0 ? 0 : cpu_ns - last_cpu_ns_;
    if (passed_ns > 0) {
      permille_ = static_cast<u32>(std::min<u64>(1000, used_ns * 1000 / passed_ns));
    }
    last_ms_ = mono_ms;
    last_cpu_ns_ = cpu_ns;
    return used_ns;
  }
  u32 permille() const { return permille_; }

 private:
  u64 last_ms_ = 0;
  u64 last_cpu_ns_ = 0;
  u32 permille_ = 0;
};

}  // namespace perseid
