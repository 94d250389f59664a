#include "engine/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "codec/assert.h"

namespace perseid {

TimerId TimerWheel::schedule(u64 deadline_ms, u64 cookie) {
  TimerId id = free_;
  if (id != kNoTimer) {
    free_ = nodes_[id].next;
  } else {
    id = static_cast<TimerId>(nodes_.size());
    nodes_.emplace_back();
  }
  // Strictly after now: a callback that always asks for "at once" cannot keep advance() from
  // ending.
  nodes_[id].set_deadline(std::min(std::max(deadline_ms, now_ms_ + 1), kDeadlineMsMax));
  nodes_[id].cookie = cookie;
  place(id);
  ++size_;
  return id;
}

void TimerWheel::cancel(TimerId id) {
  PSD_ASSERT(id < nodes_.size() && size_ > 0);
  unlink(id);
  nodes_[id].next = free_;
  free_ = id;
  --size_;
}

// The level is that of the highest bit in which the deadline differs from now: every timer of a
// level above zero lies in a slot that has not begun, so a slot holds one turn of the wheel only.
void TimerWheel::place(TimerId id) {
  const u64 deadline_ms = std::min<u64>(nodes_[id].deadline_ms(), now_ms_ + (u64{1} << 40));
  const u64 differing = deadline_ms ^ now_ms_;
  const u32 level =
      differing == 0
          ? 0
          : std::min<u32>((63u - static_cast<u32>(std::countl_zero(differing))) / kSlotBits,
                          kLevels - 1);
  const u32 slot = static_cast<u32>(deadline_ms >> (level * kSlotBits)) & (kSlots - 1);
  link(id, level * kSlots + slot);
}

void TimerWheel::link(TimerId id, u32 list) {
  Node& node = nodes_[id];
  node.set_list(list);
  node.prev = kNoTimer;
  node.next = head(list);
  if (node.next != kNoTimer) nodes_[node.next].prev = id;
  head(list) = id;
  if (list != kFiringList) occupied_[list / kSlots] |= u64{1} << (list % kSlots);
}

void TimerWheel::unlink(TimerId id) {
  Node& node = nodes_[id];
  if (node.prev != kNoTimer) {
    nodes_[node.prev].next = node.next;
  } else {
    head(node.list()) = node.next;
  }
  if (node.next != kNoTimer) nodes_[node.next].prev = node.prev;
  if (node.list() != kFiringList && head(node.list()) == kNoTimer) {
    occupied_[node.list() / kSlots] &= ~(u64{1} << (node.list() % kSlots));
  }
}

bool TimerWheel::next_expiry(Expiry& out) const {
  for (u32 level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const u32 shift = level * kSlotBits;
    const u32 now_slot = static_cast<u32>(now_ms_ >> shift) & (kSlots - 1);
    const u32 ahead =
        static_cast<u32>(std::countr_zero(std::rotr(occupied_[level], static_cast<int>(now_slot))));
    const u32 slot = (now_slot + ahead) & (kSlots - 1);
    const u64 turn_ms = u64{1} << (shift + kSlotBits);
    u64 at_ms = (now_ms_ & ~(turn_ms - 1)) + (u64{slot} << shift);
    if (slot < now_slot) at_ms += turn_ms;
    out = {level, slot, at_ms};
    return true;
  }
  return false;
}

u64 TimerWheel::next_deadline_ms() const {
  Expiry expiry{};
  return next_expiry(expiry) ? std::max(expiry.at_ms, now_ms_) : ~u64{0};
}

bool TimerWheel::step(u64 now_ms) {
  Expiry expiry{};
  if (!next_expiry(expiry) || expiry.at_ms > now_ms) {
    now_ms_ = std::max(now_ms_, now_ms);
    return false;
  }
  now_ms_ = std::max(now_ms_, expiry.at_ms);
  const u32 list = expiry.level * kSlots + expiry.slot;
  TimerId id = heads_[list];
  heads_[list] = kNoTimer;
  occupied_[expiry.level] &= ~(u64{1} << expiry.slot);
  while (id != kNoTimer) {
    const TimerId next = nodes_[id].next;
    if (nodes_[id].deadline_ms() <= now_ms_) {
      link(id, kFiringList);
    } else {
      place(id);
    }
    id = next;
  }
  return true;
}

u64 TimerWheel::take_firing() {
  const TimerId id = firing_;
  const u64 cookie = nodes_[id].cookie;
  cancel(id);
  return cookie;
}

}  // namespace perseid
