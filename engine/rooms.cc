#include "engine/rooms.h"

#include <algorithm>
#include <memory>

#include "engine/answers.h"
#include "engine/parcel.h"

namespace perseid {
namespace {

constexpr u64 kFormatLingerMs = 10'000;

}  // namespace

Rooms::Rooms(Context& context, Mail& mail)
    : context_(context), mail_(mail), by_name_(0, KeyedHash{context.config.hash_key}) {}

std::string Rooms::new_epoch() {
  const u64 count = ++epochs_made_;
  const u64 value =
      KeyedHash{context_.config.seed}({reinterpret_cast<const char*>(&count), sizeof count});
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
  return out;
}

// Never that of a room before, which a client may still have in mind, and small, because every
// binary message bears it.
u32 Rooms::new_number() {
  u32 number = 0;
  while (number == 0)
    number = numbers_given_++ * context_.config.shard_count + context_.config.shard + 1;
  return number;
}

Room* Rooms::obtain(std::string_view name) {
  if (const auto it = by_name_.find(name); it != by_name_.end()) return rooms_[it->second].get();
  // Each shard takes its share of --rooms-max; names spread evenly under a keyed hash.
  const u32 rooms_max = std::max(1u, context_.options.rooms_max / context_.config.shard_count);
  if (rooms_.size() >= rooms_max && !make_place()) return nullptr;
  const Slot slot = rooms_.acquire();
  PSD_ASSERT(slot < 0xffffffu);
  const u32 number = new_number();
  rooms_[slot] = std::make_unique<Room>(context_, name, number, new_epoch());
  rooms_[slot]->slot = slot;
  by_name_.emplace(name, slot);
  ++context_.stats.rooms_created;
  return rooms_[slot].get();
}

// An empty room is kept for recovery, but not at the price of refusing one that is wanted: or else
// a single client that joins and leaves ever new rooms could fill the relay. A few looks, in turn.
bool Rooms::make_place() {
  constexpr u32 kLooks = 64;
  for (u32 i = 0; i < std::min(kLooks, rooms_.slots_used()); ++i) {
    next_look_ = next_look_ + 1 < rooms_.slots_used() ? next_look_ + 1 : 0;
    if (!rooms_.live(next_look_) || rooms_[next_look_]->members_total > 0) continue;
    remove(next_look_);
    return true;
  }
  return false;
}

void Rooms::remove(Slot slot) {
  Room& room = *rooms_[slot];
  PSD_ASSERT(room.members_total == 0);
  for (const TimerId timer :
       {room.tick_timer, room.window_timer, room.linger_timer, room.tidy_timer}) {
    if (timer != kNoTimer) context_.timers.cancel(timer);
  }
  if (room.queued) std::erase(grown_, &room);
  by_name_.erase(by_name_.find(room.name));
  rooms_.release(slot);
  ++context_.stats.rooms_removed;
}

void Rooms::join(JoinRequest& request) {
  auto answer = std::make_unique<JoinAnswer>();
  answer->session = request.session;
  answer->member = request.member;
  answer->view = request.view;
  answer->id = std::move(request.id);
  Room* room = obtain(request.room);
  answer->error = room == nullptr ? Error::room_limit : seat(*room, request, *answer);
  if (answer->error != Error::ok) ++context_.stats.rooms_refused;
  mail_.send(request.session.shard(), Letter(std::move(answer)));
}

Error Rooms::seat(Room& room, const JoinRequest& request, JoinAnswer& answer) {
  if (room.members_total >= context_.options.room_members_max) return Error::room_full;
  if (room.linger_timer != kNoTimer) {
    context_.timers.cancel(room.linger_timer);
    room.linger_timer = kNoTimer;
  }
  room.open_format(request.format);
  Viewer* viewer = room.viewer(request.session.shard());
  if (viewer == nullptr) {
    viewer = &room.viewers.emplace_back();
    viewer->shard = request.session.shard();
  }
  viewer->view = request.view;
  ++viewer->members;
  ++room.formats[request.format.index()]->members;
  if (viewer->format_members[request.format.index()]++ == 0) attach(room, *viewer, request.format);
  answer.seat = room.take_seat(request.session, request.name);
  presence(room, "join", request.session, request.name);
  answer.has_since = request.has_since;
  answer.recovered = room.place_cursors(request, answer.cursors);
  answer.room = {slot_of(room), rooms_.handle(slot_of(room)).generation};
  answer.room_number = room.number;
  answer.epoch = room.epoch;
  answer.chat = room.last_seq(Lane::chat);
  answer.player_action = room.last_seq(Lane::player_action);
  // Who comes back may hold a state that is all gone: it is told so by an empty one.
  const bool had_state = request.has_since && room.state_version > 0;
  answer.has_state = !room.state.empty() || room.state.dirty() || had_state;
  answer.members_total = room.members_total;
  room.write_members(answer.members_json, context_.options.roster_max);
  context_.emit(EventKind::client_discovered, request.session, room.name);
  return Error::ok;
}

// A shard begins to read a format: everything published so far, by reference.
void Rooms::attach(Room& room, Viewer& viewer, WireFormat format) {
  for (u8 lane = 0; lane < kLanes; ++lane) {
    const LaneLog& log = room.formats[format.index()]->lanes[lane];
    LaneAdvance letter{.view = viewer.view,
                       .added = {},
                       .next_seq = log.first_seq(),
                       .end = log.begin(),
                       .window_begin = log.begin(),
                       .state_bytes = room.state.bytes(),
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
                     .state_bytes = room.state.bytes(),
                     .format = format.index(),
                     .lane = lane}));
    }
  }
}

