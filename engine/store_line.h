// StoreLine: a durable room's way to the store: what of its chat is gathered in this turn, on its
// way, or has to be tried again.
// Thread: the home shard's. Owned by the room. Invariants: seqs are handed out without holes;
// batches go in their order, and what is refused takes with it all that was sent behind it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/store.h"
#include "engine/timer_wheel.h"

namespace perseid {

struct StoreLine {
  bool idle() const {
    return gathering.entries.empty() && batches_out == 0 && unsaved.empty() && changes_out == 0;
  }

  u64 room = 0;         // the store's number of it
  bool commit = false;  // stored before it is delivered
  Seq next_seq = 1;     // of the next publish: with commit it may be beyond the lane's
  Seq stored_seq = 0;   // the store has said that it has all up to here
  store::Append gathering;
  u32 gathering_bytes = 0;
  u32 batches_out = 0;
  u32 changes_out = 0;  // that wait to see the message that they are about
  // With commit: a batch was refused, so those on their way behind it will be, and then seqs go on
  // where the lane ends.
  bool refusing = false;
  // Delivered already, and refused by the store.
  std::deque<std::unique_ptr<StoreJob>> unsaved;
  TimerId retry_timer = kNoTimer;
};

}  // namespace perseid
