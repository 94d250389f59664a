// What this process may use of its machine: cores and open files.
// Thread: any; nothing is kept.
#pragma once

#include <vector>

#include "codec/bytes.h"

namespace perseid {

// The cores that this process may run on (taskset, cgroups), in order; never empty.
std::vector<u32> allowed_cpus();

// Pins the calling thread; silently not, where that is forbidden.
void pin_to(u32 cpu);

// From now on the calling thread gives way to those of this process that wake, and has a tenth of a
// processor that they want all the time; silently not, where that is forbidden. By nice(2), and for
// EEVDF (Linux 6.12) by a long slice, in which who has a shorter one interrupts it.
constexpr int kGivesWayNice = 10;
void give_way();

// Raises RLIMIT_NOFILE as far as this user may, and says what it is then.
u32 raise_file_limit();

// How often the calling thread has waited for anything (getrusage(2): voluntary switches).
u64 thread_waits();

// What the process takes of the machine's memory now (proc(5), statm: resident); 0 if that is not
// told.
u64 process_memory_bytes();

}  // namespace perseid
