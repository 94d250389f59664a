#include <cstdarg>
#include <cstdio>

#include "tools/load/report.h"
#include "tools/load/report_attack.h"
#include "tools/load/report_lines.h"
#include "tools/load/report_resume.h"
#include "tools/load/report_state.h"

namespace perseid::load {
namespace {

constexpr u32 kHistogramColumns = 40;
constexpr u32 kSlopeConnectionsMin = 5000;    // with fewer, what the server keeps anyway shows
constexpr u64 kSuspiciousNs = 1'000'000'000;  // no load here explains a second

void add_flow(std::string& out, const Config& config, const Result& result) {
  const Sample& cost = result.cost;
  const double seconds = static_cast<double>(cost.time_ns) / 1e9;
  const auto received = static_cast<double>(cost.received);
  line(out, "  sent        %llu messages", static_cast<unsigned long long>(cost.sent));
  line(out, "  delivered   %.0f, %.0f per second, %.1f bytes each, %.1f by one read", received,
       received / seconds,
       cost.received != 0 ? static_cast<double>(cost.message_bytes) / received : 0.0,
       cost.receives != 0 ? received / static_cast<double>(cost.receives) : 0.0);
  add_latency_line(out, "  latency    ", result.latency);
  const bool own_doing = config.verify && config.scenario == Scenario::state;  // it makes them wait
  if (result.slowest_ns > kSuspiciousNs && !own_doing) {
    line(out, "  NOTE        the slowest delivery of the whole run took %s: was it forgotten?",
         human_time(result.slowest_ns).c_str());
  }
  if (result.before_stall) add_latency_line(out, "  before the stall", *result.before_stall);
  if (result.after_stall) add_latency_line(out, "  after the stall ", *result.after_stall);
}

// Deliveries by CPU second; nothing to say where nothing was to be delivered.
std::string yield_of(const Sample& cost) {
  if (cost.received == 0 || cost.server_cpu_ns == 0) return "";
  char text[64];
  std::snprintf(text, sizeof text, ", %.0f deliveries per CPU second",
                static_cast<double>(cost.received) / static_cast<double>(cost.server_cpu_ns) * 1e9);
  return text;
}

void add_cost(std::string& out, const Result& result) {
  const Sample& cost = result.cost;
  const auto elapsed = static_cast<double>(cost.time_ns);
  if (result.rss_end_bytes != 0) {
    line(out, "  server      CPU %.1f %%%s, memory %.1f MiB (%+.1f)",
         static_cast<double>(cost.server_cpu_ns) / elapsed * 100, yield_of(cost).c_str(),
         static_cast<double>(result.rss_end_bytes) / MiB,
         (static_cast<double>(result.rss_end_bytes) - static_cast<double>(result.rss_start_bytes)) /
             MiB);
  } else {
    line(out, "  server      CPU and memory unknown: give --server-pid, or --spawn");
  }
  line(out, "  load        CPU %.1f %%", static_cast<double>(cost.own_cpu_ns) / elapsed * 100);
}

void add_memory(std::string& out, const MemorySlope& memory) {
  const auto mib = [](u64 bytes) { return static_cast<double>(bytes) / MiB; };
  if (memory.to_connections < kSlopeConnectionsMin) {
    line(out, "  memory      %u clients are too few for a slope: give --connections %u or more",
         memory.to_connections, kSlopeConnectionsMin);
  } else {
    line(out, "  memory      %.0f bytes per connection (slope of resident memory, %u to %u)",
         memory.bytes_per_connection(), memory.from_connections, memory.to_connections);
  }
  line(out, "              MiB: %.1f empty, %.1f at %u, %.1f at %u, %.1f later, %.1f all closed",
       mib(memory.rss_empty_bytes), mib(memory.rss_from_bytes), memory.from_connections,
       mib(memory.rss_to_bytes), memory.to_connections, mib(memory.rss_after_stay_bytes),
       mib(memory.rss_closed_bytes));
}

const char* good_words(const Config& config) {
  switch (config.scenario) {
    case Scenario::idle:
      return "  check       good: nobody was disconnected, %llu heartbeats answered";
    case Scenario::state:
      return config.verify
                 ? "  check       good: every state was what it must be, and all are equal at rest "
                   "(%llu)"
                 : "  check       good: no errors, nobody was disconnected (%llu)";
    case Scenario::resume:
      return "  check       good: all were resumed, nobody left, every message arrived once and in "
             "order (%llu)";
    default:
      return "  check       good: every message arrived once and in order (%llu)";
  }
}

void add_checks(std::string& out, const Config& config, const Result& result) {
  using ull = unsigned long long;
  if (result.good()) {
    const bool idle = config.scenario == Scenario::idle;
    line(out, good_words(config), idle ? ull{result.pings} : ull{result.received});
    return;
  }
  line(out,
       "  check       FAILED: %llu missing at the end, %llu passed over, %llu repeated, %llu "
       "broken, %llu wrong states, %llu gap notices, %llu errors, %u connections lost",
       ull{result.missing_at_end}, ull{result.order.missing + result.order.seq_holes},
       ull{result.order.repeated + result.order.seq_repeated}, ull{result.broken},
       ull{result.wrong}, ull{result.gaps}, ull{result.errors}, result.lost);
  if (result.attack && !result.attack->good()) {
    line(out, "              p99 under attack is %.2f times that in calm, or a kind did not act",
         result.attack->ratio());
  }
  if (!result.first_trouble.empty()) line(out, "              %s", result.first_trouble.c_str());
}

}  // namespace

void line(std::string& out, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  out += text;
  out += '\n';
}

void add_latency_line(std::string& out, const char* title, const Histogram& latency) {
  line(out, "%s p50 %s, p90 %s, p99 %s, p99.9 %s, most %s", title,
       human_time(latency.percentile(0.5)).c_str(), human_time(latency.percentile(0.9)).c_str(),
       human_time(latency.percentile(0.99)).c_str(), human_time(latency.percentile(0.999)).c_str(),
       human_time(latency.max()).c_str());
}

std::string_view name(Scenario scenario) {
  constexpr std::string_view kNames[] = {"idle",  "fanout", "players", "echo",
                                         "state", "resume", "attack"};
  return kNames[static_cast<u8>(scenario)];
}

std::string_view name(Protocol protocol) {
  constexpr std::string_view kNames[] = {"perseid", "raw", "bun"};
  return kNames[static_cast<u8>(protocol)];
}

std::string to_text(const Config& config, const Result& result) {
  std::string out;
  line(out, "%s (%s): %u clients, %.1f s", std::string(name(config.scenario)).c_str(),
       std::string(name(config.protocol)).c_str(), result.clients,
       static_cast<double>(result.cost.time_ns) / 1e9);
  const bool flows = config.scenario != Scenario::idle && config.scenario != Scenario::resume;
  if (flows) add_flow(out, config, result);
  if (result.state) add_state_text(out, config, result);
  if (result.resume) add_resume_text(out, *result.resume);
  if (result.attack) add_attack_text(out, *result.attack);
  add_cost(out, result);
  if (result.memory) add_memory(out, *result.memory);
  add_checks(out, config, result);
  if (result.latency.total() != 0) out += result.latency.draw(kHistogramColumns);
  return out;
}

}  // namespace perseid::load
