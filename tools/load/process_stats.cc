#include "tools/load/process_stats.h"

#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

namespace perseid::load {
namespace {

constexpr u64 kSecondNs = 1'000'000'000;

u64 clock_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<u64>(time.tv_sec) * kSecondNs + static_cast<u64>(time.tv_nsec);
}

std::string proc_path(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

u64 cpu_ns_by_ticks(pid_t pid) {
  std::ifstream file(proc_path(pid, "stat"));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the name itself may hold blanks
  if (name_end == std::string::npos) return 0;
  unsigned long long user = 0;
  unsigned long long system = 0;
  if (std::sscanf(line.c_str() + name_end + 1,
                  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2) {
    return 0;
  }
  return (user + system) * (kSecondNs / static_cast<u64>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace

u64 process_cpu_ns(pid_t pid) {
  u64 sum = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(proc_path(pid, "task"), error)) {
    std::ifstream file(task.path() / "schedstat");
    u64 on_cpu = 0;
    if (file >> on_cpu) sum += on_cpu;
  }
  return sum != 0 ? sum : cpu_ns_by_ticks(pid);
}

u64 process_rss_bytes(pid_t pid) {
  std::ifstream file(proc_path(pid, "status"));
  std::string word;
  while (file >> word) {
    u64 kibibytes = 0;
    if (word == "VmRSS:" && file >> kibibytes) return kibibytes * KiB;
  }
  return 0;
}

u64 own_cpu_ns() {
  return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

u64 monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

}  // namespace perseid::load
