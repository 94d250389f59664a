// RoomView: a room as one shard with members sees it: its lanes up to the published ends, its local
// members. Member: one session's seat in a room: a cursor per lane, and that is all it costs.
// Thread: the viewing shard's. Owns: holds on the windows' segments.
// Invariant: a format view exists while a local member reads that format; it ignores what comes
// before its
//   first `reset` letter (leftovers of an earlier one).
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>

#include "codec/wire_format.h"
#include "engine/ids.h"
#include "engine/interest.h"
#include "engine/lane.h"
#include "engine/lane_view.h"
#include "engine/timer_wheel.h"

namespace perseid {

struct Member {
  Slot session = kNoSlot;
  Slot view = kNoSlot;
  Slot next_in_session = kNoSlot;
  u32 index_in_view = 0;
  u32 seat = 0;
  std::array<LaneCursor, kLanes> cursors;
  Position readable_from = 0;  // the first state behind the whole one that it was sent last
  u8 format : 2 = 0;
  bool shown : 1 = false;     // was handed state: of a cell, of this level of it or another
  bool expelled : 1 = false;  // leaving, and not by its own wish: it is refused when home answers
  bool on_snapshot : 1 = false;  // was sent a state from which it cannot read on: it wants the next
  u8 strain = 0;                 // of late, how often its state was not sent before the next came
  u8 halvings = 0;               // of its state rate
  bool joined : 1 = false;       // the home has answered
  bool leaving : 1 = false;      // the home was told so before it answered; goes when it has
  bool presence : 1 = false;     // reads the system lane
  bool wants_keyframe : 1 = false;
  bool awaits_roster : 1 = false;  // fell out of the system lane: it goes on behind a fresh roster
  bool slowed : 1 = false;         // has a Slowdown
  bool state_held : 1 = false;     // was sent state so lately that the next has to wait
  bool rate_untold : 1 = false;    // its state rate has changed since it was told last
};
static_assert(sizeof(Member) <= 60, "a million of them");

// What a member costs more while its link does not keep up with its room's state, and for some time
// after. At most one timer: until its state is due, or else until it may be tried at twice the
// rate.
struct Slowdown {
  u64 held_until_ms = 0;
  u64 calm_since_ms = 0;  // when its state was late for the last time, or its rate changed
  TimerId timer = kNoTimer;
  u32 patience_ms = 0;    // so long calm, and it is tried at twice the rate
  bool climbing = false;  // its rate was doubled last, not halved
};

// What it was shown last is worth nothing any more.
inline void want_keyframe(Member& member) {
  member.wants_keyframe = true;
  member.on_snapshot = false;
}

// The system lane is for those who asked for presence, and waits for a roster that is on its way.
// State waits for its time where a member gets less of it.
inline bool reads(const Member& member, Lane lane) {
  if (lane == Lane::game_state) return !member.state_held;
  return lane != Lane::system || (member.presence && !member.awaits_roster);
}

// A whole state that the home has sent.
struct WholeState {
  SegmentHold* hold = nullptr;
  u32 size_bytes = 0;
  LaneCursor at;
  bool leads_on = true;       // to the deltas behind it
  bool is_used = false;       // by a member at least
  bool for_laggards = false;  // who does not lag may have a keyframe
};

struct FormatView {
  std::array<LaneView, kLanes> lanes;
  std::array<bool, kLanes> attached{};
  u32 members = 0;
  u32 state_bytes = 0;  // what a keyframe would weigh, about
  WholeState keyframe;
  bool keyframe_asked = false;
  WholeState snapshot;  // for those who lag (docs/decisions/0018-read-back.md)
  bool snapshot_asked = false;
};

struct RoomView {
  std::string name;
  std::string epoch;  // known with the first answer
  ShardId home = 0;
  Handle room;            // at home; known with the first answer
  u32 room_number = 0;    // 0 of a cell: no client names it
  u32 state_hz = 0;       // as its home ticks; known with the first answer
  bool is_grid = false;   // its state comes by cells
  Slot parent = kNoSlot;  // of a cell: the grid's view
  Cell cell;
  std::array<std::unique_ptr<FormatView>, kWireFormats> formats;
  std::deque<Slot> members;
};

}  // namespace perseid
