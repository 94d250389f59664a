// Receiver: keeps each socket's reading in the state that its connection wants (Listening).
// An active connection has a multishot receive (about 860 bytes of kernel memory), an idle one
// rests on a multishot poll (about 260) and is read by single receives until a message comes.
// Thread: the shard's. Owns: the list of starved connections.
// Invariants: never two receives in flight on one socket, so bytes stay in order; a starved one is
// armed again when buffers have come back, at the end of the turn, never by a timer; and those who
// got nothing are armed before those who got something, so a noisy socket cannot keep all buffers.
#pragma once

#include <vector>

#include "net/shard_core.h"

namespace perseid {

class Receiver {
 public:
  explicit Receiver(ShardCore& core) : core_(core) {}

  void want(Slot slot, Connection& connection, Listening listening);
  void on_receive(Slot slot, Connection& connection, const Completion& done);
  void on_poll(Slot slot, Connection& connection, const Completion& done);

  // End of the turn: every buffer has been given back, so those that lacked one try again.
  void rearm_starved();
  // Puts to rest who has been silent for --idle-after-ms; a few slots each time it is due.
  void sweep();
  u64 next_sweep_ms() const;

 private:
  void settle(Slot slot, Connection& connection);
  void arm_multishot(Slot slot, Connection& connection);
  void arm_once(Slot slot, Connection& connection);
  void arm_poll(Slot slot, Connection& connection);
  void arm_all(std::vector<Handle>& list);
  void ended(Slot slot, Connection& connection, const Completion& done);
  void take_bytes(Slot slot, Connection& connection, const Completion& done);

  ShardCore& core_;
  std::vector<Handle> hungry_;   // starved before the first byte
  std::vector<Handle> starved_;  // the others
  std::vector<Handle> arming_;
  Slot sweep_next_ = 0;
  u64 sweep_at_ms_ = 0;
};

}  // namespace perseid
