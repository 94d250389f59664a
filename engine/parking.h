// Parking: the sessions of one shard whose connection has gone and which may be resumed: how long
// each waits still, how many there are, what they hold beyond a fixed few bytes each.
// Thread: the shard's. Owns: a place per parked session, with a timer of the wheel.
// Invariants: no more than this shard's share of --resumable-sessions-max and --parked-bytes-max;
// places are listed from the oldest to the newest.
#pragma once

#include "engine/context.h"
#include "engine/slab.h"

namespace perseid {

class Parking {
 public:
  using Place = Slot;
  explicit Parking(Context& context) : context_(context) {}

  bool is_open() const { return !closed_ && context_.options.resume_window_ms != 0 && most() != 0; }
  void close() { closed_ = true; }  // nobody is parked from now on
  bool full() const { return places_.size() >= most(); }
  bool fits(u64 bytes) const { return bytes_ + bytes <= bytes_max(); }

  Place add(Slot session, u64 bytes);  // not full
  void remove(Place place);
  void grow(Place place, u64 bytes);  // it holds so much more
  // Its time is up at once.
  void hurry(Place place);
  // The timer of this place has come; it is removed by whoever ends the session.
  void expire(Place place) { places_[place].timer = kNoTimer; }
  Slot session_at(Place place) { return places_[place].session; }
  Slot oldest() { return oldest_ == kNoSlot ? kNoSlot : places_[oldest_].session; }
  u64 bytes() const { return bytes_; }
  u32 size() const { return places_.size(); }

 private:
  struct Parked {
    Slot session = kNoSlot;
    TimerId timer = kNoTimer;
    Place older = kNoSlot;
    Place newer = kNoSlot;
    u32 bytes = 0;
  };
  u32 most() const { return share(context_.options.resumable_sessions_max); }
  u64 bytes_max() const { return share(context_.options.parked_bytes_max); }
  u32 share(u32 all) const {
    return all == 0 ? 0 : std::max(1u, all / context_.config.shard_count);
  }

  Context& context_;
  Slab<Parked> places_;
  Place oldest_ = kNoSlot;
  Place newest_ = kNoSlot;
  u64 bytes_ = 0;
  bool closed_ = false;
};

}  // namespace perseid
