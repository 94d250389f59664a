// Event: the nine typed events of the relay, for C++ callbacks and the structured log.
// Thread: emitted on the shard where it happened; a listener must be quick and may not block.
// Invariant: string views live only for the length of the call.
#pragma once

#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"
#include "engine/ids.h"
#include "engine/time.h"

namespace perseid {

#define PERSEID_EVENTS(X)                                                                \
  X(server_started, "The relay accepts connections.")                                    \
  X(server_stopped, "The relay has stopped.")                                            \
  X(client_connected, "A session began.")                                                \
  X(client_disconnected, "A session ended.")                                             \
  X(message_received, "A client's message was accepted.")                                \
  X(message_sent, "A message was sequenced, or handed to its recipient.")                \
  X(client_discovered, "A client joined a room or was looked up there.")                 \
  X(health_updated,                                                                      \
    "A client missed a heartbeat or answered again; or the relay's own health changed.") \
  X(error_occurred, "A client was answered with an error, or a limit was hit.")

enum class EventKind : u8 {
#define X(name, text) name,
  PERSEID_EVENTS(X)
#undef X
};

constexpr std::string_view name(EventKind kind) {
  constexpr std::string_view kNames[] = {
#define X(name, text) #name,
      PERSEID_EVENTS(X)
#undef X
  };
  return kNames[static_cast<u8>(kind)];
}

struct Event {
  EventKind kind = EventKind::server_started;
  Now now;
  ShardId shard = 0;
  SessionUid client;      // 0 if none
  std::string_view room;  // empty if none
  Error error = Error::ok;
  // What else is known: of a message its type or op, of a session's end the reason, of a member its
  // name. User text in it is not escaped; whoever prints it escapes it.
  std::string_view detail;
  u64 size_bytes = 0;
  std::string_view address = {};  // of the client, where an operator should see it; else empty
  bool audit = false;             // a security event: seldom enough for any log
};

// Receives every event of a shard. `wants` is asked once per kind at start, so that the frequent
// ones (message_received, message_sent) cost nothing when nobody listens.
class EventListener {
 public:
  virtual ~EventListener() = default;
  virtual bool wants(EventKind kind) const = 0;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace perseid