Room* Rooms::find_seated(Handle handle, std::string_view name, SessionUid session, u32& seat) {
  if (handle.slot != kNoSlot) return find(handle);
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return nullptr;
  Room& room = *rooms_[it->second];
  seat = room.seat_of(session);
  return seat == kNoSlot ? nullptr : &room;
}

void Rooms::leave(LeaveLetter& letter) {
  u32 seat = letter.seat;
  const std::string_view name = letter.ask == nullptr ? std::string_view{} : letter.ask->room;
  Room* room = find_seated(letter.room, name, letter.session, seat);
  const bool seated =
      room != nullptr && seat < room->seats.size() && room->seats[seat].session == letter.session;
  if (seated) give_up_seat(*room, seat, letter);
  if (letter.ask != nullptr && letter.ask->wants_answer) answer_leave(letter, seated);
}

void Rooms::answer_leave(LeaveLetter& letter, bool left) {
  auto answer = std::make_unique<TextAnswer>();
  answer->session = letter.session;
  if (left) {
    answers::left(answer->json, letter.ask->id, letter.ask->room);
  } else {  // the join before it was refused
    answer->error = Error::not_joined;
    answer->id = std::move(letter.ask->id);
  }
  mail_.send(letter.session.shard(), Letter(std::move(answer)));
}

void Rooms::give_up_seat(Room& room, u32 seat, const LeaveLetter& letter) {
  const u8 format = letter.format.index();
  Viewer* viewer = room.viewer(letter.session.shard());
  PSD_ASSERT(viewer != nullptr && viewer->format_members[format] > 0);
  --viewer->format_members[format];
  if (--viewer->members == 0) {
    room.viewers.erase(room.viewers.begin() + (viewer - room.viewers.data()));
  }
  if (--room.formats[format]->members == 0 && format != 0) tidy_later(room, kFormatLingerMs);
  const Name name = std::move(room.seats[seat].name);
  room.free_seat(seat);
  presence(room, "leave", letter.session, name.view());
  if (room.members_total == 0) {
    room.linger_timer =
        context_.timers.schedule(context_.now.mono_ms + context_.options.room_linger_ms,
                                 timer_cookie(TimerKind::room_linger, slot_of(room)));
  }
}

// What a room need not keep for ever, but a while: messages beyond its windows, and formats that
// nobody reads any more (a client that joins and leaves by turns would have them made afresh).
void Rooms::tidy_later(Room& room, u64 after_ms) {
  if (room.tidy_timer != kNoTimer) return;
  room.tidy_timer = context_.timers.schedule(context_.now.mono_ms + after_ms,
                                             timer_cookie(TimerKind::room_tidy, slot_of(room)));
}

