#include "tools/load/players.h"

namespace perseid::load {

Players::Players(const Config& config)
    : FlowRun(config, config.rooms, config.room_size, config.room_size),
      interval_ns_(1e9 / (config.rate_per_s * config.clients())) {}

u64 Players::pump(u64 now_ns) {
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

u64 Players::due_ns(u64 number) const {
  return start_ns_ + static_cast<u64>(static_cast<double>(number) * interval_ns_);
}

std::unique_ptr<FlowRun> make_players(const Config& config) {
  return std::make_unique<Players>(config);
}

}  // namespace perseid::load
