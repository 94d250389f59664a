#include "engine/answers.h"

#include "codec/client_id.h"
#include "codec/envelope.h"
#include "codec/json_text.h"

namespace perseid::answers {
namespace {

void begin(std::string& out, std::string_view op, std::string_view id) {
  out += R"({"type":"system","op":")";
  out += op;
  out += '"';
  if (id.empty()) return;
  out += R"(,"id":)";
  out += id;
}

void text(std::string& out, std::string_view key, std::string_view value) {
  out += ",\"";
  out += key;
  out += "\":\"";
  append_json_escaped(out, value);
  out += '"';
}

void number(std::string& out, std::string_view key, u64 value) {
  out += ",\"";
  out += key;
  out += "\":";
  append_number(out, value);
}

void seqs(std::string& out, Seq chat, Seq player_action) {
  out += R"(,"seq":{"chat":)";
  append_number(out, chat);
  out += R"(,"player_action":)";
  append_number(out, player_action);
  out += '}';
}

void client_id(std::string& out, std::string_view before, SessionUid client) {
  char digits[kClientIdBytes];
  write_client_id(client.value, digits);
  out += before;
  out.append(digits, kClientIdBytes);
  out += '"';
}

void history_of(std::string& out, std::string_view id, std::string_view key, std::string_view whose,
                std::string_view messages_json) {
  begin(out, "history", id);
  text(out, key, whose);
  out += R"(,"messages":)";
  out += messages_json;
  out += '}';
}

}  // namespace

void welcome(std::string& out, std::string_view id, const Welcome& welcome, const Options& options,
             u64 unix_ms) {
  begin(out, "welcome", id);
  client_id(out, R"(,"client":")", welcome.client);
  text(out, "session", welcome.secret);
  out += welcome.resumed ? R"(,"resumed":true)" : R"(,"resumed":false)";
  number(out, "heartbeat_interval_ms", options.heartbeat_interval_ms);
  number(out, "timeout_ms", options.timeout_ms);
  number(out, "reconnect_attempts", options.reconnect_attempts);
  number(out, "reconnect_delay_ms", options.reconnect_delay_ms);
  number(out, "resume_window_ms", options.resume_window_ms);
  number(out, "timestamp", unix_ms);
  if (welcome.token_ends_in_ms > 0) number(out, "token_ends_in_ms", welcome.token_ends_in_ms);
  if (!welcome.signing_json.empty()) {
    out += R"(,"signing":)";
    out += welcome.signing_json;
  }
  if (welcome.resumed) {
    out += R"(,"rooms":[)";
    out += welcome.rooms_json;
    out += ']';
  }
  out += '}';
}

void refreshed(std::string& out, std::string_view id, u64 token_ends_in_ms) {
  begin(out, "refreshed", id);
  number(out, "token_ends_in_ms", token_ends_in_ms);
  out += '}';
}

void token_expiring(std::string& out, u64 token_ends_in_ms) {
  begin(out, "token_expiring", {});
  number(out, "token_ends_in_ms", token_ends_in_ms);
  out += '}';
}

void resumed_room(std::string& out, const ResumedRoom& room) {
  out += R"({"room":")";
  append_json_escaped(out, room.room);
  out += '"';
  number(out, "room_number", room.room_number);
  text(out, "epoch", room.epoch);
  seqs(out, room.chat, room.player_action);
  out += room.recovered ? R"(,"recovered":true})" : R"(,"recovered":false})";
}

void joined(std::string& out, std::string_view room, const JoinAnswer& answer,
            const Options& options, std::string_view dictionary) {
  begin(out, "joined", answer.id);
  text(out, "room", room);
  number(out, "room_number", answer.room_number);
  text(out, "epoch", answer.epoch);
  seqs(out, answer.chat, answer.player_action);
  if (answer.has_since) out += answer.recovered ? R"(,"recovered":true)" : R"(,"recovered":false)";
  number(out, "read", answer.read);
  number(out, "unread", answer.unread);
  if (answer.slow_mode_ms != 0) number(out, "slow_mode_ms", answer.slow_mode_ms);
  if (answer.rule != nullptr) {
    out += R"(,"state":)";
    answer.rule->append_state_json(out, options.state_hz);
  }
  if (!dictionary.empty()) text(out, "dictionary", dictionary);
  number(out, "members_total", answer.members_total);
  out += R"(,"members":)";
  out += answer.members_json;
  out += '}';
}

void left(std::string& out, std::string_view id, std::string_view room) {
  begin(out, "left", id);
  text(out, "room", room);
  out += '}';
}

void expelled(std::string& out, std::string_view room, std::string_view reason,
              u32 retry_after_ms) {
  begin(out, "left", {});
  text(out, "room", room);
  text(out, "reason", reason);
  if (retry_after_ms != 0) number(out, "retry_after_ms", retry_after_ms);
  out += '}';
}