void Rooms::presence(Room& room, std::string_view event, SessionUid session,
                     std::string_view name) {
  if (room.members_total == 0) return;
  std::string& text = context_.scratch;
  text.clear();
  answers::presence(text, room.name, event, session, name);
  room.notice(text);
  touch(room);
}

Seq Rooms::publish(Room& room, Lane lane, SessionUid sender, std::string_view payload, Error& error,
                   std::string_view& field) {
  if (lane == Lane::game_state) {
    // Read once before anything is merged: an update with a fault in its middle changes nothing.
    StateUpdateCheck check;
    error = state_reader_.read(payload, check, field);
    if (error != Error::ok) return 0;
    error = state_reader_.read(payload, room.state, field);
    ++context_.stats.state_updates;
    if (room.state.dirty() && room.tick_timer == kNoTimer) {
      const u64 period_ms = std::max(1u, 1000 / context_.options.state_hz);
      room.tick_timer = context_.timers.schedule(room.last_tick_ms + period_ms,
                                                 timer_cookie(TimerKind::room_tick, slot_of(room)));
    }
    return 0;
  }
  const MessageType type = lane == Lane::chat ? MessageType::chat : MessageType::player_action;
  const Seq seq = room.publish(lane, type, sender, payload);
  context_.emit(EventKind::message_sent, sender, room.name, Error::ok, name(lane), payload.size());
  grown(room, lane);
  return seq;
}

void Rooms::publish(PublishLetter& letter) {
  const Parcel parcel = open_parcel(letter.parcel);
  u32 seat = kNoSlot;
  Room* room = find_seated(letter.room, parcel.room, letter.sender, seat);
  Error error = room == nullptr ? Error::not_joined : Error::ok;
  std::string_view field = room == nullptr ? "room" : "";
  Seq seq = 0;
  if (error == Error::ok) {
    seq =
        publish(*room, static_cast<Lane>(letter.lane), letter.sender, parcel.payload, error, field);
  }
  if (!parcel.id.empty() || error != Error::ok) answer_parcel(letter, seq, error, field);
}

void Rooms::answer_parcel(PublishLetter& letter, Seq seq, Error error, std::string_view field) {
  const ShardId shard = letter.sender.shard();
  mail_.send(shard, Letter(PublishAnswer{.sender = letter.sender,
                                         .parcel = std::move(letter.parcel),
                                         .repeat_key = letter.repeat_key,
                                         .timestamp_unix_ms = context_.now.unix_ms,
                                         .seq = seq,
                                         .field = field.data(),
                                         .field_bytes = static_cast<u8>(field.size()),
                                         .error = error}));
}

void Rooms::touch(Room& room) {
  if (room.queued) return;
  room.queued = true;
  grown_.push_back(&room);
}

// With --action-window-ms, actions alone wait until the window closes and then leave together.
void Rooms::grown(Room& room, Lane lane) {
  if (lane != Lane::player_action || action_window_ms() == 0) return touch(room);
  if (room.window_timer != kNoTimer) return;
  room.window_timer = context_.timers.schedule(context_.now.mono_ms + action_window_ms(),
                                               timer_cookie(TimerKind::room_window, slot_of(room)));
}

void Rooms::end_turn() {
  for (Room* room : grown_) {
    room->queued = false;
    advance(*room);
  }
  grown_.clear();
}

void Rooms::advance(Room& room) {
  if (room.trim()) tidy_later(room, Room::kFreshMs);
  u8 lanes = room.grown_lanes;
  // Decided when the window closed, not by whether the next one is open: in a busy room it opens
  // again within the same turn.
  if (action_window_ms() != 0 && !room.actions_due) {
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
                     .state_bytes = room.state.bytes(),
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
    const LaneLog& log = room.formats[format]->lanes[lane];
    for (const Viewer& viewer : room.viewers) {
      if (viewer.format_members[format] == 0) continue;
      mail_.send(viewer.shard, Letter(LaneAdvance{.view = viewer.view,
                                                  .added = {},
                                                  .next_seq = log.published_next_seq,
                                                  .end = log.published_end,
                                                  .window_begin = log.begin(),
                                                  .state_bytes = room.state.bytes(),
                                                  .format = format,
                                                  .lane = lane}));
    }
  }
}

