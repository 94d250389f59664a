// Players: everyone in a room acts at a rate, and everyone hears it. Sends are spread evenly over
// time, as unsynchronised players are, which is the hardest for a server that batches.
#include "tools/load/flow_run.h"

namespace perseid::load {
namespace {

class Players final : public FlowRun {
 public:
  explicit Players(const Config& config)
      : FlowRun(config, config.rooms, config.room_size, config.room_size),
        interval_ns_(1e9 / (config.rate_per_s * config.clients())) {}

 private:
  // A message is stamped with the time at which it was due, so that a load that falls behind shows.
  u64 pump(u64 now_ns) override {
    if (start_ns_ == 0) start_ns_ = now_ns;
    u64 due = due_ns(next_);
    for (; due <= now_ns; due = due_ns(++next_)) {
      const auto rooms = u64{config().rooms};
      const auto room = static_cast<u32>(next_ % rooms);
      const auto member = static_cast<u32>(next_ / rooms % config().room_size);
      publish(fleet().client(room * config().room_size + member), member, config().room_size, due);
    }
    return due;
  }

  u64 due_ns(u64 number) const {
    return start_ns_ + static_cast<u64>(static_cast<double>(number) * interval_ns_);
  }

  void delivered(Client&, const Stamp&) override {}
  void measuring(u64) override {}
  void add_to(Result&) const override {}

  double interval_ns_;
  u64 start_ns_ = 0;
  u64 next_ = 0;
};

}  // namespace

std::unique_ptr<FlowRun> make_players(const Config& config) {
  return std::make_unique<Players>(config);
}

}  // namespace perseid::load
