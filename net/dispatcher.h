// Dispatcher: from a completion to the part that it concerns.
// Thread: the shard's. Invariants: a completion of a connection that is gone finds nobody; its
// receive buffer goes back all the same.
#pragma once

#include "net/shard_core.h"

namespace perseid {

class Mailroom;

class Dispatcher {
 public:
  Dispatcher(ShardCore& core, Mailroom& mailroom) : core_(core), mailroom_(mailroom) {}

  void run(const Completion& done);
  // Asks for the next ring of the doorbell.
  void arm_control();
  bool control_came();  // since the last call

 private:
  void run_connection(Op op, const Completion& done);

  ShardCore& core_;
  Mailroom& mailroom_;
  u64 doorbell_count_ = 0;
  bool control_came_ = false;
};

}  // namespace perseid
