// Errors: one closed list, the relay's own codes and those that only a client can meet.
// The relay's are those of docs/protocol.md, "Error codes"; a test compares the two.

/** What the relay refuses, by its own name for it. */
export type RelayErrorCode =
  | "unauthenticated"
  | "bad_token"
  | "token_expired"
  | "invalid_json"
  | "invalid_binary"
  | "not_an_object"
  | "too_deep"
  | "too_many_messages_in_frame"
  | "duplicate_field"
  | "missing_field"
  | "wrong_type"
  | "bad_value"
  | "unknown_type"
  | "unknown_op"
  | "name_too_long"
  | "payload_too_large"
  | "already_welcomed"
  | "not_joined"
  | "already_joined"
  | "forbidden_create"
  | "room_limit"
  | "session_room_limit"
  | "room_full"
  | "unknown_client"
  | "recipient_slow"
  | "unknown_field"
  | "not_owner"
  | "no_grid"
  | "unknown_message"
  | "not_author"
  | "chat_limit"
  | "signature_required"
  | "bad_signature"
  | "replayed"
  | "forbidden"
  | "muted"
  | "banned"
  | "slow_mode"
  | "moderation_limit"
  | "state_limit"
  | "rate_limited"
  | "overloaded"
  | "store_unavailable"
  | "too_many_messages"
  | "heartbeat_timeout"
  | "too_slow"
  | "session_taken_over"
  | "connection_limit";

/** What the client itself refuses, or finds. */
export type ClientErrorCode =
  | "bad_url" // connect() cannot do anything with this URL; thrown at once.
  | "no_token" // The function that was to give one failed.
  | "closed" // The client was closed, or gave up.
  | "queue_full" // More is waiting to be sent than `queue` allows.
  | "left" // The room was left, or the member had to leave.
  | "uncertain" // The session is lost; whether this was delivered is not known.
  | "not_encryptable" // State: the relay merges it, so an encrypted room has none.
  | "undecryptable" // A message that no key of the room opens, or that was seen before.
  | "unsupported"; // Needs something that this client was not given.

export type ErrorCode = RelayErrorCode | ClientErrorCode;

/** What this library throws, and what its promises reject with. */
export class PerseidError extends Error {
  override readonly name = "PerseidError";

  constructor(
    readonly code: ErrorCode,
    message: string = code,
    /** The field that the relay objects to. */
    readonly field?: string,
    /** How long to wait before it makes sense to try again. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

export interface RelayErrorMessage {
  code: RelayErrorCode;
  message: string;
  field?: string;
  retry_after_ms?: number;
}

export function errorOf(message: RelayErrorMessage): PerseidError {
  return new PerseidError(message.code, message.message, message.field, message.retry_after_ms);
}