void receipt(std::string& out, std::string_view room, SessionUid client, std::string_view name,
             Seq seq) {
  begin(out, "receipt", {});
  text(out, "room", room);
  client_id(out, R"(,"client":")", client);
  text(out, "name", name);
  number(out, "seq", seq);
  out += '}';
}

void notice(std::string& out, std::string_view payload, u64 unix_ms) {
  begin(out, "notice", {});
  number(out, "timestamp", unix_ms);
  out += R"(,"payload":)";
  out += payload;
  out += '}';
}

void ack(std::string& out, std::string_view id, std::string_view room, Seq seq, u64 unix_ms) {
  begin(out, "ack", id);
  if (!room.empty()) text(out, "room", room);
  if (seq != 0) number(out, "seq", seq);
  number(out, "timestamp", unix_ms);
  out += '}';
}

void viewing(std::string& out, std::string_view id, std::string_view room) {
  begin(out, "viewing", id);
  text(out, "room", room);
  out += '}';
}

void pong(std::string& out, std::string_view id, u64 unix_ms) {
  begin(out, "pong", id);
  number(out, "timestamp", unix_ms);
  out += '}';
}

void error(std::string& out, std::string_view id, Error error, std::string_view field,
           u32 retry_after_ms, std::string_view detail) {
  begin(out, "error", id);
  text(out, "code", info(error).code);
  out += R"(,"message":")";
  if (!field.empty()) {
    out += field;
    out += ": ";
  }
  append_json_escaped(out, detail.empty() ? info(error).text : detail);
  out += '"';
  if (!field.empty()) text(out, "field", field);
  if (retry_after_ms != 0) number(out, "retry_after_ms", retry_after_ms);
  out += '}';
}

void gap(std::string& out, std::string_view room, Lane lane, Seq from, Seq to) {
  begin(out, "gap", {});
  text(out, "room", room);
  text(out, "lane", name(lane));
  number(out, "from", from);
  number(out, "to", to);
  out += '}';
}

void degraded(std::string& out, std::string_view room, std::string_view reason, u32 state_hz) {
  begin(out, "degraded", {});
  text(out, "room", room);
  text(out, "reason", reason);
  number(out, "state_hz", state_hz);
  out += '}';
}

void restored(std::string& out, std::string_view room, u32 state_hz) {
  begin(out, "restored", {});
  text(out, "room", room);
  number(out, "state_hz", state_hz);
  out += '}';
}

void presence(std::string& out, std::string_view room, std::string_view event, SessionUid client,
              std::string_view name) {
  begin(out, "presence", {});
  text(out, "room", room);
  text(out, "event", event);
  client_id(out, R"(,"client":")", client);
  text(out, "name", name);
  out += '}';
}

void roster(std::string& out, std::string_view room, std::string_view members_json,
            u32 members_total) {
  begin(out, "roster", {});
  text(out, "room", room);
  number(out, "members_total", members_total);
  out += R"(,"members":)";
  out += members_json;
  out += '}';
}

void goaway(std::string& out, std::string_view reason, u32 reconnect_delay_ms) {
  begin(out, "goaway", {});
  text(out, "reason", reason);
  number(out, "reconnect_delay_ms", reconnect_delay_ms);
  out += '}';
}

void history(std::string& out, std::string_view id, std::string_view room,
             std::string_view messages_json) {
  history_of(out, id, "room", room, messages_json);
}

void private_history(std::string& out, std::string_view id, std::string_view to,
                     std::string_view messages_json) {
  history_of(out, id, "to", to, messages_json);
}

void private_message(std::string& out, const StoredDirect& message) {
  out += R"({"type":"chat")";
  text(out, "to", kNamedRecipient + message.to);
  number(out, "seq", message.number);
  text(out, "sender", kNamedRecipient + message.from);
  number(out, "timestamp", message.timestamp_unix_ms);
  out += R"(,"payload":)";
  out += message.payload;
  out += '}';
}

void clients(std::string& out, std::string_view id, std::string_view room,
             std::string_view clients_json) {
  begin(out, "clients", id);
  text(out, "room", room);
  out += R"(,"clients":[)";
  out += clients_json;
  out += "]}";
}

void member(std::string& out, SessionUid client, std::string_view name, bool dropped) {
  client_id(out, R"({"client":")", client);
  text(out, "name", name);
  if (dropped) out += R"(,"dropped":true)";
  out += '}';
}

void client(std::string& out, SessionUid client, std::string_view name, std::string_view status,
            u64 last_seen_unix_ms, std::string_view connection_type) {
  client_id(out, R"({"client":")", client);
  text(out, "name", name);
  text(out, "status", status);
  number(out, "last_seen", last_seen_unix_ms);
  text(out, "connection_type", connection_type);
  out += '}';
}

}  // namespace perseid::answers
