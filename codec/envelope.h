// Envelope: a client's message read into a Request, in the JSON flavour (perseid.json.v1).
// Thread: the owner's; a parser keeps simdjson's buffers and is used by one thread.
// Invariants: every view in a Request points into the message or into the parser, and lives until
// the next
//   call of next(). The payload is the sender's own bytes, checked to be valid JSON, never
//   rewritten.
#pragma once

#include <memory>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

enum class MessageType : u8 { chat, game_state, player_action, system };

// Ops that a client may ask for: name, fields beyond `type`, `op`, `id`, what it does.
#define PERSEID_CLIENT_OPS(X)                                                                  \
  X(hello, "name, token, session, since, meta, signing, signing_key",                          \
    "Names the session, or resumes one; optional, and if sent the first message.")             \
  X(refresh, "token", "Goes on with a newer token of the same user; answered by refreshed.")   \
  X(join, "room, presence, history, since, create, view", "Joins a room; answered by joined.") \
  X(leave, "room", "Leaves a room; answered by left.")                                         \
  X(discover, "room", "Lists the members of a joined room; answered by clients.")              \
  X(history, "room, to, before, limit",                                                        \
    "Reads older chat messages, or private ones with a user; answered by history.")            \
  X(view, "room, view", "What to see of a grid room; answered by viewing.")                    \
  X(keyframe, "room", "Asks for the whole state again; a decoder that differs does.")          \
  X(read, "room, seq", "Says up to where the room's chat was read.")                           \
  X(mute, "room, client, name, duration_ms", "Moderators: who may write no chat for a while.") \
  X(unmute, "room, client, name", "Moderators: lifts that.")                                   \
  X(kick, "room, client, name", "Moderators: who has to leave the room.")                      \
  X(ban, "room, client, name, duration_ms", "Moderators: who leaves and may not come back.")   \
  X(unban, "room, client, name", "Moderators: lifts that.")                                    \
  X(slow_mode, "room, interval_ms", "Moderators: the time between a member's messages.")       \
  X(ping, "", "Answered by pong with the relay's clock.")

enum class ClientOp : u8 {
#define X(name, fields, text) name,
  PERSEID_CLIENT_OPS(X)
#undef X
};

// Where a member stopped reading; seq 0 means before the first message.
struct Since {
  bool present = false;
  std::string_view epoch;
  u64 chat = 0;
  u64 player_action = 0;
  bool has_chat = false;
  bool has_player_action = false;
  std::string_view rooms;  // of a hello: raw JSON, an object; empty if absent
};

struct Request {
  MessageType type = MessageType::system;
  ClientOp op = ClientOp::ping;  // only if type is system
  std::string_view id;       // the raw JSON token (`4`, `"a1"`), empty if absent; echoed as it is
  std::string_view room;     // unescaped UTF-8; empty if absent
  u32 room_number = 0;       // binary flavour only; 0 if absent (names the room instead of `room`)
  std::string_view to;       // client id text, or kNamedRecipient and a user's name;
                             // history: with whom, by name
  std::string_view payload;  // raw JSON
  bool coded = false;        // binary flavour only: payload is a coded update, unchecked, no JSON
  std::string_view name, token, session, meta;  // hello; meta is raw JSON
  std::string_view signing, signing_key;        // hello; a SignatureKind's name, a key's base64url
  bool presence = false;
  bool has_history = false;
  u32 history = 0;
  Since since;
  std::string_view create;  // join: raw JSON, an object; empty if absent
  std::string_view view;    // join, view: likewise
  bool has_before = false;
  u64 before = 0;
  bool has_limit = false;
  u32 limit = 0;
  u64 seq = 0;              // read
  std::string_view client;  // moderation: client id text; or `name`
  u64 duration_ms = 0;      // mute, ban; 0: without end
  u32 interval_ms = 0;      // slow_mode; 0: none
};

constexpr char kNamedRecipient = '@';  // how `to` begins where it is a name

struct EnvelopeLimits {
  u32 room_name_bytes_max = 128;
  u32 name_bytes_max = 64;
  u32 meta_bytes_max = 1024;
  u32 create_bytes_max = 32768;
  u32 messages_per_frame_max = 256;
};
constexpr u32 kIdBytesMax =
    34;  // a string id of up to 32 bytes with its quotes; integers within i64
constexpr u32 kPayloadDepthMax = 32;  // nesting of a whole message

// What was wrong and where. `field` is static text ("payload", "since.chat"), empty if none
// applies. `id` is the message's id if it could be read, so that the error can bear it.
struct Problem {
  Error error = Error::ok;
  std::string_view field;
  std::string_view id;
};

class EnvelopeReader {
 public:
  explicit EnvelopeReader(const EnvelopeLimits& limits);
  ~EnvelopeReader();
  // Starts on one text message: an object, or an array of them. kParsePaddingBytes readable behind
  // it. A problem here (not JSON, not an object, too many) concerns the whole frame.
  Problem begin(MutableBytes message);
  // The next request: true with `out` filled and problem.error == ok, or true with a problem (skip
  // this one, go on); false at the end.
  bool next(Request& out, Problem& problem);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perseid
