// Views: whole states that members ask for. Few bytes ask for many, so it is at most one in a while
// that each is sent; what it asks for meanwhile is answered by one when the while is over.
#include "engine/views.h"

namespace perseid {
namespace {

constexpr u64 kAskEveryMs = 1000;

}  // namespace

void Views::ask_again(Slot session, Slot slot) {
  if (const auto it = keyframe_asks_.find(slot); it != keyframe_asks_.end()) {
    it->second.again = true;
    return;
  }
  answer_ask(session, slot, keyframe_asks_[slot]);
}

void Views::answer_ask(Slot session, Slot slot, KeyframeAsk& ask) {
  ask.again = false;
  ask.timer = context_.timers.schedule(context_.now.mono_ms + kAskEveryMs,
                                       timer_cookie(TimerKind::keyframe_ask, slot));
  want_keyframes(session, slot);
}

void Views::on_keyframe_timer(Slot slot) {
  const auto it = keyframe_asks_.find(slot);
  it->second.timer = kNoTimer;
  const Slot session = members_[slot].session;
  if (!it->second.again || session == kNoSlot) {
    keyframe_asks_.erase(it);
    return;
  }
  answer_ask(session, slot, it->second);
}

void Views::forget_ask(Slot slot) {
  const auto it = keyframe_asks_.find(slot);
  if (it == keyframe_asks_.end()) return;
  context_.timers.cancel(it->second.timer);
  keyframe_asks_.erase(it);
}

}  // namespace perseid
