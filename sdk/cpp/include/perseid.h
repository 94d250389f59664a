// perseid.h: the C++ SDK for those who want C: engines, other languages' bindings.
// Thread: every function of a client is called by one thread; only perseid_wake() and
// perseid_give_token() by any.
// Invariants: nothing blocks but perseid_poll() as long as it is told to. Callbacks come inside
// perseid_poll(); pointers in them live for the call. Texts are UTF-8 and end with a zero; payloads
// are JSON. No C++ exception leaves a function: what cannot be had is told as PERSEID_NO_MEMORY.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// NOLINTBEGIN(modernize-use-using): it is C
typedef struct perseid_client perseid_client;
typedef struct perseid_room perseid_room;
typedef struct perseid_cipher perseid_cipher;
typedef struct perseid_token_ask perseid_token_ask;

typedef enum perseid_wire { PERSEID_BINARY = 0, PERSEID_JSON = 1 } perseid_wire;

typedef enum perseid_link {
  PERSEID_CONNECTING = 0,
  PERSEID_OPEN = 1,
  PERSEID_RESUMING = 2,
  PERSEID_DEGRADED = 3,
  PERSEID_CLOSED = 4
} perseid_link;

typedef enum perseid_cause {
  PERSEID_OK = 0,
  PERSEID_REFUSED = 1, /* by the relay: see code */
  PERSEID_INVALID = 2, /* the payload is no JSON */
  PERSEID_QUEUE_FULL = 3,
  PERSEID_WAS_CLOSED = 4,
  PERSEID_UNCONFIRMED = 5, /* an earlier session's, and nobody can tell whether it arrived */
  PERSEID_NO_MEMORY = 6
} perseid_cause;

/* Why there is no link; perseid_failure() tells it, perseid_failure_text() more about it. */
typedef enum perseid_fault {
  PERSEID_FAULT_NONE = 0,
  PERSEID_FAULT_BAD_URL = 1,
  PERSEID_FAULT_NO_TLS = 2, /* wss://, but the SDK was built without TLS */
  PERSEID_FAULT_BAD_CA_FILE = 3,
  PERSEID_FAULT_NO_TRANSPORT = 4,
  PERSEID_FAULT_UNRESOLVED = 5,
  PERSEID_FAULT_REFUSED = 6,
  PERSEID_FAULT_UNREACHABLE = 7,
  PERSEID_FAULT_TIMED_OUT = 8,
  PERSEID_FAULT_TLS_UNTRUSTED = 9,
  PERSEID_FAULT_TLS_EXPIRED = 10,
  PERSEID_FAULT_TLS_WRONG_HOST = 11,
  PERSEID_FAULT_TLS_FAILED = 12,
  PERSEID_FAULT_NOT_A_RELAY = 13,
  PERSEID_FAULT_REJECTED = 14,
  PERSEID_FAULT_ENDED = 15,
  PERSEID_FAULT_CLOSED_BY_US = 16,
  PERSEID_FAULT_NO_TOKEN = 17,  /* fetch_token had none */
  PERSEID_FAULT_NO_SIGNING = 18 /* `signing` and what the relay says of it do not go together */
} perseid_fault;

/* Why a message of an encrypted room was not handed on. */
typedef enum perseid_seal_fault {
  PERSEID_SEAL_OK = 0,
  PERSEID_NOT_SEALED = 1,
  PERSEID_UNKNOWN_KEY = 2,
  PERSEID_NOT_AUTHENTIC = 3,
  PERSEID_REPLAYED = 4,
  PERSEID_TOO_MANY_SENDERS = 5
} perseid_seal_fault;

typedef enum perseid_signing {
  PERSEID_UNSIGNED = 0,
  PERSEID_HMAC = 1,   /* the relay alone can check it */
  PERSEID_ED25519 = 2 /* everybody can who knows the public key */
} perseid_signing;

typedef enum perseid_signature {
  PERSEID_NO_SIGNATURE = 0, /* not signed so that others can check it */
  PERSEID_SIGNATURE_VALID = 1,
  PERSEID_SIGNATURE_INVALID = 2,
  PERSEID_SIGNATURE_CHANGED = 3 /* edited or deleted since */
} perseid_signature;

/* A token is wanted: for a connection, or since the last one ends. perseid_give_token() once. */
typedef void (*perseid_on_token_wanted)(void* user, perseid_token_ask* ask);

