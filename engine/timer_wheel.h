// TimerWheel: hierarchical timing wheel with millisecond slots (Varghese and Lauck, SOSP 1987).
// Thread: the owner's; time is an argument.
// Owns: its nodes, reused through a free list: no allocation in the steady state.
// Invariants: a timer never fires early, fires once, and in no later advance() than the first at or
// after its
//   deadline. Schedule, cancel and fire are O(1); levels of 64 slots, six bits of the deadline
//   each.
#pragma once

#include <array>
#include <deque>

#include "codec/bytes.h"
#include "engine/ids.h"

namespace perseid {

using TimerId = u32;
constexpr TimerId kNoTimer = 0xffffffffu;

class TimerWheel {
 public:
  explicit TimerWheel(u64 now_ms = 0) : now_ms_(now_ms) { heads_.fill(kNoTimer); }

  // Fires at the first advance() to `deadline_ms` or later; a past deadline fires a millisecond
  // from now.
  TimerId schedule(u64 deadline_ms, u64 cookie);
  void cancel(TimerId id);  // `id` has not fired
  // Fires everything due, in order of slots, calling fire(cookie). It may schedule and cancel.
  template <class Fire>
  void advance(u64 now_ms, Fire&& fire) {
    while (step(now_ms)) {
      while (firing_ != kNoTimer) fire(take_firing());
    }
  }
  // A lower bound of the next deadline: nothing fires before it. ~0 if there are no timers.
  u64 next_deadline_ms() const;
  u32 size() const { return size_; }

 private:
  static constexpr u64 kDeadlineMsMax = (u64{1} << 48) - 1;
  static constexpr u32 kLevels = 7;
  static constexpr u32 kSlotBits = 6;
  static constexpr u32 kSlots = 1u << kSlotBits;
  static constexpr u32 kFiringList = kLevels * kSlots;  // index of the list being fired
  struct Node {
    u64 deadline_and_list;  // 48 bits of milliseconds, 16 of the list it is in
    u64 cookie;
    TimerId next;
    TimerId prev;
    u64 deadline_ms() const { return deadline_and_list >> 16; }
    u32 list() const { return static_cast<u32>(deadline_and_list & 0xffff); }
    void set_deadline(u64 deadline_ms) { deadline_and_list = deadline_ms << 16; }
    void set_list(u32 list) { deadline_and_list = deadline_ms() << 16 | list; }
  };
  struct Expiry {
    u32 level;
    u32 slot;
    u64 at_ms;
  };

  bool step(
      u64 now_ms);  // moves one due slot to the firing list, or down a level; false if none is due
  bool next_expiry(Expiry& out) const;
  void place(TimerId id);
  void link(TimerId id, u32 list);
  void unlink(TimerId id);
  TimerId& head(u32 list) { return list == kFiringList ? firing_ : heads_[list]; }
  u64 take_firing();

  u64 now_ms_;
  std::array<TimerId, kLevels * kSlots> heads_{};
  std::array<u64, kLevels> occupied_{};
  TimerId firing_ = kNoTimer;
  std::deque<Node> nodes_;
  TimerId free_ = kNoTimer;
  u32 size_ = 0;
};

}  // namespace perseid
