// The one place that reads the clocks: once per turn, for everybody in it (DESIGN law 3).
// Thread: any.
#pragma once

#include <time.h>

#include "engine/time.h"

namespace perseid {

inline u64 clock_ms(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return static_cast<u64>(at.tv_sec) * 1000 + static_cast<u64>(at.tv_nsec) / 1'000'000;
}

inline u64 clock_ns(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return static_cast<u64>(at.tv_sec) * 1'000'000'000 + static_cast<u64>(at.tv_nsec);
}

// What the calling thread has used of its processor. A system call, unlike the others.
inline u64 thread_cpu_ns() {
  return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

inline Now read_clock() {
  return {.mono_ms = clock_ms(CLOCK_MONOTONIC), .unix_ms = clock_ms(CLOCK_REALTIME)};
}

}  // namespace perseid
