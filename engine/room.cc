#include "engine/room.h"

#include <algorithm>
#include <cstring>

#include "codec/frame.h"
#include "codec/json_text.h"
#include "engine/answers.h"
#include "engine/room_state.h"
#include "engine/typed_state.h"

namespace perseid {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

std::unique_ptr<FormatLogs> logs_from(const std::array<Seq, kLanes>& first_seqs) {
  return std::make_unique<FormatLogs>(
      FormatLogs{.lanes = {LaneLog(first_seqs[0]), LaneLog(first_seqs[1]), LaneLog(first_seqs[2]),
                           LaneLog(first_seqs[3])},
                 .keyframe = {},
                 .snapshot = {}});
}

std::unique_ptr<StateModel> state_for(Context& context, const RoomRule& rule) {
  const KeyedHash hash{context.config.hash_key};
  const u32 entities_max = rule.entities_max.value_or(~0u);
  const bool owned = rule.ownership == Ownership::first_writer;
  if (rule.schema == nullptr) {
    return std::make_unique<RoomState>(context.options, hash, entities_max, owned);
  }
  return std::make_unique<TypedState>(context.options, hash, rule.schema, entities_max,
                                      &context.keyframe_models, owned);
}

u32 header_bytes_of(Bytes frame) {
  const u32 length = frame[1] & 0x7fu;
  return length < 126 ? 2 : length == 126 ? 4 : 10;
}

}  // namespace

Room::Room(Context& context, std::string_view room_name, u32 room_number, std::string room_epoch,
           std::shared_ptr<const RoomRule> room_rule)
    : name(room_name),
      name_json(escaped(room_name)),
      number(room_number),
      epoch(std::move(room_epoch)),
      rule(std::move(room_rule)),
      state(state_for(context, *rule)),
      owners(rule->ownership == Ownership::first_writer
                 ? std::make_unique<EntityOwners>(KeyedHash{context.config.hash_key})
                 : nullptr),
      grid(rule->grid ? std::make_unique<Grid>(*rule->grid, *rule->schema,
                                               KeyedHash{context.config.hash_key})
                      : nullptr),
      context_(context) {
  formats[0] = logs_from({1, 1, 1, 1});
}

// What it sends bears the grid's name and number.
Room::Room(Context& context, const Room& of, Handle parent, std::string_view cell_name,
           const Cell& at)
    : name(cell_name),
      name_json(of.name_json),
      number(of.number),
      epoch(of.epoch),
      rule(of.rule),
      state(state_for(context, *rule)),
      cell(CellOf{parent, at}),
      context_(context) {
  formats[0] = logs_from({1, 1, 1, 1});
}

Room::~Room() {
  for (u8 i = 0; i < kWireFormats; ++i) {
    if (formats[i] != nullptr) close_format(WireFormat::at(i));
  }
  context_.stats.coder_bytes += u64{0} - coder_bytes_counted_;
}

// Sequenced lanes are history and are always written in plain JSON; the others only where somebody
// reads them.
FormatLogs* Room::writable(Lane lane, WireFormat format) const {
  FormatLogs* logs = formats[format.index()].get();
  return logs == nullptr || (logs->members == 0 && !is_sequenced(lane)) ? nullptr : logs;
}

template <class Write>
void Room::append(Lane lane, const std::array<std::size_t, 2>& bytes, Write&& write) {
  for (const Flavour flavour : {Flavour::json, Flavour::bin}) {
    append_flavour(lane, flavour, bytes[static_cast<u8>(flavour)], true, write);
  }
}

template <class Write>
void Room::append_flavour(Lane lane, Flavour flavour, std::size_t bytes, bool deflatable,
                          Write&& write) {
  FormatLogs* plain = writable(lane, {flavour, false});
  FormatLogs* packed = writable(lane, {flavour, true});
  const auto size_bytes = static_cast<u32>(bytes);
  u8* frame = nullptr;
  if (plain != nullptr) {
    frame = plain->lanes[index(lane)].append(context_.pool, size_bytes);
    write(flavour, frame);
  }
  if (packed != nullptr) {
    SegmentHold* temporary = nullptr;
    if (frame == nullptr) {
      temporary = context_.pool.acquire(size_bytes);
      frame = temporary->segment->data();
      write(flavour, frame);
    }
    LaneLog& log = packed->lanes[index(lane)];
    deflatable ? append_packed(log, {frame, size_bytes}) : append_plain(log, {frame, size_bytes});
    if (temporary != nullptr) context_.pool.drop(temporary);
  }
  grown_lanes |= static_cast<u8>(1u << index(lane));
}

