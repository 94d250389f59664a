/* A program in C by perseid.h alone: what c_test.cc runs. Built as C, with all warnings. */
#include <perseid.h>
#include <stdio.h>
#include <string.h>

struct heard {
  int undecryptable, encrypted, joined, acknowledged, refused, chats, states, links, answers,
      directs;
  char chat[128];
  char answer[512];
};

static void on_joined(void* user, const perseid_result* result) {
  ((struct heard*)user)->joined = result->cause == PERSEID_OK;
}
static void on_done(void* user, const perseid_result* result) {
  struct heard* heard = user;
  if (result->cause == PERSEID_OK) {
    heard->acknowledged++;
  } else if (result->cause == PERSEID_REFUSED && strcmp(result->code, "unknown_client") == 0) {
    heard->refused++;
  }
}
static void on_chat(void* user, const perseid_message* message) {
  struct heard* heard = user;
  heard->chats++;
  heard->encrypted += message->encrypted;
  snprintf(heard->chat, sizeof heard->chat, "%s %u %s", message->room, (unsigned)message->seq,
           message->payload);
}
static void on_state(void* user, perseid_room* room, uint64_t tick, int full,
                     const char* const* touched, size_t touched_count, const char* const* gone,
                     size_t gone_count) {
  (void)room, (void)tick, (void)full, (void)touched, (void)gone, (void)gone_count;
  ((struct heard*)user)->states += touched_count != 0;
}
static void on_link(void* user, perseid_link state, uint16_t code, const char* reason,
                    uint32_t retry_in_ms) {
  (void)state, (void)code, (void)reason, (void)retry_in_ms;
  ((struct heard*)user)->links++;
}
static void on_answer(void* user, const perseid_result* result, const char* json) {
  struct heard* heard = user;
  heard->answers += result->cause == PERSEID_OK;
  snprintf(heard->answer, sizeof heard->answer, "%s", json);
}
static void on_undecryptable(void* user, perseid_seal_fault fault, int action, const char* sender,
                             uint64_t seq) {
  (void)action, (void)sender, (void)seq;
  ((struct heard*)user)->undecryptable += fault == PERSEID_UNKNOWN_KEY;
}
static void on_direct(void* user, const perseid_message* message) {
  ((struct heard*)user)->directs += message->is_private;
}

#define UNTIL(condition)                                   \
  do {                                                     \
    const double end = perseid_now_ms(client) + 20000;     \
    while (!(condition)) {                                 \
      if (perseid_now_ms(client) > end) return #condition; \
      perseid_poll(client, 5);                             \
    }                                                      \
  } while (0)

static const char* drive(perseid_client* client, struct heard* heard) {
  const perseid_room_handlers handlers = {on_chat, NULL, on_state, NULL};
  const perseid_field fields[] = {{"x", {PERSEID_NUMBER, 2.5, {0, 0, 0, 0}, NULL}},
                                  {"name", {PERSEID_TEXT, 0, {0, 0, 0, 0}, "ana"}},
                                  {"pose", {PERSEID_QUATERNION, 0, {0, 0, 0.6, 0.8}, NULL}}};
  perseid_value value;
  perseid_stats stats;
  perseid_room* room = perseid_join(client, "lobby", 1, 0, on_joined, heard);
  perseid_room_set_handlers(room, handlers, heard);
  UNTIL(heard->joined && perseid_room_joined(room));
  if (!perseid_room_chat(room, "hi", on_done, heard)) return "chat was not taken";
  if (perseid_room_publish(room, 0, "{broken", on_done, heard)) return "no JSON was taken";
  perseid_room_send_now(room, "[1]");
  perseid_direct(client, "cfzzzzzzzzzzzz", "1", on_done, heard);
  UNTIL(heard->acknowledged == 1 && heard->refused == 1 && heard->chats == 1);
  if (strcmp(heard->chat, "lobby 1 {\"text\":\"hi\"}") != 0) return heard->chat;
  perseid_direct(client, perseid_id(client), "1", NULL, NULL);
  UNTIL(heard->directs == 1);

  perseid_room_interpolate(room);
  if (!perseid_room_set(room, "e1", fields, 3)) return "set was not taken";
  UNTIL(heard->states > 0);
  if (!perseid_room_get(room, "e1", "x", &value) || value.number != 2.5) return "x";
  if (!perseid_room_get(room, "e1", "name", &value) || strcmp(value.text, "ana") != 0)
    return "name";
  if (!perseid_room_get(room, "e1", "pose", &value) || value.quaternion[3] != 0.8) return "pose";
  if (perseid_room_get(room, "e1", "nothing", &value) || value.kind != PERSEID_NULL)
    return "nothing";
  perseid_room_sample(room, perseid_now_ms(client) + 1000);
  if (!perseid_room_get_at(room, "e1", "x", &value) || value.number != 2.5) return "x at a time";

  perseid_request(client, "discover", "\"room\":\"lobby\"", on_answer, heard);
  UNTIL(heard->answers == 1);
  if (strstr(heard->answer, perseid_id(client)) == NULL) return heard->answer;
  perseid_get_stats(client, &stats);
  if (stats.connections != 1 || stats.messages_out < 5) return "stats";
  perseid_room_unset(room, "e1");
  UNTIL(perseid_room_entities(room) == 0);
  perseid_room_leave(room);
  return NULL;
}

