// Views: whole states: those that the home has sent for whoever needs one, and what members ask for
// themselves. Few bytes ask for many, so it is at most one in a while that each is sent; what it
// asks for meanwhile is answered by one when the while is over.
#include "engine/views.h"

namespace perseid {
namespace {

constexpr u64 kAskEveryMs = 1000;
// Whoever lags is sent one of this tick; larger ones may be a little older, as they cost more.
constexpr u32 kLargeSnapshotBytes = 16 * 1024;

// From which the deltas still lead on, at no great length, and which is not older than what the
// member has: one that asks for it again would go back in time.
bool leads_on_from(const WholeState& keyframe, const LaneView& lane, const Member& member) {
  const Position at = member.cursors[index(Lane::game_state)].position;
  return keyframe.hold != nullptr &&
         leads_on(keyframe.at.position, keyframe.size_bytes, lane.begin(), lane.end()) &&
         (!member.shown || distance(at, keyframe.at.position) >= 0);
}

// The present, or as good as that, for who lags. What has just come is taken as it is, or else a
// busy room's would always be too old.
bool is_recent(const WholeState& snapshot, const LaneView& lane, const Member& member) {
  if (snapshot.hold == nullptr) return false;
  const Position at = member.cursors[index(Lane::game_state)].position;
  const std::int32_t ahead = distance(at, snapshot.at.position);
  if (member.shown && (member.on_snapshot ? ahead <= 0 : ahead < 0)) return false;
  const u32 old_bytes = snapshot.size_bytes < kLargeSnapshotBytes ? 0 : snapshot.size_bytes / 4;
  const std::int32_t age_bytes = distance(snapshot.at.position, lane.end());
  return !snapshot.is_used || age_bytes <= static_cast<std::int32_t>(old_bytes);
}

}  // namespace

// Who was sent a snapshot wants another when there is something new.
bool Views::wants_whole(const Member& member) {
  const LaneView& lane = format_view(member).lanes[index(Lane::game_state)];
  const Position at = member.cursors[index(Lane::game_state)].position;
  return member.wants_keyframe && (!member.on_snapshot || distance(at, lane.end()) > 0);
}

// The one to send to this member; null if there is none.
WholeState* Views::whole_state(const Member& member) {
  FormatView& format = format_view(member);
  const LaneView& lane = format.lanes[index(Lane::game_state)];
  if (!lags(member) && leads_on_from(format.keyframe, lane, member)) return &format.keyframe;
  const bool may_be = lags(member) || !format.snapshot.for_laggards;
  return may_be && is_recent(format.snapshot, lane, member) ? &format.snapshot : nullptr;
}

bool Views::has_asked(const Member& member) {
  const FormatView& format = format_view(member);
  return lags(member) ? format.snapshot_asked : format.keyframe_asked;
}

// Who asks for somebody else as well may get one that is too old for that; then it is asked again.
void Views::ask_keyframe(const Member& member) {
  if (has_asked(member)) return;
  RoomView& view = views_[member.view];
  FormatView& format = format_view(member);
  (lags(member) ? format.snapshot_asked : format.keyframe_asked) = true;
  mail_.send(view.home,
             Letter(KeyframeWanted{.room = view.room,
                                   .shard = context_.config.shard,
                                   .format = member.format,
                                   .has_not_before = member.shown,
                                   .not_before = member.cursors[index(Lane::game_state)].position,
                                   .lags = lags(member)}));
}

void Views::keyframe(KeyframeLetter& letter) {
  RoomView* view = views_.find(letter.view);
  if (view == nullptr || view->formats[letter.format] == nullptr) return;
  FormatView& format = *view->formats[letter.format];
  // Asked for by members of an earlier log of this format, whose positions are not ours.
  if (!format.attached[index(Lane::game_state)]) return;
  (letter.lags ? format.snapshot_asked : format.keyframe_asked) = false;
  WholeState& whole = letter.is_snapshot ? format.snapshot : format.keyframe;
  if (whole.hold != nullptr) context_.pool.drop(whole.hold);
  letter.frame.segment()->retain();
  whole = {.hold = context_.pool.adopt(letter.frame.segment()),
           .size_bytes = static_cast<u32>(letter.frame.bytes().size()),
           .at = letter.at,
           .leads_on = letter.leads_on,
           .for_laggards = letter.lags};
  for (const Slot slot : view->members) {
    const Member& member = members_[slot];
    if (member.session != kNoSlot && member.wants_keyframe) sessions_.touch(member.session);
  }
}

// They lie at positions of a log that has gone.
void Views::drop_whole_states(FormatView& format) {
  for (WholeState* whole : {&format.keyframe, &format.snapshot}) {
    if (whole->hold != nullptr) context_.pool.drop(whole->hold);
    *whole = {};
  }
  format.keyframe_asked = format.snapshot_asked = false;
}

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
