// GatherWait: how many completions a shard waits for. One, as long as it has time to spare. A busy
// one that has nothing to hand to the kernel waits a moment for more: to sleep and to be woken
// costs as much as a whole message, and what is merged into a state waits for the tick anyway.
// Thread: the shard's. Invariants: never for longer than --gather-us; where such waits are in vain
// (too little came), or delay what is to be sent at once, they are tried ever more rarely.
#pragma once

#include <algorithm>

#include "codec/bytes.h"

namespace perseid {

class GatherWait {
 public:
  static constexpr u32 kCompletions = 16;
  static constexpr u32 kLoadPermilleMin = 200;  // below, the core has nothing better to do

  explicit GatherWait(u32 gather_us) : gather_ns_(u64{gather_us} * 1000) {}

  // Before a wait. `submits`: something goes to the kernel with it, whose completion comes at once.
  u32 completions(u32 load_permille, bool submits, u64 timeout_ns) {
    gathering_ = false;
    if (submits || timeout_ns == 0 || gather_ns_ == 0 || load_permille < kLoadPermilleMin) return 1;
    if (turns_to_skip_ > 0) {
      --turns_to_skip_;
      return 1;
    }
    cut_short_ = timeout_ns < gather_ns_;
    gathering_ = true;
    return kCompletions;
  }
  u64 timeout_ns(u64 timeout_ns) const {
    return gathering_ ? std::min(timeout_ns, gather_ns_) : timeout_ns;
  }
  // At the end of the turn behind it: so many completions came. One alone was not worth the wait,
  // and none is where somebody waits for what the turn now submits. A turn in which timers were due
  // submits for their sake.
  void judge(std::size_t count, bool submits, bool timers_were_due) {
    if (!gathering_ || cut_short_ || timers_were_due) return;
    if (count > 1 && !submits) {
      penalty_turns_ = std::max(penalty_turns_ / 2, kPenaltyTurnsMin);
    } else {
      penalty_turns_ = std::min(penalty_turns_ * 2, kPenaltyTurnsMax);
      turns_to_skip_ = penalty_turns_;
    }
  }

 private:
  static constexpr u32 kPenaltyTurnsMin = 8;
  static constexpr u32 kPenaltyTurnsMax = 1024;

  u64 gather_ns_;
  u32 penalty_turns_ = kPenaltyTurnsMin;
  u32 turns_to_skip_ = 0;
  bool gathering_ = false;
  bool cut_short_ = false;  // by a timer: says nothing about the clients
};

}  // namespace perseid
