#include "engine/parking.h"

namespace perseid {

Parking::Place Parking::add(Slot session, u64 bytes) {
  PSD_ASSERT(!full());
  const Place place = places_.acquire();
  Parked& parked = places_[place];
  parked.session = session;
  parked.older = newest_;
  (newest_ == kNoSlot ? oldest_ : places_[newest_].newer) = place;
  newest_ = place;
  parked.timer = context_.timers.schedule(context_.now.mono_ms + context_.options.resume_window_ms,
                                          timer_cookie(TimerKind::resume_window, place));
  grow(place, bytes);
  return place;
}

void Parking::remove(Place place) {
  const Parked& parked = places_[place];
  if (parked.timer != kNoTimer) context_.timers.cancel(parked.timer);
  (parked.older == kNoSlot ? oldest_ : places_[parked.older].newer) = parked.newer;
  (parked.newer == kNoSlot ? newest_ : places_[parked.newer].older) = parked.older;
  bytes_ -= parked.bytes;
  places_.release(place);
}

void Parking::grow(Place place, u64 bytes) {
  places_[place].bytes += static_cast<u32>(bytes);
  bytes_ += bytes;
}

void Parking::hurry(Place place) {
  Parked& parked = places_[place];
  if (parked.timer != kNoTimer) context_.timers.cancel(parked.timer);
  parked.timer =
      context_.timers.schedule(context_.now.mono_ms, timer_cookie(TimerKind::resume_window, place));
}

}  // namespace perseid
