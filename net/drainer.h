// Drainer: how a shard ends: gently (goaway, flush, close 1001), or at once.
// Thread: the shard's. Invariant: the loop ends only when every operation on a connection has come
// home, or kStopMsMax after it was asked to.
#pragma once

#include "net/shard_core.h"

namespace perseid {

class Drainer {
 public:
  explicit Drainer(ShardCore& core) : core_(core) {}

  void obey(ShardCommand command);
  void turn();     // ends the loop when it is time
  void abandon();  // after the loop: lets go of what the kernel did not finish in time
  u64 next_deadline_ms() const { return deadline_ms_; }

 private:
  static constexpr u64 kStopMsMax = 1000;
  void drain();
  void stop();
  template <class Each>
  void for_each_connection(Each&& each);

  ShardCore& core_;
  u64 deadline_ms_ = ~u64{0};
  bool stopping_ = false;
};

}  // namespace perseid
