#include "tools/load/config_check.h"

#include <sys/resource.h>

#include <algorithm>

#include "tools/load/arsenal.h"
#include "tools/load/process_stats.h"
#include "tools/load/stamp.h"

namespace perseid::load {
namespace {

constexpr u32 kReserveFds = 32;
constexpr u64 kOrderPairsMax = 400'000'000;  // members times senders; four bytes each
constexpr u32 kPayloadBytesMax = 60000;
constexpr double kSecondsMax = 1e6;
constexpr double kRateMax = 1e6;
constexpr u32 kIdleConnections = 15000;
constexpr u32 kIdleMeasureFrom = 2000;
constexpr u32 kEchoConnections = 64;
constexpr u32 kResumeConnections = 1000;
constexpr u32 kHostileConnections = 10'000;
constexpr double kAttackRate = 2;

std::string range_problem(const char* flag, double value, double most) {
  if (value >= 0 && value <= most) return {};  // false for what is not a number
  return std::string(flag) + " must be 0 to " + std::to_string(static_cast<u64>(most));
}

std::string number_problem(const Config& config) {
  const struct {
    const char* flag;
    double value;
    double most;
  } kNumbers[] = {{"--duration-s", config.duration_s, kSecondsMax},
                  {"--warmup-s", config.warmup_s, kSecondsMax},
                  {"--settle-s", config.settle_s, kSecondsMax},
                  {"--drain-s", config.drain_s, kSecondsMax},
                  {"--away-s", config.away_s, kSecondsMax},
                  {"--back-within-s", config.back_within_s, kSecondsMax},
                  {"--rate", config.rate_per_s, kRateMax}};
  for (const auto& number : kNumbers) {
    std::string problem = range_problem(number.flag, number.value, number.most);
    if (!problem.empty()) return problem;
  }
  if (config.size_bytes >= kStampedPayloadBytesMin && config.size_bytes <= kPayloadBytesMax) {
    return {};
  }
  return "--size must be " + std::to_string(kStampedPayloadBytesMin) + " to " +
         std::to_string(kPayloadBytesMax) +
         ": each payload bears its sender, its number and its time, as JSON";
}

std::string rooms_problem(const Config& config) {
  if (config.rooms == 0) return "--rooms must be at least 1";
  if (config.clients() == 0) return "there are no clients in this run";
  if (config.stalled >= config.members && config.scenario == Scenario::fanout) {
    return "--stalled must leave at least one of the --members reading";
  }
  if (config.scenario == Scenario::players &&
      u64{config.rooms} * config.room_size * config.room_size > kOrderPairsMax) {
    return "the order check keeps a number for every pair in a room: smaller rooms, please";
  }
  return {};
}

std::string protocol_problem(const Config& config) {
  if (config.protocol == Protocol::raw &&
      (config.scenario == Scenario::players || config.rooms != 1)) {
    return "the ruler knows one room and one publisher: use fanout or echo, and --rooms 1";
  }
  if (config.verify && config.slow_half) {
    return "--verify and --slow-half are two runs: --verify slows members down by itself";
  }
  if (config.protocol == Protocol::bun && config.scenario == Scenario::echo) {
    return "the peer has no /echo: use fanout or players";
  }
  if (config.protocol == Protocol::raw && config.frame_bytes != 0 &&
      config.frame_bytes < config.size_bytes) {
    return "--frame-bytes must hold the payload (--size)";
  }
  return {};
}

std::string attack_problem(const Config& config) {
  if (config.scenario != Scenario::attack || !attacks_of(config).empty()) return {};
  std::string names;
  for (const std::string_view name : kAttackNames) names += " " + std::string(name);
  return "--kinds: there are" + names + "; tls_drip with --tls only";
}

std::string machine_problem(const Config& config, u32 clients_max) {
  if (config.server_pid != 0 && process_rss_bytes(config.server_pid) == 0) {
    return "--server-pid " + std::to_string(config.server_pid) + ": there is no such process";
  }
  const u64 clients = u64{config.clients()} + config.hostile;
  if (clients <= clients_max) return {};
  return std::to_string(clients) +
         " clients need as many open files, but the limit (ulimit -n) leaves room for " +
         std::to_string(clients_max) + "; ask for fewer, or raise the limit";
}

void fill_in_attack(Config& config, u32 clients_max) {
  config.type = "chat";
  config.rooms = config.player_rooms;
  config.room_size = config.rooms == 0 ? 0 : config.players / config.rooms;
  if (config.rate_per_s == 0) config.rate_per_s = kAttackRate;
  const u32 left = clients_max - std::min(clients_max, config.clients());
  if (config.hostile == 0) config.hostile = std::min(kHostileConnections, left);
}

}  // namespace

std::string problem_of(const Config& config, u32 clients_max) {
  std::string problem = number_problem(config);
  if (problem.empty()) problem = rooms_problem(config);
  if (problem.empty()) problem = protocol_problem(config);
  if (problem.empty()) problem = attack_problem(config);
  return problem.empty() ? machine_problem(config, clients_max) : problem;
}

u32 clients_allowed() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t files = std::min<rlim_t>(limit.rlim_cur, ~u32{0});
  return static_cast<u32>(files > kReserveFds ? files - kReserveFds : 0);
}

void fill_in(Config& config, u32 clients_max) {
  const bool idle = config.scenario == Scenario::idle;
  if (config.connections == 0) {
    config.connections = idle ? std::min(kIdleConnections, clients_max)
                         : config.scenario == Scenario::resume ? kResumeConnections
                                                               : kEchoConnections;
  }
  if (config.measure_from == 0 || config.measure_from > config.connections) {
    config.measure_from = std::min(kIdleMeasureFrom, config.connections / 5);
  }
  const bool act = config.scenario == Scenario::players || config.scenario == Scenario::state ||
                   config.scenario == Scenario::resume;
  if (act && config.rate_per_s == 0) config.rate_per_s = 20;
  if (config.scenario == Scenario::resume) config.type = "chat";
  if (config.scenario == Scenario::attack) fill_in_attack(config, clients_max);
  if (config.scenario == Scenario::state && config.verify) config.flavour = StateFlavour::both;
}

}  // namespace perseid::load
