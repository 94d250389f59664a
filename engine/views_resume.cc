// Views: members whose session has lost its connection, and go on with another one
// (docs/decisions/0019-sessions-that-stay.md). Their seats and cursors stay; what the client has
// missed is what lies behind its cursors.
#include "engine/answers.h"
#include "engine/seen_rooms.h"
#include "engine/views.h"

namespace perseid {

// What the kernel had taken may not have come. A whole state can take its place where deltas were
// sent; messages are sent again from where the client says that it stopped.
void Views::drop(Slot session) {
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    Member& member = members_[slot];
    if (!member.joined || member.leaving) continue;
    if (member.shown) want_keyframe(member);
    tell_dropped(slot, true);
  }
}

void Views::tell_dropped(Slot slot, bool dropped) {
  const Member& member = members_[slot];
  if (is_cell(member)) return;
  const RoomView& view = views_[member.view];
  mail_.send(view.home, Letter(SeatLetter{.room = view.room,
                                          .seat = member.seat,
                                          .session = sessions_.uid(member.session),
                                          .dropped = dropped}));
}

u32 Views::members_of(Slot session) {
  u32 count = 0;
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    ++count;
  }
  return count;
}

void Views::rewind(Slot session, const SeenRooms& seen, const RoomTest& may_read,
                   std::string& rooms_json, ChatAgain& again) {
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    Member& member = members_[slot];
    if (!member.joined || member.leaving) continue;
    if (is_cell(member)) {
      if (member.shown) want_keyframe(member);
      continue;
    }
    gone_cells_.erase(slot);
    const RoomView& view = views_[member.view];
    ResumedRoom room{.room = view.name, .room_number = view.room_number, .epoch = view.epoch};
    const SeenRoom* last = seen.find(view.name);
    const bool reads_on =
        last != nullptr && last->has_tick && !view.is_grid && rewind_state(member, last->tick);
    if (member.shown && !reads_on) want_keyframe(member);
    // Who may not read what was said before goes on where it was.
    if (last != nullptr && !may_read(view.name)) last = nullptr;
    if (last != nullptr && last->has_chat && rewind(member, Lane::chat, last->chat)) {
      again.add(view.name, view.room_number);
    }
    if (last != nullptr && last->has_player_action) {
      rewind(member, Lane::player_action, last->player_action);
    }
    room.chat = last_seq(member, Lane::chat, room.recovered);
    room.player_action = last_seq(member, Lane::player_action, room.recovered);
    if (!rooms_json.empty()) rooms_json += ',';
    answers::resumed_room(rooms_json, room);
  }
}

// It cannot have seen more than it was sent. True if it is sent something again.
bool Views::rewind(Member& member, Lane lane, Seq seen) {
  const LaneView& view = format_view(member).lanes[index(lane)];
  LaneCursor& cursor = member.cursors[index(lane)];
  const Seq next = seen + 1;
  if (next >= cursor.seq_near(view.next_seq()) || next > view.next_seq()) return false;
  Position at = 0;
  // Before the window: it falls out, and is told what it missed.
  if (!view.find(next, at)) at = view.begin() - 1;
  cursor = {at, next};
  return true;
}

// To behind the state of that tick, if the lane still has all that follows and the member can read
// it: what it was sent last may not have come, and restarted the coder or led on to nothing.
bool Views::rewind_state(Member& member, u64 tick) {
  const LaneView& lane = format_view(member).lanes[index(Lane::game_state)];
  LaneCursor& cursor = member.cursors[index(Lane::game_state)];
  LaneCursor at;
  if (!member.shown || !lane.find_tick(WireFormat::at(member.format), tick, at)) return false;
  if (distance(member.readable_from, at.position) < 0) return false;
  if (distance(at.position, cursor.position) < 0) return false;
  cursor = at;
  member.wants_keyframe = false;
  return true;
}

// The seq behind which it goes on. Not recovered if some of what follows has left the window.
Seq Views::last_seq(const Member& member, Lane lane, bool& recovered) {
  const LaneView& view = format_view(member).lanes[index(lane)];
  const LaneCursor& cursor = member.cursors[index(lane)];
  if (distance(cursor.position, view.begin()) > 0) recovered = false;
  return cursor.seq_near(view.next_seq()) - 1;
}

// Who was there and who is not may have changed unseen: a fresh roster says so.
void Views::go_on(Slot session, bool was_dropped) {
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    Member& member = members_[slot];
    if (!member.joined || member.leaving) continue;
    if (was_dropped) tell_dropped(slot, false);
    if (member.presence && !is_cell(member)) fall_out(session, member, Lane::system);
  }
  sessions_.touch(session);
}

}  // namespace perseid
