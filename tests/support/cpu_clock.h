// The CPU time of this thread alone: other programs on the machine cannot slow it down.
// Thread: the caller's.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <limits>

#include "codec/bytes.h"

namespace perseid::test {

constexpr int kKeptBytes = 32 << 20;

inline i64 thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return i64{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// The least of several runs of `work`. What it frees stays with the process: pages that the kernel
// takes back and gives again would be counted as its work, and on a virtual machine be most of it.
template <class Work>
i64 least_cpu_ns(int runs, Work&& work) {
  (void)::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  (void)::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  i64 least_ns = std::numeric_limits<i64>::max();
  for (int i = 0; i < runs; ++i) {
    const i64 from_ns = thread_cpu_ns();
    work();
    least_ns = std::min(least_ns, thread_cpu_ns() - from_ns);
  }
  return least_ns;
}

}  // namespace perseid::test
