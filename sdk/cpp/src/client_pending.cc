// What waits in a ClientCore: publishes and requests, from the call that makes them to their
// answer.
#include <algorithm>

#include "codec/client_id.h"
#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/sealed_payload.h"

namespace perseid {
inline namespace sdk {
namespace {

constexpr double kKeyframeMs = 1000;  // the relay sends no more of them

BinaryKind kind_of(Pending::Kind kind) {
  return kind == Pending::Kind::chat ? BinaryKind::chat : BinaryKind::player_action;
}

std::string_view type_of(bool action) {
  return action ? "player_action" : "chat";
}

std::string publish_json(std::string_view type, std::string_view key, std::string_view target,
                         std::string_view payload, u64 id) {
  std::string out = R"({"type":")" + std::string(type) + "\"";
  append_json_key(out, key);
  append_json_string(out, target);
  (out += ",\"payload\":") += payload;
  if (id != 0) out += ",\"id\":" + std::to_string(id);
  return out + "}";
}

std::size_t wire_bytes_max(const Pending& pending) {
  const std::size_t plain = pending.body.size();
  return pending.cipher != nullptr ? sealed_payload_bytes_max(plain) : plain;
}

Result refused_payload(Error error) {
  return {.cause = Cause::invalid, .error = error, .code = std::string(info(error).code)};
}

}  // namespace

bool ClientCore::room_left_for(const Pending& pending) const {
  return phase_ != Phase::closed && pending_.size() < config_.queue_messages_max &&
         pending_bytes_ + pending.body.size() <= config_.queue_bytes_max;
}

bool ClientCore::publish(Pending pending) {
  pending.body = trimmed_json(pending.body);  // so that it reads as it will be relayed
  if (const RoomData* room = data(pending.room)) pending.cipher = room->options.encryption;
  Result refused;
  if (phase_ == Phase::closed) {
    refused.cause = Cause::closed;
  } else if (!room_left_for(pending)) {
    refused.cause = Cause::queue_full;
  } else if (wire_bytes_max(pending) + (signer_ != nullptr ? kSignatureBytesMax : 0) >
             config_.payload_bytes_max) {
    refused = refused_payload(Error::payload_too_large);
  } else if (!is_valid_json(pending.body)) {
    refused = refused_payload(Error::invalid_json);
  } else if (signer_ != nullptr && pending.cipher == nullptr && !pending.body.starts_with('{')) {
    refused = refused_payload(Error::bad_value);
    refused.message = "Only an object can be signed.";
    refused.field = "payload";
  }
  if (!refused.ok()) {
    if (pending.done) later([done = std::move(pending.done), refused] { done(refused); });
    return false;
  }
  request(std::move(pending));
  return true;
}

// Requests are the application's own few; only publishes are refused for want of room.
void ClientCore::request(Pending pending) {
  if (phase_ == Phase::closed) {
    if (pending.answer) {
      later([answer = std::move(pending.answer)] { answer({.cause = Cause::closed}, {}); });
    }
    return;
  }
  const u64 id = ++last_id_;
  pending_bytes_ += pending.body.size();
  pending_.emplace(id, std::move(pending));
  unsent_.push_back(id);
}

bool ClientCore::may_send(const Pending& pending) {
  if (pending.unsure) return false;
  if (pending.room.empty()) return true;
  const RoomData* room = data(pending.room);
  // In a room that it knows to have left, the relay's own error is the answer.
  return room == nullptr || room->phase == RoomPhase::left ||
         (room->phase == RoomPhase::joined && room->unsure == 0);
}

// The relay knows a repetition among the last publishes that it was sent, answered ones too: so a
// new one waits while an older, unanswered one would fall out of that.
bool ClientCore::is_remembered(const Pending& pending) const {
  if (pending.kind == Pending::Kind::request || pending.ordinal != 0) return true;
  return open_ordinals_.empty() ||
         publishes_sent_ + 1 - *open_ordinals_.begin() < config_.in_flight_max;
}

void ClientCore::flush_pending() {
  if (now_ms() < paused_until_ms_) return;
  std::vector<u64> blocked;
  std::set<std::string> held;  // rooms, so that each one's order stays
  while (!unsent_.empty() && in_flight_ < config_.in_flight_max &&
         socket_->unsent_bytes() <= config_.unsent_bytes_max) {
    const u64 id = unsent_.front();
    unsent_.pop_front();
    const auto at = pending_.find(id);
    if (at == pending_.end()) continue;
    const Pending& pending = at->second;
    if (!is_remembered(pending)) held.insert(pending.room);
    if (may_send(pending) && (pending.sent || !held.contains(pending.room))) {
      if (seal(at->second)) {
        write(id, at->second);
      } else {
        later([this, id] { complete(id, {.cause = Cause::invalid}); });  // never in plain text
      }
    } else {
      blocked.push_back(id);
    }
  }
  unsent_.insert(unsent_.begin(), blocked.begin(), blocked.end());
}

void ClientCore::write(u64 id, Pending& pending) {
  pending.repeated = pending.sent;
  if (pending.repeated) ++stats_.repeated;
  if (const RoomData* room = data(pending.room); room != nullptr && !pending.sent) {
    pending.after = pending.kind == Pending::Kind::action ? room->action_seq : room->chat_seq;
  }
  pending.on_link = pending.sent = true;
  if (pending.kind != Pending::Kind::request && pending.ordinal == 0) {
    pending.ordinal = ++publishes_sent_;
    open_ordinals_.insert(pending.ordinal);
  }
  pending.client = client_id_;
  ++in_flight_;
  if (pending.kind != Pending::Kind::request) return write_publish(id, pending);
  send_system(R"({"type":"system","op":")" + pending.op + R"(","id":)" + std::to_string(id) +
              pending.body + "}");
}

void ClientCore::write_publish(u64 id, const Pending& pending) {
  const bool action = pending.kind == Pending::Kind::action;
  const Lane lane = action ? Lane::action : Lane::chat;
  if (!binary()) {
    const bool direct = pending.room.empty();
    return send_message(lane, publish_json(type_of(action), direct ? "to" : "room",
                                           direct ? pending.to : pending.room, pending.wire(), id));
  }
  BinaryRequest request{.kind = kind_of(pending.kind),
                        .target = BinaryTarget::room_name,
                        .room = pending.room,
                        .id_kind = BinaryId::number,
                        .id_number = id,
                        .json = pending.wire()};
  if (pending.room.empty()) {
    const bool named = pending.to.starts_with('@');
    request.target = named ? BinaryTarget::user_name : BinaryTarget::client;
    request.to_name = std::string_view(pending.to).substr(named ? 1 : 0);
    if (!named && !read_client_id(pending.to, request.to)) request.to = ~u64{0} >> 1;  // of nobody
  } else if (const RoomData* room = data(pending.room); room != nullptr && room->number != 0) {
    request.target = BinaryTarget::room_number;
    request.room_number = room->number;
  }
  std::string bytes;
  append_binary_request(bytes, request);
  send_message(lane, bytes);
}

bool ClientCore::send_now(RoomData& room, bool action, std::string_view payload) {
  // What is repeated goes first, lest its count becomes too old for the relay.
  // If it has to wait, this one is not sent.
  if (signer_ != nullptr && is_ready()) {
    if (!unsent_.empty() && now_ms() < paused_until_ms_) return false;
    flush_pending();
  }
  if (!is_ready() || room.phase != RoomPhase::joined) return false;
  if (socket_->unsent_bytes() > config_.unsent_bytes_max || !is_valid_json(payload)) return false;
  const Lane lane = action ? Lane::action : Lane::chat;
  std::string sealed;
  if (RoomCipher* cipher = room.options.encryption.get(); cipher != nullptr || signer_ != nullptr) {
    sealed = wire_of({.action = action, .room = room.name}, cipher, trimmed_json(payload));
    if (sealed.empty()) return false;
    payload = sealed;
  }
  if (!binary()) {
    send_message(lane, publish_json(type_of(action), "room", room.name, payload, 0));
    return true;
  }
  std::string bytes;
  append_binary_request(bytes, {.kind = action ? BinaryKind::player_action : BinaryKind::chat,
                                .room_number = room.number,
                                .json = payload});
  send_message(lane, bytes);
  return true;
}

// Flushing may tell that the link has ended: then it waits for the next.
bool ClientCore::state_may_leave(std::size_t unsent_bytes_max) {
  if (socket_->unsent_bytes() > unsent_bytes_max) socket_->flush();
  return is_ready() && socket_->unsent_bytes() <= unsent_bytes_max;
}

void ClientCore::flush_states(std::size_t unsent_bytes_max) {
  for (auto& [name, owner] : rooms_) {
    RoomData& room = *owner->data_;
    if (room.phase != RoomPhase::joined) continue;
    while (!room.out.empty() && state_may_leave(unsent_bytes_max)) {
      std::string payload;
      const bool coded = room.out.take(binary() ? room.state.schema() : nullptr, payload);
      if (!binary()) {
        send_message(Lane::state, publish_json("game_state", "room", name, payload, 0));
        continue;
      }
      std::string bytes;
      append_binary_request(bytes,
                            {.kind = coded ? BinaryKind::coded_state : BinaryKind::game_state,
                             .room_number = room.number,
                             .json = payload});
      send_message(Lane::state, bytes);
    }
  }
}

void ClientCore::send_system(std::string_view json) {
  if (!binary()) return send_message(Lane::system, json);
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::system, .json = json});
  send_message(Lane::system, bytes);
}

