// The handshakes of Tls: to the thread beside the shard and back.
#include <utility>

#include "net/closer.h"
#include "net/mover.h"
#include "net/receiver.h"
#include "net/tls.h"

namespace perseid {

void Tls::wait_for_turn(Slot slot) {
  TlsPeer& one = peer(slot);
  if (one.away || std::exchange(one.queued, true)) return;
  queue_.push_back({core_.handle(slot), core_.now.mono_ms});
}

void Tls::run_handshakes() {
  behind_ = false;
  collect();
  if (!queue_.empty() || away_ > 0) {
    const u64 end_ns = clock_ns(CLOCK_MONOTONIC) + u64{core_.options.tls_handshake_us} * 1000;
    if (!stands_still()) give(end_ns);
    if (stands_still() || waits_long()) help(end_ns);
  }
  if (std::exchange(gave_, false)) handshaker_->wake();
}

void Tls::collect() {
  while (away_ > 0) {
    const HandshakeJobPtr job = handshaker_->collect();
    if (job == nullptr) return;
    --away_;
    last_back_ms_ = core_.now.mono_ms;
    take_home(*job);
  }
}

void Tls::give(u64 end_ns) {
  while (away_ < kAwayMax && !behind_) {
    HandshakeJobPtr job = next_job();
    if (job == nullptr) return;
    if (job->stays) {
      shake_here(*job, end_ns);
      continue;
    }
    if (away_++ == 0) last_back_ms_ = core_.now.mono_ms;
    handshaker_->give(std::move(job));
    gave_ = true;
  }
}

void Tls::bury(std::unique_ptr<TlsSession> session, bool stays) {
  if (session == nullptr || stays || handshaker_ == nullptr) return;
  handshaker_->end(std::move(session));
  gave_ = true;
}

bool Tls::stands_still() const {
  return handshaker_ == nullptr || (away_ > 0 && core_.now.mono_ms - last_back_ms_ >= kStandsMs);
}

bool Tls::waits_long() const {
  return !queue_.empty() && core_.now.mono_ms - queue_.front().since_ms >= kWaitMsMax;
}

u64 Tls::next_deadline_ms() const {
  return away_ > 0 && !stands_still() ? last_back_ms_ + kStandsMs : ~u64{0};
}

// In the turn, so that who arrives gets in on a machine that has no time left over.
void Tls::help(u64 end_ns) {
  while (!behind_) {
    HandshakeJobPtr job = away_ > 0 && stands_still() ? handshaker_->take_back() : nullptr;
    if (job != nullptr) {
      --away_;
    } else {
      job = next_job();
    }
    if (job == nullptr) return;
    shake_here(*job, end_ns);
  }
}

void Tls::shake_here(HandshakeJob& job, u64 end_ns) {
  job.stays = true;
  job.run();
  core_.stats.tls_shaken_in_turns.add();
  take_home(job);
  behind_ = clock_ns(CLOCK_MONOTONIC) >= end_ns;
}

// Null if nobody waits.
HandshakeJobPtr Tls::next_job() {
  while (!queue_.empty()) {
    const Handle handle = queue_.front().handle;
    queue_.pop_front();
    const Connection* connection = core_.connections.find(handle);
    if (connection == nullptr || connection->phase != Phase::securing || connection->deaf) continue;
    TlsPeer& one = peer(handle.slot);
    one.queued = false;
    one.away = true;
    auto job = std::make_unique<HandshakeJob>();
    job->handle = handle;
    job->context = one.context;
    job->session = std::move(one.session);
    job->bytes = std::exchange(one.waiting, {});
    job->stays = one.stays;
    return job;
  }
  return nullptr;
}

// The connection may have ended meanwhile; then so does its session.
void Tls::take_home(HandshakeJob& job) {
  const Slot slot = job.handle.slot;
  Connection* connection = core_.connections.find(job.handle);
  if (connection == nullptr || connection->phase == Phase::closed || !connection->is_tls) {
    return bury(std::move(job.session), job.stays);
  }
  TlsPeer& one = peer(slot);
  one.session = std::move(job.session);
  one.away = false;
  one.stays = job.stays;
  if (connection->deaf) return;
  if (one.session == nullptr) return fail(slot, *connection, "OpenSSL has no memory");
  take_step(slot, *connection);
  go_on(slot, *connection);
}

// A session that is not ready is not asked to read: it would take memory, which is for the thread.
void Tls::take_step(Slot slot, Connection& connection) {
  const TlsSession& session = *peer(slot).session;
  if (!session.is_ready() && !session.failed() && !session.has_ended()) {
    if (connection.send == nullptr) send_owed(slot, connection);
    return;
  }
  const bool was_paused = connection.listening == Listening::paused;
  if (was_paused && is_too_long(peer(slot)))
    core_.receiver->want(slot, connection, Listening::receive);
  decrypt(slot, connection, session.left());
}

// With what came meanwhile.
void Tls::go_on(Slot slot, Connection& connection) {
  TlsPeer& one = peer(slot);
  const bool goes_on = connection.phase == Phase::securing;
  if (goes_on && !one.waiting.empty()) {
    wait_for_turn(slot);
  } else if (goes_on && is_too_long(one)) {
    fail(slot, connection, "the handshake is longer than any that is honest");
  } else if (!one.waiting.empty()) {
    feed(slot, connection, std::exchange(one.waiting, {}));
  }
  // The end of the stream came behind these bytes.
  const bool has_ended = connection.listening == Listening::ended && connection.peer_closed;
  if (has_ended && !may_get_ready(slot)) core_.closer->on_end_of_stream(slot, connection);
  if (connection.phase == Phase::moving) core_.mover->advance(slot, connection);
}

}  // namespace perseid
