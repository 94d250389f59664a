// Mailroom: one shard's dealings with the mailboxes: its own, and those it posts to.
// Thread: the shard's. Invariant: whoever was posted to in a turn and sleeps is woken at its end,
// once, by this shard's ring (or by its doorbell where the kernel cannot).
#pragma once

#include <vector>

#include "net/shard_core.h"

namespace perseid {

class Mailroom {
 public:
  explicit Mailroom(ShardCore& core);

  bool post(ShardId to, Letter&& letter, Post urgency);
  void deliver();      // hands letters to the rules, a bounded number per turn
  void wake_others();  // those posted to since the last call
  void on_wake_failed(const Completion& done, Slot target);
  Mailbox& own() { return *core_.shared.mailboxes[core_.id]; }
  bool letters_left() const { return letters_left_; }

 private:
  static constexpr std::size_t kLettersPerTakeMax = 256;
  static constexpr u32 kTakesPerTurnMax = 16;
  void wake(ShardId target);

  ShardCore& core_;
  std::vector<Letter> taken_;
  std::vector<ShardId> posted_to_;
  std::vector<u8> is_posted_to_;
  bool msg_ring_;
  bool letters_left_ = false;
};

}  // namespace perseid
