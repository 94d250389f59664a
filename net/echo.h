// Echo: /echo, where text and binary messages come back as they are (diagnostics, conformance).
// Thread: the shard's. Owns: nothing; each connection has its own EchoState.
// Invariant: what waits for a client that does not read is bounded: it is not read from until
// its output has drained. Who neither says nor reads anything for --timeout-ms is closed with 4000.
#pragma once

#include <memory>
#include <vector>

#include "net/shard_core.h"

namespace perseid {

struct EchoState : ConnectionExtra {
  std::unique_ptr<Inflater> inflater;  // both are null if deflate was not agreed
  std::unique_ptr<Deflater> deflater;
  std::vector<u8> pending;  // finished frames that wait for the send in flight
  u64 sending_bytes = 0;
  u32 alive_at_ms = 0;  // last heard, or seen to read; the low half of the monotonic clock
};

// If connection.is_echo.
inline EchoState& echo_of(const Connection& connection) {
  return static_cast<EchoState&>(*connection.extra);
}

class Echo {
 public:
  explicit Echo(ShardCore& core) : core_(core) {}

  void begin(Slot slot, Connection& connection);
  void heard(Connection& connection);
  // It is time to look whether the client is still there.
  void on_timer(Slot slot, Connection& connection);
  void message(Slot slot, Connection& connection, Opcode opcode, Bytes payload);
  void append(Slot slot, Connection& connection, Bytes bytes);
  // After a read: stops reading from a client with too much unread.
  void after_feed(Slot slot, Connection& connection);
  bool take_pending(Connection& connection, std::vector<u8>& out);
  void on_sent(Slot slot, Connection& connection);

 private:
  u64 pending_bytes_max() const;

  ShardCore& core_;
};

}  // namespace perseid