/* Zeroes are the defaults, but for url. */
typedef struct perseid_config {
  const char* url;
  const char* name;
  const char* token;
  perseid_wire wire;
  int compress;
  uint32_t queue_messages_max;
  int reconnect_attempts; /* 0: as the relay says; -1: never */
  const char* ca_file;    /* of wss://: PEM, the only authorities to be trusted; the system's */
  int tls_unverified;     /* of wss://: anybody may pose as the relay; for tests alone */
  perseid_on_token_wanted fetch_token; /* NULL: `token` is shown */
  void* fetch_token_user;
  perseid_signing signing;  /* of what this client says, all of it */
  uint8_t signing_seed[32]; /* of PERSEID_ED25519: the private key */
} perseid_config;

typedef struct perseid_result {
  perseid_cause cause;
  const char* code; /* of the relay's closed list, "" if none */
  const char* message;
  uint32_t retry_after_ms;
  uint64_t seq;
  uint64_t timestamp_ms;
} perseid_result;

typedef struct perseid_message {
  int action; /* else chat */
  int is_private;
  int old; /* of the history that the join asked for */
  const char* room;
  const char* sender;
  const char* payload;
  size_t payload_bytes;
  uint64_t seq;
  uint64_t timestamp_ms;
  int encrypted;    /* it came sealed, and was opened */
  const char* wire; /* the payload as it came, sealed or not */
  size_t wire_bytes;
  int changed; /* edited or deleted since */
} perseid_message;

/* A room's key: 32 random bytes, and an id of up to 32 letters, digits, '_' and '-'. */
typedef struct perseid_key {
  const char* id;
  uint8_t bytes[32];
} perseid_key;

typedef enum perseid_value_kind {
  PERSEID_NULL = 0, /* set: removes the field */
  PERSEID_BOOL = 1,
  PERSEID_NUMBER = 2,
  PERSEID_TEXT = 3,
  PERSEID_QUATERNION = 4,
  PERSEID_ANY_JSON = 5
} perseid_value_kind;

typedef struct perseid_value {
  perseid_value_kind kind;
  double number;        /* number; bool: 0 or 1 */
  double quaternion[4]; /* x, y, z, w */
  const char* text;     /* text; any JSON */
} perseid_value;

typedef struct perseid_field {
  const char* name;
  perseid_value value;
} perseid_field;

typedef struct perseid_stats {
  uint64_t bytes_in, bytes_out, messages_in, messages_out, lost;
  uint64_t connections, resumed, repeated;
  uint32_t queued, in_flight;
  double rtt_ms, jitter_ms, clock_offset_ms, p50_ms, p95_ms, p99_ms;
} perseid_stats;

typedef void (*perseid_on_result)(void* user, const perseid_result* result);
typedef void (*perseid_on_link)(void* user, perseid_link state, uint16_t close_code,
                                const char* reason, uint32_t retry_in_ms);
typedef void (*perseid_on_message)(void* user, const perseid_message* message);
/* The token ends in so many ms, and there is no function to fetch another: perseid_refresh() it. */
typedef void (*perseid_on_token_expiring)(void* user, uint64_t ends_in_ms);
/* Entities that were set, and those that are gone; perseid_room_get() reads them. */
typedef void (*perseid_on_state)(void* user, perseid_room* room, uint64_t tick, int full,
                                 const char* const* touched, size_t touched_count,
                                 const char* const* gone, size_t gone_count);
/* event: join, leave, drop, resume, roster */
typedef void (*perseid_on_presence)(void* user, const char* event, const char* client,
                                    const char* name);
/* Of an encrypted room. */
typedef void (*perseid_on_undecryptable)(void* user, perseid_seal_fault fault, int action,
                                         const char* sender, uint64_t seq);
/* The answer as JSON. */
typedef void (*perseid_on_answer)(void* user, const perseid_result* result, const char* json);

typedef struct perseid_room_handlers {
  perseid_on_message chat;
  perseid_on_message action;
  perseid_on_state state;
  perseid_on_presence presence;
} perseid_room_handlers;

/* NULL: no memory. It is destroyed by perseid_destroy(), not inside a callback. */
perseid_client* perseid_create(const perseid_config* config);
void perseid_destroy(perseid_client* client);
void perseid_set_link_handler(perseid_client* client, perseid_on_link handler, void* user);
void perseid_set_direct_handler(perseid_client* client, perseid_on_message handler, void* user);
/* 0: there is no use in trying: see perseid_failure(). What only trying tells comes with the link
 * handler, and perseid_failure() says it, too. */