static const char* finish(perseid_client* client) {
  if (perseid_failure(client) != PERSEID_FAULT_NONE) return perseid_failure_text(client);
  perseid_close(client);
  UNTIL(perseid_state(client) == PERSEID_CLOSED);
  if (perseid_failure(client) != PERSEID_FAULT_CLOSED_BY_US) return perseid_failure_text(client);
  return NULL;
}

/* Two ciphers in one client: each room of its own key. */
static const char* encrypt(perseid_client* client, struct heard* heard) {
  const perseid_room_handlers handlers = {on_chat, NULL, NULL, NULL};
  perseid_key keys[2] = {{"old", {0}}, {"new", {0}}};
  perseid_cipher *cipher, *other;
  perseid_room* room;
  const int chats = heard->chats;
  perseid_new_key(keys[0].bytes);
  perseid_new_key(keys[1].bytes);
  if (memcmp(keys[0].bytes, keys[1].bytes, 32) == 0) return "keys";
  if (perseid_cipher_create(keys, 2, "none") != NULL) return "a cipher without a key";
  cipher = perseid_cipher_create(keys, 2, "new");
  other = perseid_cipher_create(keys, 1, "old");
  if (cipher == NULL || other == NULL) return "no cipher";
  room = perseid_join_encrypted(client, "secret", 0, 0, cipher, NULL, NULL);
  perseid_room_set_handlers(room, handlers, heard);
  perseid_room_set_undecryptable_handler(room, on_undecryptable, heard);
  if (!perseid_room_chat(room, "hi", on_done, heard)) return "secret chat was not taken";
  UNTIL(heard->chats == chats + 1);
  if (strcmp(heard->chat, "secret 1 {\"text\":\"hi\"}") != 0) return heard->chat;
  if (heard->encrypted != 1) return "it was not encrypted";
  /* From here on the room is one that knows the old key alone; what it says comes back to it. */
  perseid_room_chat(room, "unread", NULL, NULL);
  perseid_flush(client);
  perseid_join_encrypted(client, "secret", 0, 0, other, NULL, NULL);
  perseid_room_set_undecryptable_handler(room, on_undecryptable, heard);
  UNTIL(heard->undecryptable == 1);
  perseid_cipher_destroy(cipher);
  perseid_cipher_destroy(other);
  return NULL;
}

/* NULL, or what went wrong. */
const char* run_c_program(const char* url, int json);
const char* run_c_program(const char* url, int json) {
  static struct heard heard;
  const perseid_config config = {
      .url = url, .name = "c", .wire = json ? PERSEID_JSON : PERSEID_BINARY};
  perseid_client* client = perseid_create(&config);
  const char* problem = NULL;
  memset(&heard, 0, sizeof heard);
  if (client == NULL) return "no client";
  perseid_set_link_handler(client, on_link, &heard);
  perseid_set_direct_handler(client, on_direct, &heard);
  if (!perseid_connect(client)) problem = "connect";
  if (problem == NULL) problem = drive(client, &heard);
  if (problem == NULL) problem = encrypt(client, &heard);
  if (problem == NULL) problem = finish(client);
  perseid_destroy(client);
  if (problem == NULL && heard.links < 3) return "links";
  return problem;
}
