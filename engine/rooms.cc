#include "engine/rooms.h"

#include <algorithm>
#include <memory>

#include "engine/answers.h"
#include "engine/parcel.h"

namespace perseid {
namespace {

constexpr u64 kFormatLingerMs = 10'000;
constexpr u64 kCellLingerMs = 2'000;
constexpr u64 kBusyLookMs = 1'000;

}  // namespace

Rooms::Rooms(Context& context, Mail& mail)
    : context_(context),
      mail_(mail),
      by_name_(0, KeyedHash{context.config.hash_key}),
      schemas_(KeyedHash{context.config.hash_key}),
      moderation_(KeyedHash{context.config.hash_key}, context.options.moderation_entries_max),
      parcels_(context.pool),
      opening_by_name_(0, KeyedHash{context.config.hash_key}) {}

Rooms::~Rooms() {
  for (Slot slot = 0; slot < rooms_.slots_used(); ++slot) {
    if (rooms_.live(slot)) close_line(*rooms_[slot]);
  }
}

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

// The file's rules come before the creator's word. Null: that word is not taken, or it is no rule.
std::shared_ptr<const RoomRule> Rooms::rule_of_new(const JoinRequest& request, JoinAnswer& answer) {
  const auto& rules = context_.config.rules;
  if (rules != nullptr) {
    if (auto rule = rules->find(request.room); rule != nullptr) return rule;
  }
  if (request.create.empty()) return RoomRule::ordinary();
  answer.field = "create";
  const bool permitted = context_.options.creators_declare_rooms;
  answer.error = permitted ? Error::bad_value : Error::forbidden_create;
  if (!permitted) return nullptr;
  auto rule = RoomRule::parse(request.create, answer.problem);
  if (rule == nullptr) return nullptr;
  if (rule->durability != Durability::memory && context_.config.store == nullptr) {
    answer.problem = "durability: this relay keeps no store";
    return nullptr;
  }
  if (rule->pattern.empty()) {
    auto own = std::make_shared<RoomRule>(*rule);
    own->schema = schemas_.share(own->schema);
    return own;
  }
  answer.problem = "pattern: only for the file; this is the rule of one room";
  return nullptr;
}

Room* Rooms::obtain(JoinRequest& request, JoinAnswer& answer) {
  const auto it = by_name_.find(std::string_view(request.room));
  if (it != by_name_.end()) return rooms_[it->second].get();
  std::shared_ptr<const RoomRule> rule = rule_of_new(request, answer);
  if (rule == nullptr) return nullptr;
  answer.field = "room";
  answer.error = Error::room_limit;
  if (!has_place()) return nullptr;
  answer.error = Error::ok;
  if (is_durable(*rule)) {
    open(request, answer, std::move(rule));
    return nullptr;
  }
  return &begin(request.room, new_epoch(), std::move(rule));
}

Room& Rooms::begin(std::string_view room, std::string epoch, std::shared_ptr<const RoomRule> rule) {
  const Slot slot = rooms_.acquire();
  PSD_ASSERT(slot < 0xffffffu);
  rooms_[slot] =
      std::make_unique<Room>(context_, room, new_number(), std::move(epoch), std::move(rule));
  rooms_[slot]->slot = slot;
  rooms_[slot]->moderation = moderation_.hold(room);
  by_name_.emplace(room, slot);
  ++context_.stats.rooms_created;
  return *rooms_[slot];
}

// Each shard takes its share of --rooms-max; names spread evenly under a keyed hash.
bool Rooms::has_place() {
  const u32 rooms_max = std::max(1u, context_.options.rooms_max / context_.config.shard_count);
  return rooms_.size() - cells_open_ + openings_.size() < rooms_max || make_place();
}

// An empty room is kept for recovery, but not at the price of refusing one that is wanted: or else
// a single client that joins and leaves ever new rooms could fill the relay. A few looks, in turn.
bool Rooms::make_place() {
  constexpr u32 kLooks = 64;
  constexpr u32 kStepsMax = 4096;  // cells, which stand between the rooms, are passed over
  u32 looks = 0;
  for (u32 i = 0; i < std::min(kStepsMax, rooms_.slots_used()) && looks < kLooks; ++i) {
    next_look_ = next_look_ + 1 < rooms_.slots_used() ? next_look_ + 1 : 0;
    if (!rooms_.live(next_look_) || rooms_[next_look_]->cell) continue;
    ++looks;
    if (rooms_[next_look_]->members_total > 0 || is_busy(*rooms_[next_look_])) continue;
    remove(next_look_);
    return true;
  }
  return false;
}

void Rooms::remove(Slot slot) {
  Room& room = *rooms_[slot];
  PSD_ASSERT(room.members_total == 0 && !is_busy(room));
  close_line(room);
  for (const TimerId timer :
       {room.tick_timer, room.window_timer, room.linger_timer, room.tidy_timer}) {
    if (timer != kNoTimer) context_.timers.cancel(timer);
  }
  if (room.queued) std::erase(grown_, &room);
  if (room.grid != nullptr) {
    while (!room.grid->rooms().empty()) remove(room.grid->rooms().begin()->second);
  }
  if (Room* parent = room.cell ? find(room.cell->parent) : nullptr) {
    parent->grid->remove_room(room.cell->at);
  }
  if (room.cell) {
    --cells_open_;
    ++context_.stats.cells_closed;
  } else {
    ++context_.stats.rooms_removed;
  }
  if (room.moderation != nullptr) moderation_.let_go(room.name);
  by_name_.erase(by_name_.find(room.name));
  rooms_.release(slot);
}

void Rooms::join(JoinRequest& request) {
  if (waits(request)) return;
  auto answer = std::make_unique<JoinAnswer>();
  answer->session = request.session;
  answer->member = request.member;
  answer->view = request.view;
  answer->id = request.id;
  Room* room = request.is_cell               ? obtain_cell(request, *answer)
               : is_banned(request, *answer) ? nullptr
                                             : obtain(request, *answer);
  if (room == nullptr && answer->error == Error::ok) return;  // it waits for the store
  if (room != nullptr) answer->error = seat(*room, request, *answer);
  if (answer->error != Error::ok && request.is_cell) {
    refuse_cell(request);
  } else if (answer->error != Error::ok) {
    ++context_.stats.rooms_refused;
  } else if (room != nullptr && room->grid != nullptr) {
    // Before the answer, on which a member of this shard may be gone again.
    room->grid->watch(request.session, request.member);
    wish(*room, request.session, request.wish);
  }
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
  if (!room.cell) presence(room, "join", request.session, request.name);
  answer.has_since = request.has_since;
  answer.recovered = room.place_cursors(request, answer.cursors);
  answer.room = {slot_of(room), rooms_.handle(slot_of(room)).generation};
  answer.room_number = room.number;
  answer.epoch = room.epoch;
  if (room.rule->schema != nullptr) answer.rule = room.rule;
  answer.chat = room.last_seq(Lane::chat);
  answer.player_action = room.last_seq(Lane::player_action);
  // Who comes back may hold a state that is all gone: it is told so by an empty one.
  const bool had_state = request.has_since && room.state_version > 0;
  answer.is_grid = room.grid != nullptr;
  // A cell may replace the same cell at another rate, so it is told of even if nothing is in it.
  answer.has_state =
      room.cell.has_value() ||
      (!answer.is_grid && (room.state->has_full(request.format.flavour) || had_state));
  answer.state_hz = room.rule->hz(context_.options.state_hz);
  if (room.cell && room.cell->at.level > 0) {
    answer.state_hz = std::max(1u, answer.state_hz / room.rule->grid->far_divisor);
  }
  answer.members_total = room.members_total;
  if (room.cell) return Error::ok;
  fill_chat(room, request, answer);
  const u32 listed = request.lists_members ? context_.options.roster_max : 0;
  room.write_members(answer.members_json, listed);
  context_.emit(EventKind::client_discovered, request.session, room.name, Error::ok, request.name);
  return Error::ok;
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
  if (waits(letter)) return;
  u32 seat = letter.seat;
  const std::string_view name = letter.ask == nullptr ? std::string_view{} : letter.ask->room;
  Room* room = find_seated(letter.room, name, letter.session, seat);
  const bool seated =
      room != nullptr && seat < room->seats.size() && room->seats[seat].session == letter.session;
  if (seated) give_up_seat(*room, seat, letter);
  if (letter.ask != nullptr && letter.ask->wants_answer) answer_leave(letter, seated);
}

void Rooms::give_up_seat(Room& room, u32 seat, const LeaveLetter& letter) {
  const u8 format = letter.format.index();
  Viewer* viewer = room.viewer(letter.session.shard());
  PSD_ASSERT(viewer != nullptr && viewer->format_members[format] > 0);
  --viewer->format_members[format];
  if (--viewer->members == 0) {
    room.viewers.erase(room.viewers.begin() + (viewer - room.viewers.data()));
  }
  if (--room.formats[format]->members == 0 && format != 0) {
    room.formats[format]->unread_since_ms = context_.now.mono_ms;
    tidy_later(room);
  }
  const Name name = std::move(room.seats[seat].name);
  room.free_seat(seat);
  if (!room.cell) presence(room, "leave", letter.session, name.view());
  if (room.grid != nullptr) room.grid->unwatch(letter.session);
  if (room.moderation != nullptr) room.moderation->unseat(letter.session);
  if (room.owners != nullptr) give_up_entities(room, letter.session);
  linger(room);
}

void Rooms::linger(Room& room) {
  if (room.members_total > 0 || room.linger_timer != kNoTimer) return;
  // Who walks to and fro at a border has the same cell opened again and again.
  const u64 linger_ms = room.cell ? kCellLingerMs : context_.options.room_linger_ms;
  room.linger_timer = context_.timers.schedule(context_.now.mono_ms + linger_ms,
                                               timer_cookie(TimerKind::room_linger, slot_of(room)));
  if (room.cell) rest_cell(room);
}

Seq Rooms::publish(Room& room, const Publish& message, Refusal& refusal) {
  const auto& [lane, sender, payload, coded, chat, moderator] = message;
  if (lane == Lane::game_state) {
    refusal.error = room.state->merge({payload, coded, sender, room.owners.get()}, state_readers_,
                                      refusal.field);
    ++context_.stats.state_updates;
    if (refusal.error == Error::ok && room.grid != nullptr) follow_own(room, sender);
    if (room.state->dirty()) arm_tick(room);
    return 0;
  }
  ChatPayload says;
  if (lane == Lane::chat && !admit_chat(room, message, says, refusal)) return 0;
  return sequence(room, message, says, refusal);
}

Seq Rooms::sequence(Room& room, const Publish& message, const ChatPayload& says, Refusal& refusal) {
  const Lane lane = message.lane;
  const SessionUid sender = message.sender;
  const std::string_view payload = message.payload;
  const bool kept = lane == Lane::chat && room.line != nullptr;
  if (kept) refusal.error = may_store(room, payload.size());
  if (refusal.error != Error::ok) return 0;
  const MessageType type = lane == Lane::chat ? MessageType::chat : MessageType::player_action;
  const Seq seq = room.publish(lane, type, sender, payload);
  if (is_event(says.kind)) {
    room.book().apply({seq, context_.now.unix_ms, sender.value, says});
    ++context_.stats.chat_events;
  }
  if (kept) keep(room, sender, says.target, payload);
  context_.emit(EventKind::message_sent, sender, room.name, Error::ok, name(lane), payload.size());
  grown(room, lane);
  return seq;
}

// They are nobody's from now on, or gone with their owner, as the room's rule says.
void Rooms::give_up_entities(Room& room, SessionUid session) {
  const std::vector<std::string> entities = room.owners->leave(session);
  if (!room.rule->remove_on_leave) return;
  for (const std::string& entity : entities) room.state->remove(entity);
  if (room.state->dirty()) arm_tick(room);
}

void Rooms::arm_tick(Room& room) {
  if (room.tick_timer != kNoTimer) return;
  const u64 period_ms = std::max(1u, 1000 / room.rule->hz(context_.options.state_hz));
  room.tick_timer = context_.timers.schedule(room.last_tick_ms + period_ms,
                                             timer_cookie(TimerKind::room_tick, slot_of(room)));
}

void Rooms::publish(PublishLetter& letter) {
  const Parcel parcel = open_parcel(letter.parcel);
  if (waits(letter, parcel)) return;
  u32 seat = kNoSlot;
  Room* room = find_seated(letter.room, parcel.room, letter.sender, seat);
  Refusal refusal;
  Seq seq = 0;
  const Publish message{.lane = static_cast<Lane>(letter.lane),
                        .sender = letter.sender,
                        .payload = parcel.payload,
                        .coded = letter.coded,
                        .chat = letter.chat,
                        .moderator = letter.moderator};
  if (room == nullptr) {
    refusal = {.error = Error::not_joined, .field = "room"};
  } else if (looks_back(*room, letter, message, refusal)) {
    if (refusal.error == Error::ok) return;
  } else if (message.lane == Lane::chat && stores_first(*room)) {
    if (hold(*room, letter, message, refusal)) return;
  } else {
    seq = publish(*room, message, refusal);
  }
  if (!parcel.id.empty() || refusal.error != Error::ok) answer_parcel(letter, seq, refusal);
}

void Rooms::on_timer(TimerKind kind, Slot slot) {
  Room& room = *rooms_[slot];
  if (kind == TimerKind::room_tick) {
    room.tick_timer = kNoTimer;
    tick(room);
  } else if (kind == TimerKind::room_window) {
    room.window_timer = kNoTimer;
    room.actions_due = true;
    touch(room);
  } else if (kind == TimerKind::room_tidy) {
    room.tidy_timer = kNoTimer;
    const bool unread = room.close_unread_formats(kFormatLingerMs);
    const bool too_fresh = room.trim();
    room.rest_coder();
    if (unread || too_fresh) tidy_later(room);
    tell_begins(room);
  } else if (kind == TimerKind::room_linger) {
    room.linger_timer = kNoTimer;
    if (!is_busy(room)) return remove(slot);
    room.linger_timer = context_.timers.schedule(context_.now.mono_ms + kBusyLookMs,
                                                 timer_cookie(TimerKind::room_linger, slot));
  } else if (kind == TimerKind::room_store) {
    room.line->retry_timer = kNoTimer;
    try_again(room);
  }
}

}  // namespace perseid
