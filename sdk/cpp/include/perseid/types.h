// What the relay says, as an application sees it.
// Thread: none; plain values. A string_view here lives for the length of the callback it came in.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "codec/close_code.h"
#include "codec/error.h"

namespace perseid {
inline namespace sdk {

enum class Wire : u8 { json, binary };                 // the flavour
enum class Lane : u8 { system, action, chat, state };  // in falling urgency
constexpr u32 kLanes = 4;

// Why a request has not come about.
enum class Cause : u8 {
  none,         // it has
  refused,      // by the relay: see Result::error
  invalid,      // not sent: its payload is no JSON, or too large; see Result::error
  queue_full,   // not sent: ClientConfig::queue_*_max
  closed,       // the link was closed before an answer came
  unconfirmed,  // sent before the link broke, and nobody can tell whether it arrived
};

struct Result {
  Cause cause = Cause::none;
  Error error = Error::ok;   // refused, invalid: of codec's closed list; ok: a code unknown to us
  std::string code = {};     // the same as text, as it came
  std::string message = {};  // a sentence
  std::string field = {};    // which field was wrong, where one was
  u32 retry_after_ms = 0;
  u64 seq = 0;           // of an acknowledged publish; 0: it is in no order
  u64 timestamp_ms = 0;  // of the acknowledgement, by the relay's clock
  bool ok() const { return cause == Cause::none; }
};
// Comes once for each request that was given one, never inside the call that made the request.
using Done = std::function<void(const Result&)>;

// Why a message of an encrypted room could not be opened.
enum class SealFault : u8 {
  none,
  not_sealed,       // plain text where none may be, or sealed in a way that is not ours
  unknown_key,      // RoomCipherConfig::keys has no key of this id
  not_authentic,    // another key, or changed on its way, or of another room, lane or sender
  replayed,         // it came before
  too_many_senders  // RoomCipherConfig::senders_max
};
std::string_view text_of(SealFault fault);  // a sentence

struct Reaction {
  std::string emoji = {};
  u32 count = 0;
  bool mine = false;
};

// A chat message or an action, of a room or private.
struct Message {
  bool action = false;           // else chat
  std::string_view room = {};    // empty: private
  std::string_view sender = {};  // client id, or "relay"
  u64 seq = 0;                   // 0: private, or it passes by (typing)
  u64 timestamp_ms = 0;
  std::string_view payload = {};  // JSON, byte for byte as the sender wrote it
  std::string_view wire = {};     // as it came: sealed, if the room is encrypted
  bool is_private = false;
  bool old = false;  // of the history that the join asked for
  bool edited = false;
  bool deleted = false;
  u64 edited_timestamp_ms = 0;
  std::vector<Reaction> reactions = {};
  bool encrypted = false;                  // it came sealed, and was opened
  SealFault seal_fault = SealFault::none;  // of a history: not opened; `payload` is null then

  std::string text() const;  // payload.text, empty if there is none
  bool is_typing() const;    // payload.typing is there; true or false: typing()
  bool typing() const;
};

// `action` says what the chat payload does to an earlier message; kind none: it is a message.
struct ChatChange {
  enum class Kind : u8 { none, react, unreact, edit, erase } kind = Kind::none;
  u64 seq = 0;
  std::string text = {};  // the emoji, or the new text
};
ChatChange chat_change(const Message& message);

struct Member {
  std::string client = {};
  std::string name = {};
  bool dropped = false;  // its connection is gone for the moment
};

struct ClientInfo {
  std::string client = {};
  std::string name = {};
  std::string status = {};  // connected, quiet, dropped
  u64 last_seen_ms = 0;
  std::string connection_type = {};
};

enum class PresenceEvent : u8 { join, leave, drop, resume, roster };
struct Presence {
  PresenceEvent event = PresenceEvent::join;
  std::string_view client = {};  // empty: roster, which replaces the member list
  std::string_view name = {};
};

struct Gap {
  Lane lane = Lane::chat;
  u64 from = 0;
  u64 to = 0;
};

// One state message, after it was taken into the room's entities.
struct StateEvent {
  u64 tick = 0;
  bool full = false;
  std::span<const std::string> touched = {};  // set in it; of a full state: all there is
  std::span<const std::string> gone = {};
};

struct Joined {
  bool again = false;      // after a reconnect
  bool recovered = false;  // nothing was missed: it follows, or there is nothing to miss
  u64 unread = 0;
  u64 read = 0;
};

struct Degraded {
  bool restored = false;
  u32 state_hz = 0;              // so many a second are sent from now on
  std::string_view reason = {};  // bandwidth or load; empty: restored
};

// A message that an encrypted room does not hand on.
struct Undecryptable {
  SealFault fault = SealFault::none;
  bool action = false;
  std::string_view sender = {};
  u64 seq = 0;
};

struct Receipt {
  std::string_view client = {};
  std::string_view name = {};
  u64 seq = 0;
};

enum class LinkState : u8 {
  connecting,  // the first time, or to begin a new session
  open,
  resuming,  // the link broke; the session waits for us
  degraded,  // open, but some room's state comes less often than it could
  closed,    // for good: close(), or no attempt is left, or the relay does not want us
};
std::string_view name_of(LinkState state);

// Why there is no link.
enum class LinkFault : u8 {
  none,
  bad_url,         // ClientConfig::url: the message says what is wrong with it
  no_tls,          // wss://, but this SDK was built without TLS
  bad_ca_file,     // TlsConfig::ca_file cannot be read, or has no certificate
  no_transport,    // ClientConfig::transport made none
  unresolved,      // the host's name has no address
  refused,         // nobody listens there
  unreachable,     // no way there
  timed_out,       // connecting or greeting took too long, or nothing was heard any more
  tls_untrusted,   // no authority that is trusted here has signed the certificate
  tls_expired,     // the certificate, or not valid yet
  tls_wrong_host,  // the certificate is another host's
  tls_failed,      // anything else of the handshake
  not_a_relay,     // it does not answer as a relay does
  rejected,        // the relay said no: to the handshake, the token, the session
  ended,           // the connection ended: see the close code
  closed_by_us,    // close()
  no_token,        // ClientConfig::fetch_token had none
  no_signing       // ClientConfig::signing and what the relay says of it do not go together
};
std::string_view name_of(LinkFault fault);

struct LinkFailure {
  LinkFault fault = LinkFault::none;
  std::string message = {};  // a sentence, for people
  std::string code = {};     // with which the relay refused us, of its closed list: bad_token, say
};

struct LinkEvent {
  LinkState state = LinkState::connecting;
  LinkFault fault = LinkFault::none;  // why the last connection ended, or did not come about
  u16 close_code = 0;  // of the connection that ended, 0 if none did; 1006: without a word
  std::string_view reason = {};  // for people
  u32 retry_in_ms = 0;           // connecting, resuming: until the next attempt
};

using HistoryDone = std::function<void(const Result&, std::span<const Message>)>;
using DiscoverDone = std::function<void(const Result&, std::span<const ClientInfo>)>;
// `answer` is the relay's whole answer as JSON.
using AnswerDone = std::function<void(const Result&, std::string_view answer)>;

}  // namespace sdk
}  // namespace perseid