void ClientCore::send_message(Lane lane, std::string_view bytes) {
  if (socket_ == nullptr) return;  // closed meanwhile, by a callback
  LaneStats& stats = stats_.lanes[static_cast<u8>(lane)];
  ++stats.messages_out;
  stats.bytes_out += bytes.size();
  socket_->send(binary() ? Opcode::binary : Opcode::text, bytes);
}

void ClientCore::complete(u64 id, const Result& result, std::string_view answer) {
  const auto at = pending_.find(id);
  if (at == pending_.end()) return;
  const Pending pending = std::move(at->second);
  pending_.erase(at);
  pending_bytes_ -= pending.body.size();
  if (pending.on_link) --in_flight_;
  open_ordinals_.erase(pending.ordinal);
  if (RoomData* room = pending.unsure ? data(pending.room) : nullptr) --room->unsure;
  note_acknowledged(pending, result);
  if (pending.done) pending.done(result);
  if (pending.answer) pending.answer(result, answer);
}

// The connection is gone: everything waits again, in the order in which it was made.
void ClientCore::unlink_pending() {
  unsent_.clear();
  in_flight_ = 0;
  for (auto& [id, pending] : pending_) {
    pending.on_link = false;
    unsent_.push_back(id);
  }
}

// Another session: what was sent in the last one may have arrived, or not.
void ClientCore::doubt_pending() {
  open_ordinals_.clear();
  publishes_sent_ = 0;
  for (auto& [name, room] : rooms_) room->data_->in_session = false;
  std::vector<std::pair<u64, Result>> known;
  for (auto& [id, pending] : pending_) {
    RoomData* room = data(pending.room);
    if (pending.sent && pending.kind != Pending::Kind::request) {  // those are asked again
      pending.unsure = true;
      if (room != nullptr) ++room->unsure;
    }
    pending.sent = false;
    pending.ordinal = 0;
    // Of private messages nothing comes that would tell.
    if (pending.unsure && pending.seen.seq != 0) {
      known.emplace_back(id, pending.seen);
    } else if (pending.unsure && room == nullptr) {
      known.emplace_back(id, Result{.cause = Cause::unconfirmed});
    }
  }
  for (const auto& [id, result] : known) complete(id, result);
}

