// The CPU time of this thread alone: other programs on the machine cannot slow it down.
// Thread: the caller's.
#pragma once

#include <algorithm>
#include <ctime>
#include <limits>

#include "codec/bytes.h"

namespace perseid::test {

inline i64 thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return i64{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// The least of several runs of `work`.
template <class Work>
i64 least_cpu_ns(int runs, Work&& work) {
  i64 least_ns = std::numeric_limits<i64>::max();
  for (int i = 0; i < runs; ++i) {
    const i64 from_ns = thread_cpu_ns();
    work();
    least_ns = std::min(least_ns, thread_cpu_ns() - from_ns);
  }
  return least_ns;
}

}  // namespace perseid::test
