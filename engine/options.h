// Options: every setting of the relay, declared once. The struct, the flags, the environment names
// (PERSEID_PORT), the TOML keys, `--help` and docs/reference.md are all made from this list.
// Thread: filled before the shards start; immutable from then on, so every shard may read it.
#pragma once

#include <string>

#include "codec/bytes.h"

namespace perseid {

// FLAG(name, help)                                   bool, false unless said
// NUM(type, name, default, min, max, unit, help)     unsigned whole number
// AUTO(type, name, default, min, max, unit, help)    the same, or the word auto: kAuto
// TEXT(name, default, help)                          string
// Names are snake_case here, kebab-case as flags, UPPER_CASE with PERSEID_ in the environment.
// GROUP(title) starts a section of --help and of the reference page.
#define PERSEID_OPTIONS(GROUP, FLAG, NUM, AUTO, TEXT)                                              \
  GROUP("Where it listens")                                                                        \
  TEXT(host, "127.0.0.1", "Address to listen on; 0.0.0.0 or :: for all.")                          \
  NUM(u16, port, 8080, 0, 65535, "", "TCP port; 0 takes a free one and prints it.")                \
  NUM(u32, shards, 0, 0, 256, "",                                                                  \
      "Event loops to run, each on its own core; 0 means one per core.")                           \
  TEXT(user, "",                                                                                   \
       "Started as root, it goes on as this user once its ports are bound and its keys are read.") \
  FLAG(echo, "Also serve /echo, which sends every message back (diagnostics, conformance).")       \
  TEXT(allow_origin, "",                                                                           \
       "Web origins that may connect, separated by commas; * for all; empty: the relay's own "     \
       "only.")                                                                                    \
  FLAG(proxy_protocol,                                                                             \
       "A proxy says first whom it speaks for, at --port: PROXY protocol, version 2.")             \
  FLAG(forwarded_for, "A proxy says in X-Forwarded-For whom it speaks for.")                       \
  TEXT(trusted_proxies, "",                                                                        \
       "Networks of the proxies that are believed that, with commas: 10.0.0.7,2001:db8::/64.")     \
  GROUP("TLS")                                                                                     \
  TEXT(tls_cert, "",                                                                               \
       "PEM file with a certificate and its chain: --port then speaks TLS. Several, with commas: " \
       "chosen by the host that a client names; the first serves all others.")                     \
  TEXT(tls_key, "", "PEM file with its private key; of several, in the same order.")               \
  TEXT(tls_client_ca, "",                                                                          \
       "PEM file: clients must show a certificate signed by one of these authorities.")            \
  TEXT(tls_min_version, "1.2", "Lowest version of TLS.")                                           \
  AUTO(u32, plain_port, 0, 0, 65535, "",                                                           \
       "With TLS, a second port without it; 0: none, auto: a free one.")                           \
  TEXT(plain_host, "127.0.0.1", "Address of the second port.")                                     \
  NUM(u32, tls_handshakes_max, 1024, 1, 1000000, "",                                               \
      "TLS handshakes under way at one time; one more connection is dropped.")                     \
  NUM(u32, tls_handshake_timeout_ms, 5000, 50, 600000, "ms", "Time for the whole TLS handshake.")  \
  FLAG(no_handshake_threads,                                                                       \
       "Shake hands in the shards' turns, not in threads that give way to them.")                  \
  NUM(u32, tls_handshake_us, 500, 1, 1000000, "us",                                                \
      "Handshakes that are done in a shard's turn get so long before players get theirs.")         \
  NUM(u32, tls_hello_bytes_max, 16384, 512, 131072, "bytes", "Size of a ClientHello.")             \
  NUM(u32, tls_ticket_key_s, 3600, 1, 86400, "s",                                                  \
      "A key for tickets (session resumption) is used so long, and kept as long again.")           \
  NUM(u32, tls_reload_s, 10, 0, 86400, "s",                                                        \
      "The files are looked at so often, to take new certificates; 0: only at SIGHUP.")            \
  GROUP("Connections")                                                                             \
  NUM(u32, max_connections, 1000000, 1, 16000000, "", "Connections in all; one more gets 4013.")   \
  NUM(u32, timeout_ms, 30000, 100, 3600000, "ms", "Silence after which a client is gone (4000).")  \
  NUM(u32, heartbeat_interval_ms, 5000, 50, 3600000, "ms", "A quiet client is pinged this often.") \
  NUM(u32, reconnect_attempts, 5, 0, 1000000, "", "Told to clients: tries before giving up.")      \
  NUM(u32, reconnect_delay_ms, 1000, 0, 3600000, "ms", "Told to clients: the first back-off.")     \
  NUM(u32, resume_window_ms, 120000, 0, 86400000, "ms",                                            \
      "A session whose connection broke may be resumed for so long; 0: never.")                    \
  NUM(u32, resumable_sessions_max, 100000, 0, 16000000, "",                                        \
      "Sessions that wait to be resumed; beyond it the oldest end.")                               \
  NUM(u32, parked_bytes_max, 67108864, 0, 4294967295, "bytes",                                     \
      "What they may hold beyond 512 bytes each: personal messages that wait, many rooms.")        \
  NUM(u32, handshake_timeout_ms, 5000, 50, 600000, "ms", "Time for the whole HTTP request head.")  \
  NUM(u32, head_bytes_max, 8192, 512, 65536, "bytes", "Size of the HTTP request head.")            \
  NUM(u32, idle_after_ms, 10000, 0, 3600000, "ms",                                                 \
      "Without messages for so long, a connection rests on a poll, which costs the kernel less.")  \
  NUM(u32, drain_timeout_ms, 5000, 0, 600000, "ms", "Time to flush everyone at SIGTERM.")          \
  NUM(u32, overload_behind_ms, 0, 0, 600000, "ms",                                                 \
      "A shard that has not caught up with its work for so long sheds some; 0: never.")            \
  NUM(u32, overload_memory_mib, 0, 0, 16777216, "MiB",                                             \
      "The same while the relay takes more memory; 0: never.")                                     \
  GROUP("Messages")                                                                                \
  NUM(u32, max_message_bytes, 1048576, 128, 67108864, "bytes",                                     \
      "One message, inflated; more is 1009.")                                                      \
  NUM(u32, echo_message_bytes_max, 16777216, 128, 67108864, "bytes", "The same, at /echo.")        \
  NUM(u32, messages_per_frame_max, 256, 1, 65536, "", "Messages in one JSON array.")               \
  NUM(u32, room_name_bytes_max, 128, 1, 1024, "bytes", "Length of a room's name.")                 \
  NUM(u32, name_bytes_max, 64, 1, 1024, "bytes", "Length of a client's name.")                     \
  NUM(u32, meta_bytes_max, 1024, 0, 65536, "bytes", "Length of hello's meta.")                     \
  FLAG(no_compression, "Never negotiate permessage-deflate.")                                      \
  NUM(u32, inflate_ratio_max, 100, 0, 1100, "",                                                    \
      "A bomb is a message of more than 32 KiB and so many times what it came as; 0: none is.")    \
  NUM(u32, inflate_bombs_bytes_per_second, 1048576, 1, 4294967295, "bytes",                        \
      "Each shard inflates so much of them; twice that at one go; more are closed with 1009.")     \
  NUM(u32, compress_from_bytes, 256, 0, 1048576, "bytes",                                          \
      "Shorter messages are sent uncompressed.")                                                   \
  GROUP("Rooms")                                                                                   \
  NUM(u32, rooms_max, 100000, 1, 16000000, "", "Rooms in all.")                                    \
  FLAG(creators_declare_rooms,                                                                     \
       "Who joins a new room may say what it is (create), where no [[room]] of the file does.")    \
  NUM(u32, session_rooms_max, 64, 1, 65536, "", "Rooms that one session may join.")                \
  NUM(u32, room_members_max, 1000000, 1, 16000000, "", "Members of one room.")                     \
  NUM(u32, room_linger_ms, 60000, 0, 86400000, "ms",                                               \
      "An empty room is kept so long for recovery.")                                               \
  NUM(u32, grid_cells_max, 65536, 1, 8000000, "",                                                  \
      "Cells of grids that members look at at one time, on each shard; more stay unseen.")         \
  NUM(u32, chat_history, 1000, 0, 1000000, "messages", "Chat messages a room keeps.")              \
  NUM(u32, chat_window_bytes, 1048576, 4096, 1073741824, "bytes", "The same, in bytes.")           \
  NUM(u32, chat_marks_bytes_max, 1048576, 4096, 1073741824, "bytes",                               \
      "Edits and reactions that a room keeps to the messages it has.")                             \
  NUM(u32, message_reactions_max, 1000, 1, 1000000, "", "Reactions to one message.")               \
  NUM(u32, typing_members_max, 256, 0, 1000000, "",                                                \
      "In larger rooms nobody is told who is typing.")                                             \
  NUM(u32, typing_per_second, 20, 1, 100000, "", "How often a room tells who is typing.")          \
  NUM(u32, read_positions_max, 10000, 1, 16000000, "",                                             \
      "Users of a room whose read position is kept.")                                              \
  NUM(u32, action_window_bytes, 262144, 4096, 1073741824, "bytes",                                 \
      "Player actions a room keeps; a member further behind gets a gap notice.")                   \
  NUM(u32, burst_window_bytes, 1048576, 4096, 1073741824, "bytes",                                 \
      "Actions, or chat, that a room keeps beyond their window for a second.")                     \
  NUM(u32, system_window_bytes, 65536, 4096, 1073741824, "bytes", "Presence events a room keeps.") \
  NUM(u32, state_window_bytes, 262144, 4096, 1073741824, "bytes",                                  \
      "State deltas a room keeps: what a laggard can use, and no more than this.")                 \
  NUM(u32, room_state_bytes_max, 2097152, 1024, 1073741824, "bytes",                               \
      "State of one room, as it lies in memory.")                                                  \
  NUM(u32, room_entities_max, 65536, 1, 16777216, "", "Entities in one room's state.")             \
  NUM(u32, entity_fields_max, 256, 1, 65536, "", "Fields of one entity.")                          \
  NUM(u32, roster_max, 100, 1, 65536, "", "Members listed in joined and discover.")                \
  TEXT(state_dictionary, "",                                                                       \
       "File with a zstd dictionary for state in the binary flavour, where no schema codes it.")   \
  NUM(u32, state_hz, 20, 1, 240, "Hz", "State ticks per second.")                                  \
  NUM(u32, state_hz_min, 1, 1, 240, "Hz",                                                          \
      "A member whose link cannot keep up is sent state less often, but no less than this.")       \
  AUTO(u32, action_window_ms, 0, 0, 1000, "ms",                                                    \
       "Player actions are gathered so long before they are sent: more throughput, more delay; "   \
       "auto: only while the room's shard is busy.")                                               \
  NUM(u32, action_window_auto_ms_max, 20, 1, 1000, "ms",                                           \
      "The longest window that auto opens, on a shard without a moment to spare.")                 \
  GROUP("Limits")                                                                                  \
  NUM(u32, session_messages_per_second, 1000, 1, 100000000, "",                                    \
      "Messages of one session; burst twice that.")                                                \
  NUM(u32, session_bytes_per_second, 1048576, 128, 4294967295, "bytes", "The same, in bytes.")     \
  NUM(u32, session_signatures_per_second, 200, 1, 100000, "",                                      \
      "Ed25519 signatures of one session that are checked; burst twice that.")                     \
  NUM(u32, address_messages_per_second, 0, 0, 100000000, "",                                       \
      "Messages of one IP address, on each shard and while it is connected; 0: no limit.")         \
  NUM(u32, address_connections_max, 0, 0, 16000000, "",                                            \
      "Connections of one IP address; of IPv6 its /64 counts as one; 0: no limit.")                \
  NUM(u32, address_connections_per_second, 0, 0, 1000000, "",                                      \
      "New connections of one IP address; twice that at one go; 0: no limit.")                     \
  NUM(u32, subnet_connections_max, 0, 0, 16000000, "", "Connections of one network; 0: no limit.") \
  NUM(u32, subnet_v4_bits, 24, 8, 32, "", "Such a network of IPv4 addresses: bits alike.")         \
  NUM(u32, subnet_v6_bits, 48, 16, 64, "", "Likewise, of IPv6.")                                   \
  NUM(u32, read_back_ms, 2000, 0, 60000, "ms",                                                     \
      "State bears a ping so often, to see who has not read it and send it no more until it has; " \
      "0: never.")                                                                                 \
  NUM(u32, client_bytes_per_second, 0, 0, 4294967295, "bytes", "Sent to one client; 0: no cap.")   \
  NUM(u32, flush_bytes_max, 65536, 1024, 16777216, "bytes", "One send to one client.")             \
  NUM(u32, outbox_bytes_max, 262144, 4096, 67108864, "bytes",                                      \
      "Replies one client may leave unread (4008).")                                               \
  NUM(u32, answers_bytes_max, 1048576, 4096, 67108864, "bytes",                                    \
      "Replies to one client that had no time yet to be read; more are refused as overloaded.")    \
  NUM(u32, notsent_lowat_bytes, 16384, 0, 16777216, "bytes",                                       \
      "TCP_NOTSENT_LOWAT; 0 leaves it alone.")                                                     \
  NUM(u32, mailbox_letters_max, 65536, 256, 16777216, "", "Letters waiting for one shard.")        \
  GROUP("Signing in")                                                                              \
  TEXT(token_keys, "",                                                                             \
       "File with the keys of tokens, a JSON Web Key Set; empty, and no --token-secret: anybody "  \
       "may come in.")                                                                             \
  TEXT(token_secret, "",                                                                           \
       "Key of tokens by HS256, 32 bytes at least; better in the environment than in a flag.")     \
  TEXT(token_issuer, "", "The iss that a token must bear; empty: any.")                            \
  TEXT(token_audience, "", "The aud that a token must bear, perhaps among others; empty: any.")    \
  NUM(u32, token_leeway_ms, 5000, 0, 600000, "ms", "How much clocks may differ (exp, nbf).")       \
  NUM(u32, token_warning_ms, 60000, 0, 86400000, "ms",                                             \
      "So long before its token ends a client is told to refresh it.")                             \
  NUM(u32, token_bytes_max, 8192, 64, 65536, "bytes", "Length of a token.")                        \
  NUM(u32, unauthenticated_bytes_max, 24576, 1024, 1048576, "bytes",                               \
      "Before it has signed in: one message, inflated, and the replies that a client may leave "   \
      "unread.")                                                                                   \
  TEXT(anonymous_rooms, "",                                                                        \
       "Rooms for who shows no token, as patterns with * and ? between commas; empty: none.")      \
  GROUP("Moderation")                                                                              \
  TEXT(moderator_token, "",                                                                        \
       "Secret: who says hello with this token may moderate; empty: nobody may.")                  \
  NUM(u32, moderation_entries_max, 65536, 1, 16000000, "",                                         \
      "Mutes, bans and slow rooms, on each shard; more are refused.")                              \
  NUM(u32, name_sessions_max, 64, 1, 65536, "",                                                    \
      "Sessions of one name that private messages to it reach.")                                   \
  GROUP("The ring")                                                                                \
  NUM(u32, ring_entries, 1024, 64, 32768, "", "Submission queue entries per shard.")               \
  NUM(u32, completion_entries, 8192, 128, 65536, "", "Completion queue entries per shard.")        \
  NUM(u32, recv_buffers, 1024, 16, 32768, "", "Receive buffers per shard, a power of two.")        \
  NUM(u32, recv_buffer_bytes, 8192, 512, 1048576, "bytes", "Size of one receive buffer.")          \
  NUM(u32, gather_us, 250, 0, 10000, "us",                                                         \
      "With nothing to send, a busy shard waits so long for more to come in: fewer wake-ups; 0: "  \
      "never.")                                                                                    \
  FLAG(no_pin, "Do not pin shards to cores.")                                                      \
  GROUP("The store")                                                                               \
  TEXT(store, "",                                                                                  \
       "Where durable rooms are kept: empty for a SQLite file in --data-dir, none, or "            \
       "postgresql://USER@HOST/DATABASE.")                                                         \
  TEXT(data_dir, "perseid-data",                                                                   \
       "Directory of that file; made when the first durable room asks for it.")                    \
  NUM(u32, store_queue_bytes_max, 16777216, 65536, 1073741824, "bytes",                            \
      "On their way to the store; more is refused as overloaded.")                                 \
  NUM(u32, store_page_bytes_max, 1048576, 4096, 67108864, "bytes",                                 \
      "What one question for history reads from the store.")                                       \
  NUM(u32, store_rooms_max, 1000000, 1, 100000000, "", "Rooms that the store keeps.")              \
  NUM(u32, store_room_messages_max, 1000000, 0, 4294967295, "messages",                            \
      "The store keeps so much chat of a room; 0: no limit.")                                      \
  NUM(u32, store_room_bytes_max, 1073741824, 0, 4294967295, "bytes",                               \
      "The same, in bytes of payload; 0: no limit.")                                               \
  NUM(u32, store_days_max, 0, 0, 36500, "days",                                                    \
      "The same, by age, and private messages; 0: no limit.")                                      \
  TEXT(private_durability, "memory",                                                               \
       "How private messages to a user's name are kept for both: memory (not), async or commit, "  \
       "as a room's durability.")                                                                  \
  NUM(u32, store_private_messages_max, 10000000, 0, 4294967295, "messages",                        \
      "The store keeps so many private messages in all; 0: no limit.")                             \
  GROUP("Logs and files")                                                                          \
  TEXT(config, "", "TOML file with these same names.")                                             \
  TEXT(log_level, "info", "trace, debug, info, warn, error or off.")                               \
  TEXT(log_format, "text", "text, or json for one object per line.")

// What an AUTO option holds for the word auto; beyond every maximum.
constexpr u32 kAuto = ~0u;

struct Options {
#define PERSEID_GROUP(title)
#define PERSEID_FLAG(name, help) bool name = false;
#define PERSEID_NUM(type, name, init, min, max, unit, help) type name = init;
#define PERSEID_TEXT(name, init, help) std::string name = init;
  PERSEID_OPTIONS(PERSEID_GROUP, PERSEID_FLAG, PERSEID_NUM, PERSEID_NUM, PERSEID_TEXT)
#undef PERSEID_GROUP
#undef PERSEID_FLAG
#undef PERSEID_NUM
#undef PERSEID_TEXT
};

}  // namespace perseid
