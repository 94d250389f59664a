#include "net/drainer.h"

#include "net/acceptor.h"
#include "net/closer.h"
#include "net/upgrade.h"

namespace perseid {

void Drainer::obey(ShardCommand command) {
  if (command == ShardCommand::drain && !core_.draining) drain();
  if (command == ShardCommand::stop && !stopping_) stop();
}

void Drainer::drain() {
  const u64 timeout_ms = core_.options.drain_timeout_ms;
  core_.draining = true;
  part_at_ms_ = core_.now.mono_ms + std::min(kPartAfterMs, timeout_ms / 4);
  hurry_at_ms_ = core_.now.mono_ms + timeout_ms * 3 / 4;
  deadline_ms_ = core_.now.mono_ms + timeout_ms;
  core_.acceptor->stop();
  core_.relay->goaway(core_.options.reconnect_delay_ms);
  for_each_connection([this](Slot slot, Connection& connection) {
    if (connection.phase == Phase::handshake) core_.upgrader->on_drain(slot, connection);
    if (connection.phase == Phase::securing) core_.closer->finish(slot, connection);
  });
}

// The sender closes whom it finds with nothing left to send.
void Drainer::part() {
  part_at_ms_ = ~u64{0};
  core_.parting = true;
  for_each_connection(
      [this](Slot slot, Connection& connection) { core_.queue_flush(slot, connection); });
}

void Drainer::hurry() {
  hurry_at_ms_ = ~u64{0};
  for_each_connection([this](Slot slot, Connection& connection) {
    core_.closer->end(slot, connection, CloseCode::going_away, kPartingWords);
  });
}

void Drainer::stop() {
  stopping_ = true;
  core_.draining = true;
  part_at_ms_ = hurry_at_ms_ = ~u64{0};
  deadline_ms_ = core_.now.mono_ms + kStopMsMax;
  core_.acceptor->stop();
  for_each_connection(
      [this](Slot slot, Connection& connection) { core_.closer->finish(slot, connection); });
}

void Drainer::turn() {
  if (!core_.draining) return;
  if (core_.connections.size() == 0 && core_.acceptor->stopped() && others_are_gone()) {
    core_.running = false;
  }
  if (core_.now.mono_ms >= part_at_ms_) part();
  if (core_.now.mono_ms >= hurry_at_ms_) hurry();
  if (core_.now.mono_ms < deadline_ms_) return;
  if (stopping_) {
    core_.running = false;
  } else {
    core_.stats.connections_cut.add(core_.connections.size());
    stop();
  }
}

// Clients of other shards may be in rooms whose home is here: what they are owed passes through us.
bool Drainer::others_are_gone() const {
  return stopping_ || (core_.parting && core_.shared.connections.load() == 0);
}

u64 Drainer::next_deadline_ms() const {
  const u64 next_ms = std::min({part_at_ms_, hurry_at_ms_, deadline_ms_});
  const bool waits = core_.draining && core_.connections.size() == 0;
  return waits ? std::min(next_ms, core_.now.mono_ms + kOthersLookMs) : next_ms;
}

void Drainer::abandon() {
  for_each_connection([this](Slot, Connection& connection) {
    if (connection.send == nullptr) return;
    SendBatch& batch = connection.send->batch;
    if (!batch.empty()) core_.relay->sent(connection.session, batch, batch.total_bytes);
    core_.sends.give(std::exchange(connection.send, nullptr));
  });
}

template <class Each>
void Drainer::for_each_connection(Each&& each) {
  for (Slot slot = 0; slot < core_.connections.slots_used(); ++slot) {
    if (core_.connections.live(slot)) each(slot, core_.connections[slot]);
  }
}

}  // namespace perseid
