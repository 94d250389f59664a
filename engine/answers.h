// Answers: the system messages that the relay writes, as JSON text.
// Thread: none; pure functions that append to a caller's string.
#pragma once

#include <string>
#include <string_view>

#include "codec/error.h"
#include "engine/ids.h"
#include "engine/lane.h"
#include "engine/letter.h"
#include "engine/options.h"

namespace perseid {

// A room of a session that goes on: behind which seq, and whether nothing is missing there.
struct ResumedRoom {
  std::string_view room;
  u32 room_number = 0;
  std::string_view epoch;
  Seq chat = 0;
  Seq player_action = 0;
  bool recovered = true;
};

}  // namespace perseid

namespace perseid::answers {

// When to try again; 0: that is of no use.
constexpr u32 retry_after_ms(Error error) {
  return error == Error::overloaded ? 100 : error == Error::store_unavailable ? 1000 : 0;
}

// `id` is a request's raw token, or empty.
// `rooms_json`: of a session that goes on, the rooms that it is in, comma-separated.
struct Welcome {
  SessionUid client;
  std::string_view secret = {};
  bool resumed = false;
  u64 token_ends_in_ms = 0;            // 0: it does not, or there is none
  std::string_view signing_json = {};  // empty: it does not sign
  std::string_view rooms_json = {};
};
void welcome(std::string& out, std::string_view id, const Welcome& welcome, const Options& options,
             u64 unix_ms);
void resumed_room(std::string& out, const ResumedRoom& room);
// `dictionary`: the hash of the one that packs its state; empty if none does.
void joined(std::string& out, std::string_view room, const JoinAnswer& answer,
            const Options& options, std::string_view dictionary = {});
void refreshed(std::string& out, std::string_view id, u64 token_ends_in_ms);
void token_expiring(std::string& out, u64 token_ends_in_ms);
void left(std::string& out, std::string_view id, std::string_view room);
// Not asked for: `reason` is kicked, banned or forbidden, and that for so long if it has an end.
void expelled(std::string& out, std::string_view room, std::string_view reason, u32 retry_after_ms);
void receipt(std::string& out, std::string_view room, SessionUid client, std::string_view name,
             Seq seq);
// `payload` is raw JSON.
void notice(std::string& out, std::string_view payload, u64 unix_ms);
void ack(std::string& out, std::string_view id, std::string_view room, Seq seq, u64 unix_ms);
void viewing(std::string& out, std::string_view id, std::string_view room);
void pong(std::string& out, std::string_view id, u64 unix_ms);
// `detail` instead of the error's own sentence, if there is one.
void error(std::string& out, std::string_view id, Error error, std::string_view field,
           u32 retry_after_ms, std::string_view detail = {});
void gap(std::string& out, std::string_view room, Lane lane, Seq from, Seq to);
// What the member now gets, and why; `restored` once that is all there is.
void degraded(std::string& out, std::string_view room, std::string_view reason, u32 state_hz);
void restored(std::string& out, std::string_view room, u32 state_hz);
void presence(std::string& out, std::string_view room, std::string_view event, SessionUid client,
              std::string_view name);
void roster(std::string& out, std::string_view room, std::string_view members_json,
            u32 members_total);
void goaway(std::string& out, std::string_view reason, u32 reconnect_delay_ms);
// `messages_json` is an array of deliveries, oldest first.
void history(std::string& out, std::string_view id, std::string_view room,
             std::string_view messages_json);
// The same with a user; `to` is a name behind its @.
void private_history(std::string& out, std::string_view id, std::string_view to,
                     std::string_view messages_json);
// One of its messages.
void private_message(std::string& out, const StoredDirect& message);
void clients(std::string& out, std::string_view id, std::string_view room,
             std::string_view clients_json);

// {"client":…,"name":…}, and "dropped":true
void member(std::string& out, SessionUid client, std::string_view name, bool dropped = false);
// {"client":…,"name":…,"status":…,"last_seen":…,"connection_type":…}
void client(std::string& out, SessionUid client, std::string_view name, std::string_view status,
            u64 last_seen_unix_ms, std::string_view connection_type);

}  // namespace perseid::answers
