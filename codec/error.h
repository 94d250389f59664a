// Error: the one closed list of everything that can go wrong with what a peer sends or asks.
// Thread: none; plain values. Errors are values: every function that can fail returns one.
// The wire `code`, the close code, the HTTP status and the sentence are all declared here, once.
#pragma once

#include <string_view>

#include "codec/bytes.h"
#include "codec/close_code.h"

namespace perseid {

// name (also the wire code), close code (none: the connection stays open), HTTP status, sentence
#define PERSEID_ERRORS(X)                                                                        \
  X(ok, none, 200, "No error.")                                                                  \
  X(need_more, none, 0, "The rest is still on its way.")                                         \
  /* Frames (RFC 6455 section 5, 7) */                                                           \
  X(reserved_bits, protocol_error, 0, "A reserved bit was set that no extension defines.")       \
  X(reserved_opcode, protocol_error, 0, "The opcode is reserved.")                               \
  X(unmasked_frame, protocol_error, 0, "A client must mask its frames.")                         \
  X(masked_frame, protocol_error, 0, "A server must not mask its frames.")                       \
  X(non_minimal_length, protocol_error, 0, "The length was not in its shortest form.")           \
  X(length_overflow, protocol_error, 0, "The length's topmost bit must be zero.")                \
  X(fragmented_control, protocol_error, 0, "A control frame must not be fragmented.")            \
  X(control_too_long, protocol_error, 0, "A control frame carries at most 125 bytes.")           \
  X(unexpected_continuation, protocol_error, 0, "A continuation without a message to continue.") \
  X(expected_continuation, protocol_error, 0, "A new message inside an unfinished one.")         \
  X(bad_close_payload, protocol_error, 0, "The close frame's code or length is not valid.")      \
  X(bad_utf8, invalid_payload, 0, "Text was not valid UTF-8.")                                   \
  X(message_too_big, message_too_big, 0, "The message is longer than the limit.")                \
  X(bad_deflate, invalid_payload, 0, "The compressed message does not inflate.")                 \
  X(unsupported_data, unsupported_data, 0, "This subprotocol has no such kind of frame.")        \
  /* HTTP heads (RFC 9112) and the upgrade (RFC 6455 section 4) */                               \
  X(bad_request, none, 400, "The request is not well-formed HTTP/1.1.")                          \
  X(unknown_subprotocol, none, 400, "Offer perseid.json.v1 or perseid.bin.v1, or none.")         \
  X(unauthenticated, unauthenticated, 401, "Sign in first: say hello with a token.")             \
  X(bad_token, unauthenticated, 401, "The token is not valid here.")                             \
  X(token_expired, unauthenticated, 401, "The token has expired.")                               \
  X(bad_origin, none, 403, "This origin is not allowed; see --allow-origin.")                    \
  X(not_found, none, 404, "There is nothing here; the relay answers at /ws.")                    \
  X(method_not_allowed, none, 405, "Only GET is answered here.")                                 \
  X(head_timeout, none, 408, "The request head took too long.")                                  \
  X(body_not_allowed, none, 413, "A request here has no body.")                                  \
  X(upgrade_required, none, 426, "This address speaks WebSocket, version 13.")                   \
  X(head_too_large, none, 431, "The request head is too large.")                                 \
  X(tls_required, none, 400, "This port speaks TLS; use https:// or wss://.")                    \
  X(unavailable, none, 503, "The relay is draining or full; try again later.")                   \
  /* Messages: the shape */                                                                      \
  X(invalid_json, none, 0, "Not valid JSON.")                                                    \
  X(invalid_binary, none, 0, "Not a valid perseid.bin.v1 message.")                              \
  X(not_an_object, none, 0, "A message is a JSON object, or an array of them.")                  \
  X(too_deep, none, 0, "Nested too deeply.")                                                     \
  X(too_many_messages_in_frame, none, 0, "Too many messages in one frame.")                      \
  X(duplicate_field, none, 0, "The field stands there twice.")                                   \
  X(missing_field, none, 0, "A required field is missing.")                                      \
  X(wrong_type, none, 0, "The field has the wrong JSON type.")                                   \
  X(bad_value, none, 0, "The field's value is out of range or not well-formed.")                 \
  X(unknown_type, none, 0, "The type is not one of chat, game_state, player_action, system.")    \
  X(unknown_op, none, 0, "There is no such op.")                                                 \
  X(name_too_long, none, 0, "The name is longer than the limit.")                                \
  X(payload_too_large, none, 0, "The payload is larger than the limit.")                         \
  /* Messages: the rules */                                                                      \
  X(already_welcomed, none, 0, "hello is answered once, and must come first.")                   \
  X(not_joined, none, 0, "Join the room first.")                                                 \
  X(already_joined, none, 0, "This room is joined already.")                                     \
  X(forbidden_create, none, 0, "Here a client cannot say what a new room is; leave create out.") \
  X(room_limit, none, 0, "The relay holds as many rooms as it may.")                             \
  X(session_room_limit, none, 0, "This session has joined as many rooms as it may.")             \
  X(room_full, none, 0, "The room has as many members as it may.")                               \
  X(unknown_client, none, 0, "No such client is connected.")                                     \
  X(recipient_slow, none, 0, "The recipient does not read; nothing was delivered.")              \
  X(unknown_field, none, 0, "The room's schema has no such field.")                              \
  X(not_owner, none, 0, "The entity belongs to another client.")                                 \
  X(no_grid, none, 0, "The room is no grid; all of it is in view.")                              \
  X(unknown_message, none, 0, "The room holds no such message.")                                 \
  X(not_author, none, 0, "Only its author or a moderator may change the message.")               \
  X(chat_limit, none, 0, "The room cannot keep more edits and reactions now.")                   \
  X(signature_required, none, 0, "This session signs what it says; sign this as well.")          \
  X(bad_signature, none, 0, "The signature is not right for this session, place and message.")   \
  X(replayed, none, 0,                                                                           \
    "The signature's count was taken already, or its nonce is not this session's.")              \
  X(forbidden, none, 0, "The session has no permission for this.")                               \
  X(muted, none, 0, "A moderator lets this client write no chat here now.")                      \
  X(banned, none, 0, "A moderator keeps this client out of the room.")                           \
  X(slow_mode, none, 0, "The room takes one message of each client in a while; wait.")           \
  X(moderation_limit, none, 0, "The relay keeps as many mutes and bans as it may.")              \
  X(state_limit, none, 0, "The room's state would exceed its limit.")                            \
  X(rate_limited, none, 0, "Too much at once; wait before the next message.")                    \
  X(overloaded, none, 0, "The relay is overloaded; wait before the next message.")               \
  X(store_unavailable, none, 0, "The store does not take anything now; wait and try again.")     \
  X(too_many_messages, too_many_messages, 0, "Far more messages than the limits allow.")         \
  X(heartbeat_timeout, heartbeat_timeout, 0, "Nothing was heard from the client in time.")       \
  X(too_slow, too_slow, 0, "The client does not read what is sent to it.")                       \
  X(session_taken_over, session_taken_over, 0, "A newer connection took the session over.")      \
  X(bad_proxy_header, none, 0, "What a proxy must say first is not right, or not from a proxy.") \
  X(tls_failed, none, 0, "A TLS connection, or what it needs, is not right.")                    \
  X(connection_limit, connection_limit, 503, "Maximum connections reached.")

enum class [[nodiscard]] Error : u8{
#define X(name, close, status, text) name,
    PERSEID_ERRORS(X)
#undef X
};

struct ErrorInfo {
  std::string_view code;
  CloseCode close;
  u16 http_status;
  std::string_view text;
};

// Constant time; `error` is of the list.
constexpr ErrorInfo info(Error error) {
  constexpr ErrorInfo kInfos[] = {
#define X(name, close, status, text) {#name, CloseCode::close, status, text},
      PERSEID_ERRORS(X)
#undef X
  };
  return kInfos[static_cast<u8>(error)];
}

// True if the connection cannot go on after it.
constexpr bool is_fatal(Error error) {
  return info(error).close != CloseCode::none;
}

}  // namespace perseid
