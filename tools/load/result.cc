#include "tools/load/result.h"

#include <algorithm>

namespace perseid::load {

Sample operator-(const Sample& later, const Sample& earlier) {
  return {.time_ns = later.time_ns - earlier.time_ns,
          .server_cpu_ns = later.server_cpu_ns - earlier.server_cpu_ns,
          .own_cpu_ns = later.own_cpu_ns - earlier.own_cpu_ns,
          .server_rss_bytes = 0,
          .sent = later.sent - earlier.sent,
          .received = later.received - earlier.received,
          .message_bytes = later.message_bytes - earlier.message_bytes,
          .receives = later.receives - earlier.receives};
}

double MemorySlope::bytes_per_connection() const {
  if (to_connections <= from_connections) return 0;
  return (static_cast<double>(rss_to_bytes) - static_cast<double>(rss_from_bytes)) /
         (to_connections - from_connections);
}

namespace {

template <class Value>
Value median_of(const std::vector<AttackFigures::Round>& rounds,
                Value AttackFigures::Round::*figure) {
  std::vector<Value> values;
  values.reserve(rounds.size());
  for (const AttackFigures::Round& round : rounds) values.push_back(round.*figure);
  if (values.empty()) return {};
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

AttackFigures::Round AttackFigures::median() const {
  return {.calm_p50_ns = median_of(rounds, &Round::calm_p50_ns),
          .calm_p99_ns = median_of(rounds, &Round::calm_p99_ns),
          .attack_p50_ns = median_of(rounds, &Round::attack_p50_ns),
          .attack_p99_ns = median_of(rounds, &Round::attack_p99_ns),
          .held = median_of(rounds, &Round::held),
          .calm_cpu = median_of(rounds, &Round::calm_cpu),
          .attack_cpu = median_of(rounds, &Round::attack_cpu)};
}

double AttackFigures::ratio() const {
  const Round middle = median();
  return middle.calm_p99_ns == 0
             ? 0
             : static_cast<double>(middle.attack_p99_ns) / static_cast<double>(middle.calm_p99_ns);
}

bool AttackFigures::good() const {
  const auto acted = std::count_if(acts.begin(), acts.end(), [](u64 count) { return count != 0; });
  return static_cast<u32>(acted) == kinds && (ratio_max == 0 || ratio() <= ratio_max);
}

}  // namespace perseid::load
