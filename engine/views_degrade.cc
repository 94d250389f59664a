// Members whose links do not keep up with their room's state: they get it less often, and are told.
//
// One thing is looked at, once per tick and member: had the state before this one left when this
// one came, and if not, was it the link that held it (the kernel took no more, or the session's
// rate is used up)? Late ticks add to a member's strain, others take from it, so that a hiccup is
// forgotten and a link that is late one time in four, for seconds, is not. A strained member's rate
// is halved, and that of one who was late to read what it was sent (see read_back.h); calm for long
// enough, it is tried at twice the rate, and where that fails it is not tried again so soon. Where
// the shard itself does not catch up (see overload.h) every member's rate is halved once.
#include <algorithm>

#include "codec/delivery.h"
#include "engine/answers.h"
#include "engine/views.h"

namespace perseid {
namespace {

constexpr u32 kStrainPerLateTick = 4;  // and one less per other: late in one of five is bearable
constexpr u32 kLateTicksMin = 4;
constexpr u32 kLateTicksMax = 48;
constexpr u32 kPatienceMsMin = 2000;
constexpr u32 kPatienceMsMax = 32'000;

static_assert(kStrainPerLateTick * (kLateTicksMax + 1) < 256, "strain is a byte");

// Late without a break for so many ticks, two fifths of a second of them, is too much.
constexpr u32 strain_max(u32 room_hz) {
  return kStrainPerLateTick * std::clamp(room_hz * 2 / 5, kLateTicksMin, kLateTicksMax);
}

}  // namespace

// Of the room, as its home ticks.
u32 Views::state_hz(const RoomView& view) const {
  return view.state_hz;
}

u32 Views::state_hz(const RoomView& view, u8 halvings) const {
  const u32 room_hz = state_hz(view);
  const u32 hz_min = std::min(context_.options.state_hz_min, room_hz);
  return std::max(room_hz >> halvings, hz_min);
}

// State up to `due` should have left by now, and it is the link's fault that it has not.
bool Views::is_late(const Member& member, Position due) {
  if (member.state_held) return false;
  // A whole state that the kernel refused has left the cursor where it leads to.
  const Position at = member.cursors[index(Lane::game_state)].position;
  if ((!member.wants_keyframe || member.on_snapshot) && distance(at, due) <= 0) return false;
  const Session& session = sessions_[member.session];
  return !session.closing && (session.unread || session.budget_wait);
}

bool Views::state_waits(Session& session) {
  if (draining_) return false;
  const bool was_lagging = session.read_back.is_lagging();
  const bool waits = session.read_back.waits(static_cast<u32>(context_.now.mono_ms));
  if (session.read_back.is_lagging() && !was_lagging) ++context_.stats.state_waits;
  return waits;
}

// Each session at its own period, so that those of one room do not answer all at once for ever.
bool Views::is_ask_due(Slot slot) {
  const u32 every_ms = context_.options.read_back_ms;
  if (every_ms == 0) return false;
  const u32 own_ms = every_ms + slot * 0x9e3779b9u % (every_ms / 2 + 1);
  return sessions_[slot].read_back.is_due(static_cast<u32>(context_.now.mono_ms), own_ms);
}

// Behind state that leaves: whose answer tells that it has been read.
void Views::ask_back(Session& session, SendBatch& out) {
  ++context_.stats.state_asks;
  gather_ping(session.read_back.ask(static_cast<u32>(context_.now.mono_ms)), out);
}

// State that waits for a late answer is late once, however many ticks pass: a stall costs a
// halving, and only who needs longer than a period each time comes down to what it can read.
bool Views::ponged(Slot slot, Bytes payload) {
  Session& session = sessions_[slot];
  const bool was_lagging = session.read_back.is_lagging();
  const ReadBack::Answer answer =
      session.read_back.answered(static_cast<u32>(context_.now.mono_ms), payload);
  if (!answer.fits) return false;
  sessions_.touch(slot);
  if (!answer.late || session.closing) return true;
  if (carries_deltas(session)) session.read_back.forgive();
  if (!was_lagging) ++context_.stats.state_waits;
  for (Slot at = session.first_member; at != kNoSlot; at = members_[at].next_in_session) {
    const Member& member = members_[at];
    if (!member.joined || !member.shown) continue;
    if (member.slowed) slowdowns_[at].calm_since_ms = context_.now.mono_ms;
    if (answer.took_ms > 1000 / state_hz(member)) slow_down(at);
  }
  return true;
}

// In the time that the whole states needed, less was made of deltas: it may try these again.
bool Views::carries_deltas(const Session& session) {
  bool any = false;
  for (Slot at = session.first_member; at != kNoSlot; at = members_[at].next_in_session) {
    const Member& member = members_[at];
    if (!member.joined || !member.on_snapshot) continue;
    const FormatView& format = format_view(member);
    const std::int32_t made = distance(member.cursors[index(Lane::game_state)].position,
                                       format.lanes[index(Lane::game_state)].end());
    if (made > static_cast<std::int32_t>(format.snapshot.size_bytes / 2)) return false;
    any = true;
  }
  return any;
}

void Views::note_tick(Slot slot, Position due) {
  Member& member = members_[slot];
  if (!member.joined) return;
  if (!is_late(member, due)) {
    if (member.strain > 0) --member.strain;
    if (member.halvings == 0 && context_.overload.sheds(Shedding::state)) shed(slot);
    return;
  }
  if (member.slowed) slowdowns_[slot].calm_since_ms = context_.now.mono_ms;
  member.strain = static_cast<u8>(member.strain + kStrainPerLateTick);
  if (member.strain >= strain_max(state_hz(views_[member.view]))) slow_down(slot);
}

// It is not this member's link that is tried for longer each time.
void Views::shed(Slot slot) {
  if (sessions_[members_[slot].session].parked) return;
  slow_down(slot);
  if (members_[slot].slowed) slowdowns_[slot].patience_ms = kPatienceMsMin;
}

void Views::slow_down(Slot slot) {
  Member& member = members_[slot];
  const RoomView& view = views_[member.view];
  member.strain = 0;
  const u8 halvings = static_cast<u8>(member.halvings + 1);
  if (state_hz(view, halvings) == state_hz(view, member.halvings)) return;
  Slowdown& slowdown = slowdowns_[slot];
  if (!member.slowed) {
    slowdown.patience_ms = kPatienceMsMin;
  } else if (slowdown.climbing) {
    slowdown.patience_ms = std::min(slowdown.patience_ms * 2, kPatienceMsMax);
  }
  slowdown.climbing = false;
  slowdown.calm_since_ms = context_.now.mono_ms;
  member.halvings = halvings;
  member.slowed = true;
  member.rate_untold = true;
  ++context_.stats.degraded;
  set_rate_timer(slot, slowdown);
}

// True if that was all: it has been at the full rate for long enough to be forgotten.
bool Views::speed_up(Slot slot, Slowdown& slowdown) {
  Member& member = members_[slot];
  if (member.halvings == 0) {
    forget_slowdown(slot);
    return true;
  }
  --member.halvings;
  member.strain = 0;
  member.rate_untold = true;
  slowdown.climbing = true;
  slowdown.calm_since_ms = context_.now.mono_ms;
  if (member.halvings == 0) {
    member.state_held = false;
    ++context_.stats.restored;
  }
  sessions_.touch(member.session);
  return false;
}

// It has just been handed state: the next leaves a period later, be there another tick or not. What
// found no room in this send is no next one.
void Views::hold_state(Slot slot) {
  Member& member = members_[slot];
  if (member.halvings == 0 || draining_) return;
  const Position at = member.cursors[index(Lane::game_state)].position;
  if (distance(at, format_view(member).lanes[index(Lane::game_state)].end()) > 0) return;
  Slowdown& slowdown = slowdowns_[slot];
  member.state_held = true;
  slowdown.held_until_ms = context_.now.mono_ms + 1000 / state_hz(member);
  set_rate_timer(slot, slowdown);
}

void Views::set_rate_timer(Slot slot, Slowdown& slowdown) {
  if (slowdown.timer != kNoTimer) context_.timers.cancel(slowdown.timer);
  const bool held = members_[slot].state_held;
  const u64 at_ms = held ? slowdown.held_until_ms : slowdown.calm_since_ms + slowdown.patience_ms;
  slowdown.timer = context_.timers.schedule(at_ms, timer_cookie(TimerKind::state_rate, slot));
}

void Views::on_rate_timer(Slot slot) {
  Slowdown& slowdown = slowdowns_[slot];
  slowdown.timer = kNoTimer;
  Member& member = members_[slot];
  const u64 now_ms = context_.now.mono_ms;
  if (member.state_held && now_ms >= slowdown.held_until_ms) {
    member.state_held = false;
    sessions_.touch(member.session);
  }
  const bool is_shed = member.halvings == 1 && context_.overload.sheds(Shedding::state);
  // A room may be silent for long: then no tick tells that what it said last is still waiting.
  if (is_shed || is_late(member, format_view(member).lanes[index(Lane::game_state)].end())) {
    slowdown.calm_since_ms = now_ms;
  } else if (now_ms - slowdown.calm_since_ms >= slowdown.patience_ms) {
    if (speed_up(slot, slowdown)) return;
  }
  set_rate_timer(slot, slowdown);
}

void Views::forget_slowdown(Slot slot) {
  const auto found = slowdowns_.find(slot);
  if (found->second.timer != kNoTimer) context_.timers.cancel(found->second.timer);
  slowdowns_.erase(found);
  members_[slot].slowed = false;
}

// When it is sent something at all: who reads nothing is told once how slow it has become.
void Views::tell_rate(Slot session, Member& member) {
  const RoomView& view = views_[member.view];
  if (is_cell(member)) {
    member.rate_untold = false;
    return tell_grid_rate(session, view.parent);
  }
  std::string& text = context_.scratch;
  text.clear();
  if (member.halvings == 0) {
    answers::restored(text, view.name, state_hz(view));
  } else {
    const bool is_shed = member.halvings == 1 && context_.overload.sheds(Shedding::state);
    answers::degraded(text, view.name, is_shed ? "load" : "bandwidth", state_hz(member));
  }
  // Nobody asked for it, so it must be no reason to be closed as too slow.
  const auto size_bytes = system_bytes(sessions_[session].format.flavour, text);
  if (!sessions_.has_room(session, static_cast<u32>(size_bytes))) return;
  member.rate_untold = false;
  sessions_.answer(session, text);
}

// Of a grid's cells the slowest counts, and a change of that alone is told. Without any there is
// nothing to go by.
void Views::tell_grid_rate(Slot session, Slot parent) {
  Member* grid = nullptr;
  bool any = false;
  u8 halvings = 0;
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    Member& member = members_[slot];
    if (member.leaving) continue;
    if (member.view == parent) grid = &member;
    if (views_[member.view].parent != parent) continue;
    any = true;
    halvings = std::max(halvings, u8{member.halvings});
  }
  if (grid == nullptr || !any || grid->halvings == halvings) return;
  grid->halvings = halvings;
  grid->rate_untold = true;
  sessions_.touch(session);
}