void Rooms::begin_drain() {
  draining_ = true;
  for (Slot slot = 0; slot < rooms_.slots_used(); ++slot) {
    if (!rooms_.live(slot) || rooms_[slot]->window_timer == kNoTimer) continue;
    rooms_[slot]->actions_due = true;
    touch(*rooms_[slot]);
  }
}

void Rooms::keyframe_wanted(const KeyframeWanted& letter) {
  Room* room = find(letter.room);
  if (room == nullptr || room->formats[letter.format] == nullptr) return;
  const Viewer* viewer = room->viewer(letter.shard);
  if (viewer == nullptr) return;
  const Keyframe& keyframe = room->keyframe(WireFormat::at(letter.format));
  mail_.send(letter.shard, Letter(KeyframeLetter{
                               .view = viewer->view,
                               .frame = SharedSlice(keyframe.hold->segment, 0, keyframe.size_bytes),
                               .at = keyframe.at,
                               .format = letter.format}));
}

void Rooms::ask(Ask& ask) {
  u32 seat = kNoSlot;
  Room* room = find_seated(ask.room, ask.room_name, ask.session, seat);
  if (room == nullptr) return refuse(ask);
  if (ask.kind == Ask::Kind::discover) return discover(*room, ask);
  if (ask.kind == Ask::Kind::roster) return send_roster(*room, ask);
  auto answer = std::make_unique<TextAnswer>();
  answer->session = ask.session;
  answer->id = ask.id;
  std::string list;
  room->write_history(list, ask.before, ask.limit);
  answers::history(answer->json, ask.id, room->name, list);
  mail_.send(ask.session.shard(), Letter(std::move(answer)));
}

// The join before it was refused.
void Rooms::refuse(const Ask& ask) {
  if (ask.kind == Ask::Kind::roster) return;
  if (ask.kind == Ask::Kind::discover) {
    mail_.send(ask.session.shard(),
               Letter(DiscoverExpect{
                   .asker = ask.session, .question = ask.question, .error = Error::not_joined}));
    return;
  }
  auto answer = std::make_unique<TextAnswer>();
  answer->session = ask.session;
  answer->id = ask.id;
  answer->error = Error::not_joined;
  mail_.send(ask.session.shard(), Letter(std::move(answer)));
}

void Rooms::send_roster(Room& room, const Ask& ask) {
  const auto& logs = room.formats[ask.format];
  if (logs == nullptr) return;  // nobody reads it any more, the asker included
  auto answer = std::make_unique<TextAnswer>();
  answer->session = ask.session;
  answer->member = ask.member;
  answer->is_roster = true;
  const LaneLog& system = logs->lanes[index(Lane::system)];
  answer->system = {system.end(), system.next_seq()};
  std::string list;
  room.write_members(list, context_.options.roster_max);
  answers::roster(answer->json, room.name, list, room.members_total);
  mail_.send(ask.session.shard(), Letter(std::move(answer)));
}

void Rooms::discover(Room& room, const Ask& ask) {
  const u64 question = ask.question;
  mail_.send(ask.session.shard(),
             Letter(DiscoverExpect{.asker = ask.session,
                                   .question = question,
                                   .parts = static_cast<u32>(room.viewers.size())}));
  for (const Viewer& viewer : room.viewers) {
    mail_.send(viewer.shard, Letter(DiscoverCollect{
                                 .view = viewer.view, .asker = ask.session, .question = question}));
  }
}

void Rooms::on_timer(TimerKind kind, Slot slot) {
  Room& room = *rooms_[slot];
  if (kind == TimerKind::room_tick) {
    room.tick_timer = kNoTimer;
    room.tick();
    touch(room);
  } else if (kind == TimerKind::room_window) {
    room.window_timer = kNoTimer;
    room.actions_due = true;
    touch(room);
  } else if (kind == TimerKind::room_tidy) {
    room.tidy_timer = kNoTimer;
    room.close_unread_formats();
    if (room.trim()) tidy_later(room, Room::kFreshMs);
    tell_begins(room);
  } else if (kind == TimerKind::room_linger) {
    room.linger_timer = kNoTimer;
    remove(slot);
  }
}

}  // namespace perseid
