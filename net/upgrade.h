// Upgrader: from an accepted socket to a WebSocket, or to one HTTP answer (RFC 9112, RFC 6455
// section 4). /ws is the relay, /echo the diagnostics, /healthz and the pages are plain HTTP.
// Thread: the shard's. Owns: the policies; each connection owns its Handshake while it lasts.
// Invariant: the whole head must come within --handshake-timeout-ms, not each byte of it.
#pragma once

#include <string>
#include <string_view>

#include "codec/handshake.h"
#include "codec/http_head.h"
#include "net/peers.h"
#include "net/shard_core.h"

namespace perseid {

struct Handshake : ConnectionExtra {
  explicit Handshake(std::size_t head_bytes_max) : reader(head_bytes_max) {}
  HttpHeadReader reader;
  Arrival arrival;
};

// While connection.phase is Phase::handshake.
inline Handshake& handshake_of(Connection& connection) {
  return static_cast<Handshake&>(*connection.extra);
}

class Upgrader {
 public:
  explicit Upgrader(ShardCore& core);

  void begin(Slot slot, Connection& connection);
  void feed(Slot slot, Connection& connection, MutableBytes bytes);
  void on_timeout(Slot slot, Connection& connection);
  void on_drain(Slot slot, Connection& connection);
  // Answers with an error before any head was read.
  void refuse(Slot slot, Connection& connection, Error error);

 private:
  void answer(Slot slot, Connection& connection, Handshake& handshake);
  void upgrade(Slot slot, Connection& connection, Handshake& handshake, bool echo);
  bool has_place(Slot slot, Connection& connection, AddressLimit over);
  void open_echo(Slot slot, Connection& connection, const UpgradeDecision& decision);
  void open_session(Slot slot, Connection& connection, const UpgradeDecision& decision,
                    std::shared_ptr<const Grant> grant);
  bool read_token(Slot slot, Connection& connection, const HttpRequest& request,
                  std::shared_ptr<const Grant>& out);
  bool take_place(Connection& connection);
  std::string answer_http(const HttpRequest& request);
  std::string health(bool head_only) const;
  void respond(Slot slot, Connection& connection, std::string_view response);

  ShardCore& core_;
  UpgradePolicy relay_policy_;
  UpgradePolicy echo_policy_;
};

}  // namespace perseid
