// Order: says whether every message arrived once and in order. Two independent checks: the room's
// `seq` at each member (no hole, no repetition), and each sender's own numbers at each member.
// Thread: one. Owns: one number per (member, sender) of every room, one seq per member.
// Invariant: a message counts once, as delivered, repeated or out of place; a hole counts as
// missing, and stays so even if the message comes late, for order is part of the promise. What is
// missing at the very end is not seen here but by the Ledger, which knows how much is owed.
#pragma once

#include <vector>

#include "codec/bytes.h"

namespace perseid::load {

struct OrderFaults {
  u64 missing = 0;
  u64 repeated = 0;  // or late, behind one that came after it
  u64 seq_holes = 0;
  u64 seq_repeated = 0;
  u64 total() const { return missing + repeated + seq_holes + seq_repeated; }
};

class Order {
 public:
  Order(u32 rooms, u32 members_per_room, u32 senders_per_room);

  void sent(u32 room, u32 sender) { ++sent_[std::size_t{room} * senders_ + sender]; }
  u32 sent_by(u32 room, u32 sender) const { return sent_[std::size_t{room} * senders_ + sender]; }
  // False if this sender or number cannot be: a broken message.
  bool received(u32 room, u32 member, u32 sender, u32 number);

  // `seq` of the last message before the member joined.
  void joined_at(u32 room, u32 member, u32 seq) { seq_[member_index(room, member)] = seq; }
  void received_seq(u32 room, u32 member, u32 seq);

  const OrderFaults& faults() const { return faults_; }

 private:
  std::size_t member_index(u32 room, u32 member) const {
    return std::size_t{room} * members_ + member;
  }

  u32 members_;
  u32 senders_;
  std::vector<u32> sent_;  // by room, sender
  std::vector<u32> last_;  // by room, member, sender
  std::vector<u32> seq_;   // by room, member
  OrderFaults faults_;
};

}  // namespace perseid::load