// The shorter form of a frame for readers that inflate: RFC 7692 section 6 lets us choose message
// by message. No context takeover, so the frame serves every member. Empty if compressing does not
// pay.
Bytes Room::pack(Bytes plain_frame) {
  const Bytes message = plain_frame.subspan(header_bytes_of(plain_frame));
  if (message.size() < context_.options.compress_from_bytes) return {};
  if (context_.deflater == nullptr) context_.deflater = std::make_unique<Deflater>(u8{15}, false);
  const Bytes packed = context_.deflater->deflate(message);
  return packed.size() < message.size() ? packed : Bytes{};
}

void Room::append_plain(LaneLog& log, Bytes frame) {
  std::memcpy(log.append(context_.pool, static_cast<u32>(frame.size())), frame.data(),
              frame.size());
}

void Room::append_packed(LaneLog& log, Bytes plain_frame) {
  const Bytes packed = pack(plain_frame);
  if (packed.empty()) return append_plain(log, plain_frame);
  u8* out = log.append(context_.pool,
                       server_header_bytes(packed.size()) + static_cast<u32>(packed.size()));
  out += write_frame_header(out, static_cast<Opcode>(plain_frame[0] & 0x0f), packed.size(), true);
  std::memcpy(out, packed.data(), packed.size());
}

Seq Room::publish(Lane lane, MessageType type, SessionUid sender, std::string_view payload) {
  const Seq seq = canonical().lanes[index(lane)].next_seq();
  const Delivery delivery{.type = type,
                          .room_escaped = name_json,
                          .room_number = number,
                          .seq = seq,
                          .sender = sender.value,
                          .timestamp_unix_ms = context_.now.unix_ms,
                          .payload = payload};
  append_message(delivery);
  ++context_.stats.messages_sequenced;
  return seq;
}

void Room::append_message(const Delivery& delivery) {
  append(lane_of(delivery.type),
         {delivery_bytes(Flavour::json, delivery), delivery_bytes(Flavour::bin, delivery)},
         [&](Flavour flavour, u8* out) { write_delivery(flavour, delivery, out); });
}

void Room::notice(std::string_view json) {
  append(Lane::system, {system_bytes(Flavour::json, json), system_bytes(Flavour::bin, json)},
         [&](Flavour flavour, u8* out) { write_system(flavour, json, out); });
}

bool Room::anybody_reads(Flavour flavour) const {
  return writable(Lane::game_state, {flavour, false}) != nullptr ||
         writable(Lane::game_state, {flavour, true}) != nullptr;
}

StateDelivery Room::state_delivery(Flavour flavour, bool full, std::string_view payload) const {
  const bool coded = flavour == Flavour::bin && state->coded();
  Bytes packed;
  if (flavour == Flavour::bin && !coded) packed = pack_by_dictionary(as_bytes(payload));
  return {.room_escaped = name_json,
          .room_number = number,
          .tick = tick_number,
          .full = full,
          .coded = coded,
          .packed = !packed.empty(),
          .cell = cell ? StateCell{.present = true,
                                   .x = cell->at.x,
                                   .y = cell->at.y,
                                   .level = cell->at.level}
                       : StateCell{},
          .payload = packed.empty() ? payload : as_text(packed)};
}

// Empty if there is no dictionary or nothing is won. Lives until the next call.
Bytes Room::pack_by_dictionary(Bytes payload) const {
  if (context_.config.dictionary == nullptr) return {};
  if (context_.dictionary == nullptr) {
    context_.dictionary = std::make_unique<DictionaryCoder>(context_.config.dictionary);
  }
  return context_.dictionary->compress(payload);
}

void Room::append_state(Flavour flavour, std::string_view payload) {
  const StateDelivery delta = state_delivery(flavour, false, payload);
  // What is coded or packed does not deflate.
  append_flavour(Lane::game_state, flavour, state_bytes(flavour, delta),
                 !delta.coded && !delta.packed,
                 [&](Flavour, u8* out) { write_state(flavour, delta, out); });
  for (const bool deflate : {false, true}) note_delta({flavour, deflate});
  ++context_.stats.state_encodings;
}

// What the tick has added to this format's log.
void Room::note_delta(WireFormat format) {
  FormatLogs* logs = writable(Lane::game_state, format);
  if (logs == nullptr) return;
  const LaneLog& log = logs->lanes[index(Lane::game_state)];
  const u32 added_bytes = log.end() - logs->deltas_end;
  logs->delta_bytes = std::max(added_bytes, logs->delta_bytes - logs->delta_bytes / 16);
  logs->deltas_end = log.end();
}

// By its own deltas: a far cell ticks only at some of the grid's numbers.
bool Room::checksum_due() const {
  return rule->checksum_every_ticks != 0 && deltas_taken_ % rule->checksum_every_ticks == 0;
}

