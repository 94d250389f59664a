#include "tools/load/order.h"

namespace perseid::load {

Order::Order(u32 rooms, u32 members_per_room, u32 senders_per_room)
    : members_(members_per_room),
      senders_(senders_per_room),
      sent_(std::size_t{rooms} * senders_per_room, 0),
      last_(std::size_t{rooms} * members_per_room * senders_per_room, 0),
      seq_(std::size_t{rooms} * members_per_room, 0) {}

bool Order::received(u32 room, u32 member, u32 sender, u32 number) {
  if (sender >= senders_ || number == 0 || number > sent_by(room, sender)) return false;
  u32& last = last_[member_index(room, member) * senders_ + sender];
  if (number <= last) {
    ++faults_.repeated;
    return true;
  }
  faults_.missing += number - last - 1;
  last = number;
  return true;
}

void Order::received_seq(u32 room, u32 member, u32 seq) {
  u32& last = seq_[member_index(room, member)];
  if (seq <= last) {
    ++faults_.seq_repeated;
    return;
  }
  faults_.seq_holes += seq - last - 1;
  last = seq;
}

}  // namespace perseid::load