// A publish of ours is delivered before it is acknowledged. If the session ends between the two, no
// recovery brings it again.
void ClientCore::note_own(const RoomData& room, const Message& message) {
  std::size_t left = open_ordinals_.size();
  for (auto at = pending_.begin(); at != pending_.end() && left != 0; ++at) {
    Pending& pending = at->second;
    if (pending.ordinal == 0) continue;
    --left;
    if (pending.room != room.name || pending.seen.seq != 0) continue;
    if (pending.kind != (message.action ? Pending::Kind::action : Pending::Kind::chat)) continue;
    if (pending.wire() != message.payload) continue;
    pending.seen.seq = message.seq;
    pending.seen.timestamp_ms = message.timestamp_ms;
    return;
  }
}

// Of the same text, an older one is another publish: they are acknowledged in their order.
void ClientCore::note_acknowledged(const Pending& pending, const Result& result) {
  if (pending.kind == Pending::Kind::request || !result.ok()) return;
  RoomData* room = data(pending.room);
  if (room == nullptr) return;
  u64& own = room->own_seq(pending.kind == Pending::Kind::action);
  own = std::max(own, result.seq);
}

// A delivery that is a publish of ours, sent in an earlier session, has arrived.
void ClientCore::match_unsure(RoomData& room, const Message& message) {
  if (message.seq <= room.own_seq(message.action)) return;
  for (const auto& [id, pending] : pending_) {
    if (!pending.unsure || pending.room != room.name || pending.client != message.sender) continue;
    if ((pending.kind == Pending::Kind::action) != message.action) continue;
    if (pending.wire() != message.payload) continue;
    return complete(id, {.seq = message.seq, .timestamp_ms = message.timestamp_ms});
  }
}

void ClientCore::ask_keyframe(RoomData& room) {
  const double now = now_ms();
  if (phase_ != Phase::ready || now - room.keyframe_asked_ms < kKeyframeMs) return;
  room.keyframe_asked_ms = now;
  ++stats_.keyframes_asked;
  std::string json = R"({"type":"system","op":"keyframe","room":)";
  append_json_string(json, room.name);
  send_system(json + "}");
}

}  // namespace sdk
}  // namespace perseid
