// Sender: one send in flight per connection, always; what comes meanwhile rides with the next.
// Thread: the shard's. Invariants: two sends are never in flight on one stream (they may reorder);
// each batch is answered by one Relay::sent(); a stalled reader pins no shared bytes.
#pragma once

#include <string_view>

#include "net/shard_core.h"

namespace perseid {

class Sender {
 public:
  explicit Sender(ShardCore& core) : core_(core) {}

  // Takes what the connection has to say, if nothing is in flight; submitted with the turn.
  void flush(Slot slot, Connection& connection);
  // Sends these bytes before anything else; only with TLS may something be in flight already.
  void send_own(Slot slot, Connection& connection, std::string_view bytes);
  // The same with what is encrypted already; nothing may be in flight.
  void send_sealed(Slot slot, Connection& connection, Bytes bytes);
  void on_sent(Slot slot, Connection& connection, const Completion& done);
  void stop_waiting(Slot slot);  // for a blocked socket to be writable
  void on_writable(Slot slot, Connection& connection, const Completion& done);

 private:
  bool owes(const Connection& connection) const;
  bool fill(Slot slot, Connection& connection, SendOp& op);
  void start(Slot slot, Connection& connection, SendOp* op);
  void submit(Slot slot, Connection& connection);
  bool on_own_sent(Slot slot, Connection& connection, const Completion& done, bool gone);
  bool on_sealed_sent(Slot slot, Connection& connection, const Completion& done, bool gone);
  bool send_next_part(Slot slot, Connection& connection);
  bool on_batch_sent(Slot slot, Connection& connection, const Completion& done, bool gone);
  void await_writable(Slot slot, Connection& connection);
  void go_on(Slot slot, Connection& connection, bool broken);

  ShardCore& core_;
};

}  // namespace perseid
