#include "net/machine.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace perseid {

std::vector<u32> allowed_cpus() {
  std::vector<u32> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (u32 cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

void pin_to(u32 cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  (void)::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
}

void give_way() {
  // struct sched_attr of sched_setattr(2), for which not every glibc has a wrapper.
  struct {
    u32 size = 48, policy = SCHED_OTHER;
    u64 flags = 0;
    i32 nice = std::min(19, ::getpriority(PRIO_PROCESS, 0) + kGivesWayNice);
    u32 priority = 0;
    u64 runtime_ns = 100'000'000, deadline_ns = 0, period_ns = 0;
  } const wanted;
  static_assert(sizeof wanted == 48);
  (void)::syscall(SYS_sched_setattr, 0, &wanted, 0);
}

u32 raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) (void)::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return static_cast<u32>(std::min<rlim_t>(limit.rlim_cur, ~u32{0}));
}

u64 thread_waits() {
  rusage usage{};
  return ::getrusage(RUSAGE_THREAD, &usage) == 0 ? static_cast<u64>(usage.ru_nvcsw) : 0;
}

u64 process_memory_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long long pages = 0;
  const int read = std::fscanf(file, "%*u %llu", &pages);
  std::fclose(file);
  return read == 1 ? pages * static_cast<u64>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace perseid
