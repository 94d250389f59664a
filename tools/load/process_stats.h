// What the kernel says about a process, read from /proc (proc(5)).
// Thread: none; pure functions of the process's state.
#pragma once

#include <sys/types.h>

#include "codec/bytes.h"

namespace perseid::load {

// CPU of all threads so far, user and system, in ns. From task/*/schedstat (exact), or from stat
// (in ticks of 10 ms) where the kernel has none; 0 if the process is gone.
u64 process_cpu_ns(pid_t pid);
// Resident memory in bytes (VmRSS of status); 0 if the process is gone.
u64 process_rss_bytes(pid_t pid);
// CPU of this program so far, in ns.
u64 own_cpu_ns();
// CLOCK_MONOTONIC in ns.
u64 monotonic_ns();
constexpr u64 nanoseconds(double seconds) {
  return static_cast<u64>(seconds * 1e9);
}

}  // namespace perseid::load