void Room::tick() {
  last_tick_ms = context_.now.mono_ms;
  ++state_version;
  if (members_total == 0) {
    if (state->dirty()) ++tick_number;  // whoever comes next sees another state than was there
    state->settle();
    return drop_old_keyframes();
  }
  StateDelta& delta = context_.state_delta;
  delta.wants_json = anybody_reads(Flavour::json);
  delta.wants_bin = anybody_reads(Flavour::bin);
  delta.wants_checksum = checksum_due();
  if (!state->take_delta(delta)) return;
  ++tick_number;
  ++deltas_taken_;
  if (delta.wants_json) append_state(Flavour::json, delta.json);
  if (delta.wants_bin) append_state(Flavour::bin, state->coded() ? delta.bin : delta.json);
  ++context_.stats.state_ticks;
  drop_old_keyframes();
  count_coder();
}

void Room::rest_coder() {
  if (anybody_reads(Flavour::bin)) return;
  state->rest();
  count_coder();
}

void Room::count_coder() {
  const u64 bytes = state->coder_bytes();
  context_.stats.coder_bytes += bytes - coder_bytes_counted_;
  coder_bytes_counted_ = bytes;
}

u32 Room::take_seat(SessionUid session, std::string_view member_name) {
  u32 seat = static_cast<u32>(seats.size());
  if (free_seats_.empty()) {
    seats.emplace_back();
  } else {
    seat = free_seats_.back();
    free_seats_.pop_back();
  }
  seats[seat] = {session, Name(member_name)};
  latest_seats_[seats_taken_++ % latest_seats_.size()] = seat;
  ++members_total;
  return seat;
}

void Room::free_seat(u32 seat) {
  PSD_ASSERT(seat < seats.size() && seats[seat].session);
  seats[seat] = {};
  if (seat < dropped_.size()) dropped_[seat] = false;
  free_seats_.push_back(seat);
  --members_total;
}

void Room::set_dropped(u32 seat, bool dropped) {
  if (seat >= dropped_.size()) dropped_.resize(seat + 1);
  dropped_[seat] = dropped;
}

u32 Room::seat_of(SessionUid session) const {
  for (const u32 seat : latest_seats_) {
    if (seat < seats.size() && seats[seat].session == session) return seat;
  }
  const auto it =
      std::find_if(seats.begin(), seats.end(), [&](const Seat& s) { return s.session == session; });
  return it == seats.end() ? kNoSlot : static_cast<u32>(it - seats.begin());
}

Viewer* Room::viewer(ShardId shard) {
  const auto it = std::find_if(viewers.begin(), viewers.end(),
                               [&](const Viewer& v) { return v.shard == shard; });
  return it == viewers.end() ? nullptr : &*it;
}

void Room::open_format(WireFormat format) {
  std::unique_ptr<FormatLogs>& logs = formats[format.index()];
  if (logs != nullptr) return;
  ++context_.stats.formats_opened;
  std::array<Seq, kLanes> first_seqs{};
  for (u8 lane = 0; lane < kLanes; ++lane) first_seqs[lane] = canonical().lanes[lane].first_seq();
  logs = logs_from(first_seqs);
  // System and state need no transcript: a joiner gets a roster and a keyframe. Nothing in it is
  // compressed, in no format: a joiner must not make us work through a whole history.
  for (const Lane lane : {Lane::player_action, Lane::chat}) {
    LaneLog& log = logs->lanes[index(lane)];
    const LaneLog& source = canonical().lanes[index(lane)];
    source.visit(source.first_seq(), ~Seq{0}, [&](Seq, Bytes frame) {
      if (format.flavour == Flavour::json) return append_plain(log, frame);
      Delivery delivery;
      PSD_ASSERT(read_delivery_json(delivery_json(frame), delivery));
      delivery.room_number = number;
      const auto size_bytes = static_cast<u32>(delivery_bytes(Flavour::bin, delivery));
      write_delivery(Flavour::bin, delivery, log.append(context_.pool, size_bytes));
    });
    log.told(context_.now.mono_ms);
  }
}

bool Room::close_unread_formats(u64 after_ms) {
  bool waiting = false;
  for (u8 i = 1; i < kWireFormats; ++i) {
    if (formats[i] == nullptr || formats[i]->members > 0) continue;
    if (context_.now.mono_ms - formats[i]->unread_since_ms >= after_ms) {
      close_format(WireFormat::at(i));
    } else {
      waiting = true;
    }
  }
  return waiting;
}

void Room::close_format(WireFormat format) {
  std::unique_ptr<FormatLogs>& logs = formats[format.index()];
  for (LaneLog& log : logs->lanes) log.clear(context_.pool);
  drop(logs->keyframe);
  drop(logs->snapshot);
  logs.reset();
}

}  // namespace perseid
