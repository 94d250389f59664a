// What comes to a ClientCore: messages of both flavours, told apart and handed on.
#include <algorithm>

#include "codec/client_id.h"
#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {
namespace {

std::vector<Reaction> read_reactions(std::string_view raw) {
  std::vector<Reaction> out;
  for (JsonWalk walk(raw); walk.next();) {
    out.push_back({.emoji = json_text(json_member(walk.value(), "emoji")),
                   .count = static_cast<u32>(json_u64(json_member(walk.value(), "count"))),
                   .mine = json_true(json_member(walk.value(), "mine"))});
  }
  return out;
}

// One member of a delivery, or of what has become of it.
void read_mark(std::string_view key, std::string_view value, Message& out) {
  if (key == "edited") out.edited = json_true(value);
  if (key == "deleted") out.deleted = json_true(value);
  if (key == "edited_timestamp") out.edited_timestamp_ms = json_u64(value);
  if (key == "reactions") out.reactions = read_reactions(value);
}

StateCell read_cell(std::string_view raw) {
  StateCell cell{.present = true};
  JsonWalk walk(raw);
  if (walk.next()) cell.x = static_cast<std::int32_t>(json_double(walk.value()).value_or(0));
  if (walk.next()) cell.y = static_cast<std::int32_t>(json_double(walk.value()).value_or(0));
  return cell;
}

std::string_view sender_text(u64 uid, char (&buffer)[kClientIdBytes]) {
  if (uid == 0) return kRelaySender;
  write_client_id(uid, buffer);
  return {buffer, kClientIdBytes};
}

}  // namespace

// Members of a delivery in JSON, by whoever asks: live ones and those of a history's answer.
struct JsonDelivery {
  explicit JsonDelivery(std::string_view object) {
    for (JsonWalk walk(object); walk.next();) take(walk.key(), walk.value());
    message.is_private = room.empty();
    message.action = type == "player_action";
    message.room = room;
    message.sender = sender;
  }
  void take(std::string_view key, std::string_view value) {
    if (key == "type")
      type = value.substr(1, value.size() - std::min<std::size_t>(value.size(), 2));
    if (key == "room") room = json_text(value);
    if (key == "sender") sender = json_text(value);
    if (key == "seq") message.seq = json_u64(value);
    if (key == "timestamp") message.timestamp_ms = json_u64(value);
    if (key == "payload") message.payload = message.wire = state.payload = value;
    if (key == "tick") state.tick = json_u64(value);
    if (key == "full") state.full = json_true(value);
    if (key == "cell") state.cell = read_cell(value);
    if (key == "level") level = static_cast<u8>(json_u64(value));
    read_mark(key, value, message);
  }
  std::string_view type;
  std::string room;
  std::string sender;
  u8 level = 0;
  Message message;
  StateDelivery state;
};

// For history's answers (room.cc): calls with each message.
void each_message(std::string_view room, std::string_view messages,
                  const std::function<void(const Message&)>& call) {
  for (JsonWalk walk(messages); walk.next();) {
    JsonDelivery delivery(walk.value());
    delivery.message.room = room;
    delivery.message.is_private = false;
    delivery.message.old = true;
    call(delivery.message);
  }
}

void ClientCore::count_in(Lane lane, std::size_t bytes) {
  LaneStats& stats = stats_.lanes[static_cast<u8>(lane)];
  ++stats.messages_in;
  stats.bytes_in += bytes;
}

RoomData* ClientCore::room_of(std::string_view message) {
  return data(json_text(json_member(message, "room")));
}

RoomData* ClientCore::room_numbered(u32 number) {
  const auto at = numbers_.find(number);
  return at == numbers_.end() ? nullptr : at->second;
}

void ClientCore::on_message(Opcode opcode, std::string_view message) {
  if (opcode == Opcode::binary) {
    on_binary(message);
  } else {
    on_json(message);
  }
}

void ClientCore::on_json(std::string_view message) {
  constexpr std::string_view kSystem = R"({"type":"system")";
  if (message.starts_with(kSystem)) return on_system(message);
  JsonDelivery delivery(message);
  RoomData* room = delivery.room.empty() ? nullptr : data(delivery.room);
  if (delivery.type == "chat" || delivery.type == "player_action") {
    count_in(delivery.message.action ? Lane::action : Lane::chat, message.size());
    return deliver(room, delivery.message);
  }
  if (delivery.type == "system") return on_system(message);
  if (delivery.type != "game_state") {
    ++stats_.malformed;
    return;
  }
  count_in(Lane::state, message.size());
  delivery.state.cell.level = delivery.level;
  if (room != nullptr) take_state(*room, delivery.state);
}

