// Idle: connect, join, stay through heartbeats, leave. Memory per connection is the slope of the
// server's resident memory between two numbers of connections, so that its fixed cost drops out.
#include <algorithm>

#include "tools/load/fleet.h"
#include "tools/load/flow_run.h"
#include "tools/load/process_stats.h"
#include "tools/load/progress.h"

namespace perseid::load {
namespace {

class Idle final : public FleetHandler {
 public:
  explicit Idle(const Config& config)
      : config_(config), fleet_(config, *this), progress_(config.quiet, false) {}

  Result run() {
    Result result;
    MemorySlope memory;
    memory.rss_empty_bytes = rss();
    memory.from_connections = config_.measure_from;
    memory.to_connections = config_.connections;
    memory.rss_from_bytes = grow_to(config_.measure_from);
    memory.rss_to_bytes = grow_to(config_.connections);
    const Sample start = sample();
    stay(config_.duration_s, "idle");
    const Sample end = sample();
    result.cost = end - start;
    result.rss_start_bytes = start.server_rss_bytes;
    result.rss_end_bytes = end.server_rss_bytes;
    memory.rss_after_stay_bytes = end.server_rss_bytes;
    fill(result);
    fleet_.close_all();
    stay(config_.settle_s, "closed");
    memory.rss_closed_bytes = rss();
    if (config_.server_pid != 0) result.memory = memory;
    return result;
  }

 private:
  void on_ready(const Client&, u32) override {}
  void on_message(Client&, std::string_view, u64) override { ++unexpected_; }

  u64 rss() const { return config_.server_pid != 0 ? process_rss_bytes(config_.server_pid) : 0; }

  u64 grow_to(u32 connections) {
    fleet_.connect_up_to(connections);
    stay(config_.settle_s, "settle");
    return rss();
  }

  void stay(double seconds, const char* phase) {
    const u64 end_ns = monotonic_ns() + static_cast<u64>(seconds * 1e9);
    while (monotonic_ns() < end_ns) {
      fleet_.poll(std::min(end_ns, monotonic_ns() + 100'000'000));
      progress_.tick(phase, fleet_.counters().ready, sample(), Histogram{});
    }
  }

  Sample sample() const {
    Sample out;
    out.time_ns = monotonic_ns();
    out.own_cpu_ns = own_cpu_ns();
    out.server_rss_bytes = rss();
    if (config_.server_pid != 0) out.server_cpu_ns = process_cpu_ns(config_.server_pid);
    return out;
  }

  void fill(Result& result) const {
    const FleetCounters& counters = fleet_.counters();
    result.clients = config_.connections;
    result.pings = counters.pings;
    result.lost = counters.lost;
    result.errors = counters.errors;
    result.broken = unexpected_;
    result.first_trouble = counters.first_trouble;
  }

  const Config& config_;
  Fleet fleet_;
  Progress progress_;
  u64 unexpected_ = 0;
};

}  // namespace

Result run_idle(const Config& config) {
  return Idle(config).run();
}

}  // namespace perseid::load
