// Rooms: telling the shards that have members how far the lanes have grown, once per turn.
#include <utility>

#include "engine/rooms.h"

namespace perseid {

// A shard begins to read a format: everything published so far, by reference.
void Rooms::attach(Room& room, Viewer& viewer, WireFormat format) {
  for (u8 lane = 0; lane < kLanes; ++lane) {
    const LaneLog& log = room.formats[format.index()]->lanes[lane];
    LaneAdvance letter{.view = viewer.view,
                       .added = {},
                       .next_seq = log.first_seq(),
                       .end = log.begin(),
                       .window_begin = log.begin(),
                       .state_bytes = room.state->bytes(format.flavour),
                       .format = format.index(),
                       .lane = lane,
                       .reset = true};
    mail_.send(viewer.shard, Letter(std::move(letter)));
    for (const LaneLog::Part& part : log.parts()) {
      // What this turn has added follows at its end, with everybody's.
      if (distance(part.begin, log.published_end) <= 0) break;
      const Position part_end = part.begin + part.used_bytes;
      const bool is_open = distance(part_end, log.published_end) < 0;
      mail_.send(viewer.shard,
                 Letter(LaneAdvance{
                     .view = viewer.view,
                     .added = SharedSlice(part.hold->segment, 0, 0),
                     .part_first_seq = part.first_seq,
                     .next_seq = is_open ? log.published_next_seq : part.first_seq + part.frames,
                     .part_begin = part.begin,
                     .end = is_open ? log.published_end : part_end,
                     .window_begin = log.begin(),
                     .state_bytes = room.state->bytes(format.flavour),
                     .format = format.index(),
                     .lane = lane}));
    }
  }
}

// What a room need not keep for ever, but a while: messages beyond its windows, and formats that
// nobody reads any more (a client that joins and leaves by turns would have them made afresh).
void Rooms::tidy_later(Room& room) {
  if (room.tidy_timer != kNoTimer) return;
  room.tidy_timer = context_.timers.schedule(context_.now.mono_ms + Room::kFreshMs,
                                             timer_cookie(TimerKind::room_tidy, slot_of(room)));
}

void Rooms::touch(Room& room) {
  if (room.queued) return;
  room.queued = true;
  grown_.push_back(&room);
}

// The one place that says how long the room's actions may gather, should it begin now.
u32 Rooms::action_window_ms(const Room& room) const {
  if (draining_) return 0;
  const RoomRule& rule = *room.rule;
  const u32 window_ms = rule.action_window_auto
                            ? kAuto
                            : rule.action_window_ms.value_or(context_.options.action_window_ms);
  return window_ms == kAuto ? auto_window_.ms() : window_ms;
}

// With --action-window-ms, actions alone wait until the window closes and then leave together.
void Rooms::grown(Room& room, Lane lane) {
  if (lane != Lane::player_action) return touch(room);
  const u32 window_ms = action_window_ms(room);
  // However long the window, no more waits in it than a burst may be.
  const LaneLog& log = room.canonical().lanes[index(lane)];
  if (window_ms == 0 || log.end() - log.published_end >= context_.options.burst_window_bytes) {
    room.actions_due = true;
    return touch(room);
  }
  if (room.window_timer != kNoTimer) return;
  ++context_.stats.action_windows;
  context_.stats.action_window_ms += window_ms;
  room.window_timer = context_.timers.schedule(context_.now.mono_ms + window_ms,
                                               timer_cookie(TimerKind::room_window, slot_of(room)));
}

void Rooms::end_turn() {
  for (const Handle handle : gathered_) {
    if (Room* room = find(handle)) send_gathered(*room);
  }
  gathered_.clear();
  for (Room* room : grown_) {
    room->queued = false;
    advance(*room);
  }
  grown_.clear();
}

void Rooms::advance(Room& room) {
  if (room.trim()) tidy_later(room);
  u8 lanes = room.grown_lanes;
  // Decided when the window closed, not by whether the next one is open: in a busy room it opens
  // again within the same turn. Nor by how long one would be now: only what has a timer may wait.
  if (room.window_timer != kNoTimer && !room.actions_due) {
    lanes &= static_cast<u8>(~(1u << index(Lane::player_action)));
  }
  room.actions_due = false;
  room.grown_lanes &= static_cast<u8>(~lanes);
  for (u8 lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1) == 0) continue;
    for (u8 format = 0; format < kWireFormats; ++format) {
      if (room.formats[format] != nullptr) {
        advance_lane(room, static_cast<Lane>(lane), WireFormat::at(format));
      }
    }
  }
}

void Rooms::advance_lane(Room& room, Lane lane, WireFormat format) {
  LaneLog& log = room.formats[format.index()]->lanes[index(lane)];
  if (log.published_end == log.end()) return;
  for (const LaneLog::Part& part : log.parts()) {
    const Position part_end = part.begin + part.used_bytes;
    if (distance(log.published_end, part_end) <= 0) continue;
    const bool is_new = distance(part.begin, log.published_end) <= 0;
    for (const Viewer& viewer : room.viewers) {
      if (viewer.format_members[format.index()] == 0) continue;
      mail_.send(viewer.shard,
                 Letter(LaneAdvance{
                     .view = viewer.view,
                     .added = is_new ? SharedSlice(part.hold->segment, 0, 0) : SharedSlice(),
                     .part_first_seq = part.first_seq,
                     .next_seq = part.first_seq + part.frames,
                     .part_begin = part.begin,
                     .end = part_end,
                     .window_begin = log.begin(),
                     .state_bytes = room.state->bytes(format.flavour),
                     .format = format.index(),
                     .lane = index(lane)}));
    }
  }
  log.told(context_.now.mono_ms);
}

// Lets the views go of what the windows have lost while nothing came that would tell them.
void Rooms::tell_begins(Room& room) {
  for (u8 i = 0; i < kLanes * kWireFormats; ++i) {
    const u8 lane = i % kLanes;
    const u8 format = i / kLanes;
    if (room.formats[format] == nullptr) continue;
    LaneLog& log = room.formats[format]->lanes[lane];
    if (log.begin() == log.told_begin) continue;
    log.told_begin = log.begin();
    for (const Viewer& viewer : room.viewers) {
      if (viewer.format_members[format] == 0) continue;
      mail_.send(viewer.shard, Letter(LaneAdvance{
                                   .view = viewer.view,
                                   .added = {},
                                   .next_seq = log.published_next_seq,
                                   .end = log.published_end,
                                   .window_begin = log.begin(),
                                   .state_bytes = room.state->bytes(WireFormat::at(format).flavour),
                                   .format = format,
                                   .lane = lane}));
    }
  }
}

void Rooms::begin_drain() {
  draining_ = true;
  for (Slot slot = 0; slot < rooms_.slots_used(); ++slot) {
    if (!rooms_.live(slot)) continue;
    Room& room = *rooms_[slot];
    if (room.window_timer != kNoTimer) room.actions_due = true;
    if (room.tick_timer != kNoTimer) {
      context_.timers.cancel(std::exchange(room.tick_timer, kNoTimer));
      tick(room);
    }
    touch(room);
  }
}

}  // namespace perseid
