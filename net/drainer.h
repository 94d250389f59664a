// Drainer: how a shard ends: gently, or at once. Gently is: goaway to all; a moment for letters
// between shards, so that what was acknowledged reaches everybody's lanes; then each connection is
// closed (1001) when it has been sent all it is owed. Who is too slow for that is told so before
// the time is up.
// Thread: the shard's. Invariant: the loop ends only when every operation on a connection has come
// home, or kStopMsMax after it was asked to.
#pragma once

#include <algorithm>

#include "net/shard_core.h"

namespace perseid {

class Drainer {
 public:
  explicit Drainer(ShardCore& core) : core_(core) {}

  void obey(ShardCommand command);
  void turn();     // ends the loop when it is time
  void abandon();  // after the loop: lets go of what the kernel did not finish in time
  u64 next_deadline_ms() const;

 private:
  static constexpr u64 kStopMsMax = 1000;
  static constexpr u64 kPartAfterMs = 50;
  static constexpr u64 kOthersLookMs = 10;
  void drain();
  bool others_are_gone() const;
  void part();
  void hurry();
  void stop();
  template <class Each>
  void for_each_connection(Each&& each);

  ShardCore& core_;
  u64 part_at_ms_ = ~u64{0};
  u64 hurry_at_ms_ = ~u64{0};
  u64 deadline_ms_ = ~u64{0};
  bool stopping_ = false;
};

}  // namespace perseid
