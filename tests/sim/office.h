// Office: the mailboxes between the shards of a run, first in, first out per pair, late by chance,
// and the faults that a test of the checker asks for.
// Thread: the run's. Owns: letters on their way.
#pragma once

#include <deque>
#include <vector>

#include "engine/letter.h"
#include "engine/world.h"
#include "tests/sim/plan.h"
#include "tests/sim/verdict.h"

namespace perseid::sim {

class Office {
 public:
  Office(const Plan& plan, Dice& dice, Verdict& verdict);

  bool post(ShardId from, ShardId to, Letter&& letter, Post urgency);
  // The next letter for this shard that has arrived, of any sender.
  bool take(ShardId to, u64 now_ms, Letter& out);
  bool empty() const { return letters_ == 0; }

  bool prompt = false;  // no delays any more
  bool fault_due = false;
  bool fault_committed = false;

 private:
  struct Waiting {
    Letter letter;
    u64 at_ms;
  };
  bool betray(std::deque<Waiting>& box, ShardId to, Letter& letter);
  void lend(Letter& letter);
  bool is_victim(const Letter& letter) const;
  bool is_silenced(ShardId to, const Letter& letter) const;

  const Plan& plan_;
  Dice& dice_;
  Verdict& verdict_;
  std::vector<std::deque<Waiting>> boxes_;  // by from * shards + to
  u64 letters_ = 0;
  SessionUid borrower_;
  // The lane that is silenced.
  struct Silenced {
    ShardId shard = 0;
    Handle view;
    u8 format = 0;
    u8 lane = 0;
  } silenced_;
};

}  // namespace perseid::sim
