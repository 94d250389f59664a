#include "net/tls.h"

#include <utility>

#include "net/closer.h"
#include "net/frames.h"
#include "net/peers.h"
#include "net/receiver.h"
#include "net/sender.h"
#include "net/tls_keeper.h"
#include "net/upgrade.h"

namespace perseid {

Tls::Tls(ShardCore& core)
    : core_(core),
      handshaker_(core.shared.handshakers.empty() ? nullptr
                                                  : core.shared.handshakers[core.id].get()) {}

Tls::~Tls() {
  for (const auto& each : peers_) {
    if (each != nullptr) stop_shaking(*each, true);
  }
}

void Tls::begin(Slot slot, Connection& connection) {
  if (core_.relay->overload().sheds(Shedding::connections)) {
    core_.stats.connections_shed.add();
    return core_.closer->finish(slot, connection);
  }
  TlsKeeper& keeper = *core_.shared.tls;
  auto peer = std::make_unique<TlsPeer>();
  const u32 under_way = keeper.handshakes.fetch_add(1, std::memory_order_relaxed);
  if (under_way >= core_.options.tls_handshakes_max) {
    keeper.handshakes.fetch_sub(1, std::memory_order_relaxed);
    core_.stats.tls_refused.add();
    core_.peers->tell(slot, Error::tls_failed, "more handshakes than --tls-handshakes-max");
    return core_.closer->finish(slot, connection);
  }
  peer->context = keeper.current();
  peer->hello = TlsHelloReader(core_.options.tls_hello_bytes_max);
  peer->send_bytes_max = kSendBytesFirst;
  put(slot, connection, std::move(peer));
  connection.phase = Phase::securing;
  core_.set_timer(slot, connection, core_.options.tls_handshake_timeout_ms);
}

void Tls::put(Slot slot, Connection& connection, std::unique_ptr<TlsPeer> peer) {
  if (peers_.size() <= slot) peers_.resize(slot + 1);
  peers_[slot] = std::move(peer);
  connection.is_tls = true;
}

void Tls::on_slot_freed(Slot slot) {
  if (slot >= peers_.size() || peers_[slot] == nullptr) return;
  if (peers_[slot]->secure) core_.stats.tls_closed.add();
  stop_shaking(*peers_[slot], true);
  bury(std::move(peers_[slot]->session), peers_[slot]->stays);
  peers_[slot] = nullptr;
}

void Tls::stop_shaking(TlsPeer& peer, bool failed) {
  if (!std::exchange(peer.shaking, false)) return;
  if (failed) core_.stats.tls_failed.add();
  core_.shared.tls->handshakes.fetch_sub(1, std::memory_order_relaxed);
}

void Tls::on_timeout(Slot slot, Connection& connection) {
  core_.stats.tls_timeouts.add();
  core_.peers->tell(slot, Error::tls_failed,
                    "the handshake took longer than --tls-handshake-timeout-ms");
  core_.closer->finish(slot, connection);
}

// A handshake waits for its turn, also if nothing else does: one way for all.
void Tls::feed(Slot slot, Connection& connection, Bytes bytes) {
  if (connection.phase == Phase::closed || connection.deaf) return;
  if (connection.phase != Phase::securing) return decrypt(slot, connection, bytes);
  if (!begins_well(slot, connection, bytes)) return;
  TlsPeer& one = peer(slot);
  one.handshake_bytes += static_cast<u32>(bytes.size());
  one.waiting.insert(one.waiting.end(), bytes.begin(), bytes.end());
  if (is_too_long(one)) core_.receiver->want(slot, connection, Listening::paused);
  wait_for_turn(slot);
}

// Much may come at once behind the end of a handshake: it waits as well, and no more is read.
bool Tls::is_too_long(const TlsPeer& peer) const {
  return peer.handshake_bytes > core_.options.tls_hello_bytes_max + kHandshakeBytesMore;
}

bool Tls::begins_well(Slot slot, Connection& connection, Bytes bytes) {
  switch (peer(slot).hello.feed(bytes)) {
    case TlsHello::need_more:
    case TlsHello::begins:
      return true;
    case TlsHello::plain_http:
      answer_http(slot, connection);
      return false;
    case TlsHello::not_tls:
      fail(slot, connection, "what came is not TLS");
      return false;
    case TlsHello::too_long:
      fail(slot, connection, "the ClientHello is longer than --tls-hello-bytes-max");
      return false;
  }
  return false;
}

// Somebody typed http:// or ws://. The answer is plain as well, or nobody could read it.
void Tls::answer_http(Slot slot, Connection& connection) {
  core_.stats.tls_plain_requests.add();
  stop_shaking(peer(slot), false);
  peers_[slot] = nullptr;
  connection.is_tls = false;
  core_.upgrader->refuse(slot, connection, Error::tls_required);
}

void Tls::decrypt(Slot slot, Connection& connection, Bytes bytes) {
  TlsSession& session = *peer(slot).session;
  session.lend(bytes);
  const MutableBytes out{plain_.data(), kTlsRecordBytesMax};
  TlsRead what = TlsRead::bytes;
  while (what == TlsRead::bytes && !connection.deaf && connection.phase != Phase::closed) {
    std::size_t got = 0;
    what = session.read(out, got);
    if (connection.phase == Phase::securing && session.is_ready()) secured(slot, connection);
    if (got > 0 && !connection.deaf) deliver(slot, connection, out.first(got));
  }
  session.lend({});
  if (what != TlsRead::bytes && what != TlsRead::want_more) ended(slot, connection, what);
  if (connection.send == nullptr) send_owed(slot, connection);
}

void Tls::deliver(Slot slot, Connection& connection, MutableBytes bytes) {
  if (connection.phase == Phase::handshake) {
    core_.upgrader->feed(slot, connection, bytes);
  } else {
    core_.frames->feed(slot, connection, bytes);
  }
}

void Tls::secured(Slot slot, Connection& connection) {
  TlsPeer& one = peer(slot);
  // OpenSSL does not look at a certificate again for who comes back with a ticket.
  if (one.session->is_resumed() && !one.session->is_peer_in_date()) {
    return fail(slot, connection, "its certificate has expired");
  }
  stop_shaking(one, false);
  one.secure = true;
  core_.stats.tls_handshakes.add();
  if (one.session->is_resumed()) core_.stats.tls_resumed.add();
  connection.phase = Phase::handshake;
  core_.set_timer(slot, connection, core_.options.handshake_timeout_ms);
}

void Tls::ended(Slot slot, Connection& connection, TlsRead how) {
  if (how == TlsRead::failed) {
    fail(slot, connection, peer(slot).session->failure());
  } else if (!connection.peer_closed || connection.listening != Listening::ended) {
    core_.closer->on_end_of_stream(slot, connection);
  }
}

// The alert that says why goes out if it can; a session may be resumed, as after any broken link.
void Tls::fail(Slot slot, Connection& connection, std::string_view why) {
  if (connection.phase == Phase::closed) return;
  if (connection.phase != Phase::securing) core_.stats.tls_errors.add();
  core_.peers->tell(slot, Error::tls_failed, why);
  connection.deaf = true;
  stop_shaking(peer(slot), true);
  const TlsSession* session = peer(slot).session.get();  // or null
  const bool can_say = connection.send == nullptr && connection.phase != Phase::moving &&
                       session != nullptr && !session->owed().empty();
  if (!can_say) return core_.closer->finish(slot, connection);
  core_.closer->detach(connection);
  connection.phase = Phase::responding;
  core_.set_timer(slot, connection, kCloseWaitMsMax);
  send_owed(slot, connection);
}

}  // namespace perseid