void ClientCore::on_binary(std::string_view bytes) {
  BinaryMessage read;
  if (!read_delivery_binary(as_bytes(bytes), read)) {
    ++stats_.malformed;
    return;
  }
  if (read.kind == BinaryKind::system) return on_system(read.system);
  if (read.kind == BinaryKind::game_state || read.kind == BinaryKind::coded_state) {
    count_in(Lane::state, bytes.size());
    if (RoomData* room = room_numbered(read.state.room_number)) take_state(*room, read.state);
    return;
  }
  const Delivery& from = read.delivery;
  RoomData* room = from.to != 0 ? nullptr : room_numbered(from.room_number);
  char sender[kClientIdBytes];
  Message message;
  message.action = from.type == MessageType::player_action;
  message.room = room != nullptr ? std::string_view(room->name) : std::string_view();
  message.sender = sender_text(from.sender, sender);
  message.seq = from.seq;
  message.timestamp_ms = from.timestamp_unix_ms;
  message.payload = message.wire = from.payload;
  message.is_private = from.to != 0;
  const std::string marks = "{" + std::string(from.marks) + "}";
  for (JsonWalk walk(marks); walk.next();) read_mark(walk.key(), walk.value(), message);
  count_in(message.action ? Lane::action : Lane::chat, bytes.size());
  deliver(room, message);
}

void ClientCore::deliver(RoomData* room, Message& message) {
  if (message.is_private) {
    if (on_.direct) on_.direct(message);
    return;
  }
  if (room == nullptr || room->phase != RoomPhase::joined) return;
  if (message.seq != 0 && !take_seq(*room, message)) return;
  if (room->unsure != 0) match_unsure(*room, message);
  if (message.seq != 0 && message.sender == client_id_) note_own(*room, message);
  hand_on(*room, message);
  if (room->unsure != 0 && room->caught_up()) be_sure(*room);
}

void ClientCore::hand_on(RoomData& room, Message& message) {
  std::string plain;
  if (room.options.encryption != nullptr && !open(room, message, plain)) return;
  const Room& owner = *find(room.name);
  const auto& handler = message.action ? owner.on.action : owner.on.chat;
  if (handler) handler(message);
}

// False: it was handed on before.
bool ClientCore::take_seq(RoomData& room, Message& message) {
  u64& last = room.seq_of(message.action);
  if (message.seq > last) {
    if (message.seq > last + 1) missed(room, message.action, last + 1, message.seq - 1);
    last = message.seq;
    return true;
  }
  message.old = !message.action && message.seq <= room.old_until;
  if (!message.old) ++stats_.duplicates;
  return message.old;
}

void ClientCore::missed(RoomData& room, bool action, u64 from, u64 to) {
  const Lane lane = action ? Lane::action : Lane::chat;
  stats_.lanes[static_cast<u8>(lane)].lost += to - from + 1;
  const Room& owner = *find(room.name);
  if (owner.on.gap) owner.on.gap({.lane = lane, .from = from, .to = to});
}

void ClientCore::on_gap(std::string_view message) {
  RoomData* room = room_of(message);
  if (room == nullptr || room->phase != RoomPhase::joined) return;
  const bool action = json_text(json_member(message, "lane")) == "player_action";
  u64& last = room->seq_of(action);
  const u64 from = std::max(json_u64(json_member(message, "from")), last + 1);
  const u64 to = json_u64(json_member(message, "to"));
  if (to < from) return;  // told, or seen, already
  last = to;
  missed(*room, action, from, to);
  if (room->unsure != 0 && room->caught_up()) be_sure(*room);
}

// By the relay's dictionary. False: it is not here yet, or the bytes are no such frame.
bool ClientCore::unpack(StateDelivery& state) {
  if (unpacker_ == nullptr) return false;
  if (!unpacker_->decompress(as_bytes(state.payload), config_.message_bytes_max, unpacked_)) {
    return false;
  }
  state.payload = unpacked_;
  return true;
}

void ClientCore::take_state(RoomData& room, StateDelivery& state) {
  if (room.phase != RoomPhase::joined) return;
  if (state.packed && fetch_ != nullptr) return;  // its end asks for a whole state
  if ((state.packed && !unpack(state)) || !room.state.apply(state)) {
    ++stats_.state_refused;
    return ask_keyframe(room);
  }
  const RoomState& now = room.state;
  if (room.timeline != nullptr) {
    room.timeline->add(state.tick, now.entities(), now.touched(), now.gone(), now_ms(),
                       state.cell.level != 0 ? room.far_divisor : 1);
  }
  const Room& owner = *find(room.name);
  if (!owner.on.state) return;
  owner.on.state(
      {.tick = state.tick, .full = state.full, .touched = now.touched(), .gone = now.gone()});
}

}  // namespace sdk
}  // namespace perseid
