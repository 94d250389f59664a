// Echo: every connection keeps a window of messages under way, and sends one when one returns.
#include "tools/load/flow_run.h"
#include "tools/load/process_stats.h"

namespace perseid::load {
namespace {

// For the ledger every client is a room of its own: it hears only itself.
class Echo final : public FlowRun {
 public:
  explicit Echo(const Config& config) : FlowRun(config, config.connections, 1, 1) {}

 private:
  u64 pump(u64 now_ns) override {
    if (config().rate_per_s > 0) return pump_at_rate(now_ns);
    for (u32 i = started_ ? config().connections : 0; i < config().connections; ++i) {
      for (u32 k = 0; k < config().window; ++k) publish(fleet().client(i), 0, 1, now_ns);
    }
    started_ = true;
    return ~u64{0};
  }

  // Everyone in turn, evenly spread over time, stamped with the time at which it was due.
  u64 pump_at_rate(u64 now_ns) {
    if (start_ns_ == 0) start_ns_ = now_ns;
    u64 due = due_ns(next_);
    for (; due <= now_ns; due = due_ns(++next_)) {
      publish(fleet().client(static_cast<u32>(next_ % config().connections)), 0, 1, due);
    }
    return due;
  }

  u64 due_ns(u64 number) const {
    const double interval_ns = 1e9 / (config().rate_per_s * config().connections);
    return start_ns_ + static_cast<u64>(static_cast<double>(number) * interval_ns);
  }

  void delivered(Client& client, const Stamp&) override {
    if (sending() && config().rate_per_s == 0) publish(client, 0, 1, monotonic_ns());
  }
  void measuring(u64) override {}
  void add_to(Result&) const override {}

  bool started_ = false;
  u64 start_ns_ = 0;
  u64 next_ = 0;
};

}  // namespace

std::unique_ptr<FlowRun> make_echo(const Config& config) {
  return std::make_unique<Echo>(config);
}

}  // namespace perseid::load
