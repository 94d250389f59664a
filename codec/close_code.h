// Close codes of a WebSocket connection: RFC 6455 section 7.4.1 and Perseid's own
// (docs/protocol.md). The one list: enum, names and the reference page are made from it.
#pragma once

#include "codec/bytes.h"

namespace perseid {

// name, code, what it means. Reserved: meant for later, not sent yet.
#define PERSEID_CLOSE_CODES(X)                                                  \
  X(normal, 1000, "The connection has served its purpose.")                     \
  X(going_away, 1001, "The relay shuts down; reconnect after the given delay.") \
  X(protocol_error, 1002, "A frame broke RFC 6455.")                            \
  X(unsupported_data, 1003, "A kind of message that this subprotocol lacks.")   \
  X(invalid_payload, 1007, "A text message was not UTF-8, or did not inflate.") \
  X(policy_violation, 1008, "A limit of the relay was exceeded (reserved).")    \
  X(message_too_big, 1009, "A message was longer than --max-message-bytes.")    \
  X(internal_error, 1011, "The relay failed (reserved).")                       \
  X(heartbeat_timeout, 4000, "Nothing was heard for --timeout-ms.")             \
  X(unauthenticated, 4001, "Not authenticated, or the token expired.")          \
  X(forbidden, 4003, "Not permitted (reserved).")                               \
  X(too_slow, 4008, "The client did not read what was sent to it.")             \
  X(session_taken_over, 4009, "A newer connection took the session over.")      \
  X(connection_limit, 4013, "The relay holds --max-connections already.")       \
  X(too_many_messages, 4029, "Far more messages than the limits allow.")

enum class CloseCode : u16 {
  none = 0,
#define X(name, code, text) name = code,
  PERSEID_CLOSE_CODES(X)
#undef X
};

}  // namespace perseid
