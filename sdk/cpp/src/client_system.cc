// What a relay says to a ClientCore besides deliveries: answers, errors, notices of the system.
#include <algorithm>

#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {
namespace {

Error error_named(std::string_view code) {
  for (u8 i = 0; i <= static_cast<u8>(Error::connection_limit); ++i) {
    if (info(static_cast<Error>(i)).code == code) return static_cast<Error>(i);
  }
  return Error::ok;
}

}  // namespace

void ClientCore::on_system(std::string_view message) {
  count_in(Lane::system, message.size());
  const std::string op = json_text(json_member(message, "op"));
  const u64 id = json_u64(json_member(message, "id"));
  if (op == "ack") {
    complete(id,
             {.seq = json_u64(json_member(message, "seq")),
              .timestamp_ms = json_u64(json_member(message, "timestamp"))},
             message);
  } else if (op == "error") {
    on_error(id, message);
  } else if (op == "welcome") {
    if (phase_ == Phase::greeting) on_welcome(message);
  } else if (op == "joined") {
    on_joined(message);
  } else if (op == "left") {
    on_left(id, message);
  } else if (op == "pong") {
    if (id == ping_id_) on_pong(message);
  } else if (op == "presence") {
    on_presence(message);
  } else if (op == "roster") {
    on_roster(message);
  } else if (op == "gap") {
    on_gap(message);
  } else if (op == "degraded" || op == "restored") {
    on_degraded(op == "restored", message);
  } else if (op == "receipt") {
    on_receipt(message);
  } else if (op == "notice") {
    if (on_.notice) on_.notice(json_member(message, "payload"));
  } else if (op == "token_expiring") {
    on_token_expiring(json_u64(json_member(message, "token_ends_in_ms")));
  } else if (op == "goaway") {
    goaway_ms_ = static_cast<double>(json_u64(json_member(message, "reconnect_delay_ms")));
  } else {
    complete(id, {}, message);  // clients, history, viewing, and what newer relays answer
  }
}

void ClientCore::on_degraded(bool restored, std::string_view message) {
  RoomData* room = room_of(message);
  if (room == nullptr) return;
  const std::string reason = json_text(json_member(message, "reason"));
  const auto hz = static_cast<u32>(json_u64(json_member(message, "state_hz")));
  set_degraded(*room, !restored, hz, reason);
  const Room& owner = *find(room->name);
  if (!owner.on.degraded) return;
  owner.on.degraded({.restored = restored, .state_hz = hz, .reason = reason});
}

void ClientCore::on_receipt(std::string_view message) {
  RoomData* room = room_of(message);
  if (room == nullptr) return;
  const std::string client = json_text(json_member(message, "client"));
  const std::string name = json_text(json_member(message, "name"));
  const Room& owner = *find(room->name);
  const Receipt receipt{client, name, json_u64(json_member(message, "seq"))};
  if (owner.on.receipt) owner.on.receipt(receipt);
}

void ClientCore::on_pong(std::string_view message) {
  clock_.add(pinged_ms_, now_ms(), json_u64(json_member(message, "timestamp")));
  pinged_ms_ = -1;
}

// But what a moderator did is of one room only, and may last for days.
bool ClientCore::has_all_wait(const Result& result) {
  return result.retry_after_ms != 0 && result.error != Error::muted &&
         result.error != Error::slow_mode && result.error != Error::banned;
}

void ClientCore::on_error(u64 id, std::string_view message) {
  Result result{.cause = Cause::refused};
  result.code = json_text(json_member(message, "code"));
  result.error = error_named(result.code);
  result.message = json_text(json_member(message, "message"));
  result.field = json_text(json_member(message, "field"));
  result.retry_after_ms = static_cast<u32>(json_u64(json_member(message, "retry_after_ms")));
  if (id != 0 && id == hello_id_ && phase_ == Phase::greeting) return hello_refused(result);
  // Who waits as told is never closed: the rest of what waits does so, too.
  if (has_all_wait(result)) {
    paused_until_ms_ = std::max(paused_until_ms_, now_ms() + result.retry_after_ms);
  }
  for (auto& [name, room] : rooms_) {
    if (id == 0 || room->data_->join_id != id) continue;
    return join_refused(*room->data_, result);
  }
  if (const auto at = pending_.find(id); at != pending_.end()) {
    // Its count was taken on an earlier connection: delivered, or refused there.
    const bool taken = at->second.repeated && result.error == Error::replayed;
    if (taken) result.cause = Cause::unconfirmed;
    return complete(id, result, message);
  }
  if (on_.error) on_.error(result);
}

void ClientCore::need_dictionary(std::string_view hash) {
  if (hash.empty() || hash == dictionary_hash_ || fetch_ != nullptr) return;
  std::unique_ptr<Transport> transport = transport_(url_.endpoint);
  if (transport == nullptr) return;
  fetch_ = std::make_unique<DictionaryFetch>(std::move(transport), url_, std::string(hash),
                                             now_ms() + config_.connect_timeout_ms);
}

void ClientCore::step_dictionary() {
  const DictionaryFetch::Status status = fetch_->step(now_ms());
  if (status == DictionaryFetch::Status::busy) return;
  if (status == DictionaryFetch::Status::ready) {
    dictionary_hash_ = fetch_->hash();
    unpacker_ = std::make_unique<DictionaryCoder>(fetch_->dictionary());
  }
  fetch_.reset();
  for (auto& [name, room] : rooms_) {
    if (room->data_->phase == RoomPhase::joined) ask_keyframe(*room->data_);
  }
}

}  // namespace sdk
}  // namespace perseid
