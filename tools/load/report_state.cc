#include "tools/load/report_state.h"

#include "tools/load/process_stats.h"
#include "tools/load/report_lines.h"

namespace perseid::load {
namespace {

std::string_view name(StateFlavour flavour) {
  constexpr std::string_view kNames[] = {"bin", "json", "both"};
  return kNames[static_cast<u8>(flavour)];
}

double mib(u64 bytes) {
  return static_cast<double>(bytes) / MiB;
}

// To one client; 0 where the load itself decides how many there are.
double deliveries_due_per_s(const Config& config) {
  switch (config.scenario) {
    case Scenario::state:
      return config.grid ? 0 : config.hz;
    case Scenario::players:
      return config.rate_per_s * config.room_size;
    case Scenario::echo:
      return config.rate_per_s;
    default:
      return 0;
  }
}

void add_verified(std::string& out, const StateFigures& state) {
  using ull = unsigned long long;
  line(out, "  verified    %llu states decoded, %llu of them compared with another's of that tick",
       ull{state.applied}, ull{state.compared});
  line(out,
       "              %llu left and came back, %llu reconnected, %llu pauses, %llu bandwidth cuts, "
       "%llu keyframes asked; settled after %s",
       ull{state.rejoins}, ull{state.reconnects}, ull{state.pauses}, ull{state.cuts},
       ull{state.keyframes_asked}, human_time(state.settled_ns).c_str());
  line(out,
       "              %llu of these keyframes were older than the member's state, by %llu ticks at "
       "most",
       ull{state.stepped_back}, ull{state.stepped_back_most});
}

void add_slow_half(std::string& out, const SlowHalf& slow) {
  using ull = unsigned long long;
  line(out, "  slow half   reads %.0f bytes per second", slow.bytes_per_s);
  line(out,
       "              at the end the present is at most %llu bytes (half of them: %llu) and %llu "
       "messages away, kernel's buffers included; the largest whole state has %llu bytes",
       ull{slow.behind_bytes_most}, ull{slow.behind_bytes_median}, ull{slow.behind_messages_most},
       ull{slow.whole_bytes});
  if (slow.rss_bytes.empty()) return;
  line(out,
       "              server's memory meanwhile: %.2f MiB at first, %.2f half-way, %.2f at last",
       mib(slow.rss_bytes.front()), mib(slow.rss_bytes[slow.rss_bytes.size() / 2]),
       mib(slow.rss_bytes.back()));
}

}  // namespace

double clients_per_core(const Config& config, const Result& result) {
  const Sample& cost = result.cost;
  if (cost.server_cpu_ns == 0) return 0;
  const double each_per_s = deliveries_due_per_s(config);
  if (each_per_s == 0) {
    return result.clients * static_cast<double>(cost.time_ns) /
           static_cast<double>(cost.server_cpu_ns);
  }
  return static_cast<double>(cost.received) / each_per_s /
         (static_cast<double>(cost.server_cpu_ns) / 1e9);
}

void add_state_text(std::string& out, const Config& config, const Result& result) {
  const StateFigures& state = *result.state;
  const auto ticks = static_cast<double>(result.cost.received);
  if (config.grid) {
    line(out, "  cells       %.1f states of cells per client and second",
         ticks / result.clients / static_cast<double>(result.cost.time_ns) * 1e9);
  } else {
    line(out, "  ticks       %.2f of %u per client and second",
         state.expected_ticks > 0 ? ticks / state.expected_ticks * config.hz : 0.0, config.hz);
  }
  line(out, "              %llu whole states, %llu changes of a member's rate",
       static_cast<unsigned long long>(state.whole),
       static_cast<unsigned long long>(state.degraded));
  add_latency_line(out, "  interval   ", state.interval);
  if (clients_per_core(config, result) > 0) {
    line(out, "  clients     %.0f per core of the server, by its CPU time and what was delivered",
         clients_per_core(config, result));
  }
  if (config.verify) add_verified(out, state);
  if (result.slow_half) add_slow_half(out, *result.slow_half);
}

void add_state_json(JsonObject& out, const Config& config, const Result& result) {
  const StateFigures& state = *result.state;
  out.text("flavour", name(config.flavour));
  out.real("expected_ticks", state.expected_ticks);
  out.real("ticks_share", state.expected_ticks > 0
                              ? static_cast<double>(result.cost.received) / state.expected_ticks
                              : 0);
  out.real("interval_p50_us", static_cast<double>(state.interval.percentile(0.5)) / 1e3);
  out.real("interval_p99_us", static_cast<double>(state.interval.percentile(0.99)) / 1e3);
  out.whole("whole_states", state.whole);
  out.whole("degraded", state.degraded);
  out.whole("decoded", state.applied);
  out.whole("compared", state.compared);
  if (!result.slow_half) return;
  const SlowHalf& slow = *result.slow_half;
  out.real("slow_bytes_per_s", slow.bytes_per_s);
  out.whole("slow_behind_bytes_most", slow.behind_bytes_most);
  out.whole("slow_behind_bytes_median", slow.behind_bytes_median);
  out.whole("slow_behind_messages_most", slow.behind_messages_most);
  out.real("slow_behind_most_us", static_cast<double>(slow.behind_ns_most) / 1e3);
  out.whole("whole_state_bytes", slow.whole_bytes);
  if (slow.rss_bytes.empty()) return;
  out.whole("slow_rss_first_bytes", slow.rss_bytes.front());
  out.whole("slow_rss_last_bytes", slow.rss_bytes.back());
}

}  // namespace perseid::load