// Of the cells of the same grid that have a Slowdown, the one at the lowest rate; kNoSlot: none
// has.
Slot Views::slowest_beside(Slot cell) {
  const Slot parent = views_[members_[cell].view].parent;
  Slot out = kNoSlot;
  for (Slot slot = sessions_[members_[cell].session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    const Member& member = members_[slot];
    if (!member.slowed || views_[member.view].parent != parent) continue;
    if (out == kNoSlot || member.halvings > members_[out].halvings) out = slot;
  }
  return out;
}

// A cell that comes into view is seen through the same link as those before it: it begins at their
// rate and climbs with them, or else who walks would never come back to the full one.
void Views::inherit_slowdown(Slot slot) {
  Member& member = members_[slot];
  if (member.halvings == 0) return;
  Slowdown slowdown{.calm_since_ms = context_.now.mono_ms, .patience_ms = kPatienceMsMin};
  if (const Slot other = slowest_beside(slot); other != kNoSlot) {
    slowdown = slowdowns_[other];
    slowdown.timer = kNoTimer;
    member.halvings = members_[other].halvings;
  }
  const RoomView& view = views_[member.view];
  while (member.halvings > 0 &&
         state_hz(view, member.halvings) == state_hz(view, static_cast<u8>(member.halvings - 1))) {
    --member.halvings;
  }
  if (member.halvings == 0) return;
  member.slowed = true;
  set_rate_timer(slot, slowdowns_[slot] = slowdown);
}

void Views::begin_drain() {
  draining_ = true;
  for (const auto& [slot, slowdown] : slowdowns_) {
    members_[slot].state_held = false;
    sessions_.touch(members_[slot].session);
  }
}

}  // namespace perseid