int perseid_connect(perseid_client* client);
perseid_fault perseid_failure(const perseid_client* client);
const char* perseid_failure_text(const perseid_client* client); /* until the next poll */
/* With which the relay refused the client, of its closed list, "" if it did not; bad_token, say. */
const char* perseid_failure_code(const perseid_client* client);
void perseid_poll(perseid_client* client, int wait_ms);
void perseid_flush(perseid_client* client);
void perseid_wake(perseid_client* client);
void perseid_close(perseid_client* client);
perseid_link perseid_state(const perseid_client* client);
const char* perseid_id(const perseid_client* client);
double perseid_now_ms(const perseid_client* client);
double perseid_server_ms(const perseid_client* client);
void perseid_get_stats(const perseid_client* client, perseid_stats* out);

/* A relay that asks who one is: `token` of perseid_config, or `fetch_token`, which is called for
 * each connection and before a token ends. It answers at once or later, by any thread, also when
 * the client is gone, and once: that frees `ask`. token NULL: there is none, and `why` says so. */
void perseid_give_token(perseid_token_ask* ask, const char* token, const char* why);
void perseid_set_token_expiring_handler(perseid_client* client, perseid_on_token_expiring handler,
                                        void* user);
/* Goes on with a newer token of the same user, without a new connection. */
void perseid_refresh(perseid_client* client, const char* token, perseid_on_result done, void* user);

/* Signed messages: `signing` of perseid_config. A new pair of keys; `seed` is to be kept secret. */
void perseid_new_signing_pair(uint8_t seed[32], uint8_t key[32]);
/* Inside the callback that gave the message: whether its signature is right, and by which public
 * key, which may be NULL here. Whose key it is, the application has to know. */
perseid_signature perseid_verify(const perseid_client* client, const perseid_message* message,
                                 uint8_t key[32]);

/* A room lives until perseid_room_leave() or the client's end. `done` may be NULL, here and below.
 */
perseid_room* perseid_join(perseid_client* client, const char* room, int presence, uint32_t history,
                           perseid_on_result done, void* user);
/* End-to-end encryption, as sdk/js has it: the relay sees ciphertext. NULL: an id is none, or
 * `current` names no key. One for each client; a room that was joined with it keeps it. */
void perseid_new_key(uint8_t bytes[32]);
perseid_cipher* perseid_cipher_create(const perseid_key* keys, size_t count, const char* current);
void perseid_cipher_destroy(perseid_cipher* cipher);
perseid_room* perseid_join_encrypted(perseid_client* client, const char* room, int presence,
                                     uint32_t history, perseid_cipher* cipher,
                                     perseid_on_result done, void* user);
void perseid_room_set_undecryptable_handler(perseid_room* room, perseid_on_undecryptable handler,
                                            void* user);
void perseid_room_set_handlers(perseid_room* room, perseid_room_handlers handlers, void* user);
int perseid_room_joined(const perseid_room* room);
void perseid_room_leave(perseid_room* room);

/* 0: not taken; `done` says why. */
int perseid_room_chat(perseid_room* room, const char* text, perseid_on_result done, void* user);
int perseid_room_publish(perseid_room* room, int action, const char* payload,
                         perseid_on_result done, void* user);
int perseid_room_send_now(perseid_room* room, const char* payload); /* an action, if it can leave */
int perseid_direct(perseid_client* client, const char* to, const char* payload,
                   perseid_on_result done, void* user);
/* Any other op: members is JSON members beyond type, op and id, or "". */
void perseid_request(perseid_client* client, const char* op, const char* members,
                     perseid_on_answer done, void* user);

int perseid_room_set(perseid_room* room, const char* entity, const perseid_field* fields,
                     size_t count);
int perseid_room_unset(perseid_room* room, const char* entity);
/* 0: there is no such entity or field. Its text lives until the next call for this room. */
int perseid_room_get(perseid_room* room, const char* entity, const char* field, perseid_value* out);
size_t perseid_room_entities(const perseid_room* room);
/* The entities between their ticks: perseid_room_get_at() reads what perseid_room_sample() took. */
void perseid_room_interpolate(perseid_room* room);
void perseid_room_sample(perseid_room* room, double now_ms);
int perseid_room_get_at(perseid_room* room, const char* entity, const char* field,
                        perseid_value* out);

// NOLINTEND(modernize-use-using)

#ifdef __cplusplus
}
#endif
