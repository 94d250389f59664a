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
    for (u32 i = started_ ? config().connections : 0; i < config().connections; ++i) {
      for (u32 k = 0; k < config().window; ++k) publish(fleet().client(i), 0, 1, now_ns);
    }
    started_ = true;
    return ~u64{0};
  }

  void delivered(Client& client, const Stamp&) override {
    if (sending()) publish(client, 0, 1, monotonic_ns());
  }
  void measuring(u64) override {}
  void add_to(Result&) const override {}

  bool started_ = false;
};

}  // namespace

std::unique_ptr<FlowRun> make_echo(const Config& config) {
  return std::make_unique<Echo>(config);
}

}  // namespace perseid::load
