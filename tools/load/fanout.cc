// Fan-out: one publisher per room. Paced by a window (1: a message is sent when every reader has
// the one before, so that no server can batch), or by a rate.
#include <algorithm>

#include "tools/load/flow_run.h"
#include "tools/load/process_stats.h"

namespace perseid::load {
namespace {

constexpr u64 kNever = ~u64{0};

class Fanout final : public FlowRun {
 public:
  explicit Fanout(const Config& config)
      : FlowRun(config, config.rooms, config.clients_per_room(), 1),
        rooms_(config.rooms),
        receivers_(config.members + (config.protocol == Protocol::raw ? 0 : 1)) {}

 private:
  struct Room {
    u64 owed = 0;
    u64 received = 0;
    u64 next_ns = 0;
    bool greeted = false;  // the ruler has been told that this is its publisher
  };
  // With --stalled: reading, then a pause in which all that was sent arrives, then stalled.
  enum class Stall : u8 { reading, pausing, stalled };

  u64 pump(u64 now_ns) override {
    if (stall_ == Stall::reading && now_ns >= stall_at_ns_) stall_ = Stall::pausing;
    if (stall_ == Stall::pausing) {
      if (ledger().owed() != 0) return kNever;
      stall_now();
    }
    u64 next = stall_ == Stall::reading ? stall_at_ns_ : kNever;
    for (u32 room = 0; room < rooms_.size(); ++room) {
      next = std::min(next, config().rate_per_s > 0 ? pump_at_rate(room, now_ns)
                                                    : pump_by_window(room, now_ns));
    }
    return next;
  }

  u64 pump_by_window(u32 index, u64 now_ns) {
    while (window_is_open(rooms_[index])) send_one(index, now_ns);
    return kNever;
  }

  bool window_is_open(const Room& room) const {
    return room.owed - room.received <= u64{config().window - 1} * receivers_;
  }

  u64 pump_at_rate(u32 index, u64 now_ns) {
    Room& room = rooms_[index];
    if (room.next_ns == 0) room.next_ns = now_ns;
    for (; room.next_ns <= now_ns; room.next_ns += static_cast<u64>(1e9 / config().rate_per_s)) {
      send_one(index, room.next_ns);
    }
    return room.next_ns;
  }

  void send_one(u32 index, u64 when_ns) {
    Room& room = rooms_[index];
    Client& publisher = fleet().client((index + 1) * config().clients_per_room() - 1);
    if (!room.greeted && config().protocol == Protocol::raw) fleet().send(publisher, as_bytes("P"));
    room.greeted = true;
    room.owed += receivers_;
    publish(publisher, 0, receivers_, when_ns);
  }

  void delivered(Client& client, const Stamp&) override {
    Room& room = rooms_[client.room];
    ++room.received;
    const bool paced = sending() && stall_ != Stall::pausing && config().rate_per_s == 0;
    // At once, for the next pump() comes only after the rest of this batch of events.
    if (paced && window_is_open(room)) send_one(client.room, monotonic_ns());
  }

  void measuring(u64 end_ns) override {
    const u64 now = monotonic_ns();
    if (config().stalled != 0) stall_at_ns_ = now + (end_ns - now) / 2;
    at_start_ = ledger().latency();
  }

  void stall_now() {
    for (u32 room = 0; room < rooms_.size(); ++room) {
      for (u32 i = 0; i < config().stalled; ++i) {
        fleet().stall(fleet().client(room * config().clients_per_room() + i));
      }
      rooms_[room].next_ns = 0;
    }
    receivers_ -= config().stalled;
    at_stall_ = ledger().latency();
    stall_ = Stall::stalled;
  }

  void add_to(Result& result) const override {
    if (stall_ != Stall::stalled) return;
    result.before_stall = at_stall_.since(at_start_);
    result.after_stall = ledger().latency().since(at_stall_);
  }

  std::vector<Room> rooms_;
  u32 receivers_;  // of one message
  Stall stall_ = Stall::reading;
  u64 stall_at_ns_ = kNever;
  Histogram at_start_;
  Histogram at_stall_;
};

}  // namespace

std::unique_ptr<FlowRun> make_fanout(const Config& config) {
  return std::make_unique<Fanout>(config);
}

}  // namespace perseid::load
