// Inputs that broke other relays (CVE records and advisories; the rows of our own list), as far as
// they concern the rules. Each leaves memory and work bounded and the other clients undisturbed.
#include <gtest/gtest.h>
#include <pthread.h>

#include "codec/envelope_fields.h"
#include "engine/keyed_hash.h"
#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

void generous(Options& o) {
  o.session_messages_per_second = 10'000'000;
  o.session_bytes_per_second = ~0u;
}

// Runs on a thread whose stack would not survive a recursion per room.
void run_on_small_stack(void* (*body)(void*)) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 512 * KiB), 0);
  pthread_t thread{};
  ASSERT_EQ(pthread_create(&thread, &attributes, body, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// CVE-2020-36406: very many topics touched in one pass overflowed the stack.
TEST(Hostile, row_01_very_many_rooms_joined_used_and_left_in_one_turn_need_no_more_stack) {
  run_on_small_stack([](void*) -> void* {
    FakeWorld world(1, [](Options& o) {
      generous(o);
      o.rooms_max = 100'000;
      o.room_linger_ms = 1;
    });
    constexpr u32 kSessions = 500;
    constexpr u32 kRoomsEach = 64;
    for (u32 i = 0; i < kSessions; ++i) {
      Peer& peer = world.connect();
      for (u32 k = 0; k < kRoomsEach; ++k) {
        const std::string room = std::to_string(i) + "/" + std::to_string(k);
        peer.say(system("join", room_field(room)));
        peer.say(chat(room, "1"));
        peer.say(state(room, R"({"set":{"a":{"x":1}}})"));
      }
    }
    world.settle();
    EXPECT_EQ(world.relay().stats().rooms_created, kSessions * kRoomsEach);
    EXPECT_EQ(world.shard().peers[7]->count(R"("type":"chat")"), kRoomsEach);
    for (auto& peer : world.shard().peers) world.disconnect(*peer);
    world.run_for(100, 50);
    EXPECT_EQ(world.relay().stats().rooms_removed, kSessions * kRoomsEach);
    return nullptr;
  });
}

// CVE-2018-21035: defaults that were no limits.
TEST(Hostile, row_26_every_limit_has_a_bound_and_its_default_lies_within) {
#define GROUP(title)
#define FLAG(name, help)
#define TEXT(name, init, help)
#define NUM(type, name, init, min, max, unit, help) \
  EXPECT_LE(u64{min}, u64{init}) << #name;          \
  EXPECT_LE(u64{init}, u64{max}) << #name;          \
  EXPECT_LE(u64{max}, u64{static_cast<type>(~type{0})}) << #name;
  PERSEID_OPTIONS(GROUP, FLAG, NUM, NUM, TEXT)
#undef GROUP
#undef FLAG
#undef TEXT
#undef NUM
  const Options defaults;
  EXPECT_LE(defaults.max_message_bytes, 1 * MiB);
  EXPECT_LE(defaults.outbox_bytes_max, 256 * KiB);
  EXPECT_LE(defaults.session_rooms_max, 64u);
  EXPECT_LE(defaults.session_messages_per_second, 1000u);
  EXPECT_LE(u64{defaults.chat_window_bytes} + defaults.action_window_bytes +
                defaults.state_window_bytes + defaults.system_window_bytes +
                defaults.room_state_bytes_max,
            4 * MiB)
      << "what one room may hold";
}

// CVE-2022-2421 and its kin: a field of another type ended the process.
TEST(Hostile, row_29_every_field_with_every_json_type_is_answered_and_disturbs_nobody) {
  const std::string_view kFields[] = {
#define X(name) #name,
      PERSEID_REQUEST_FIELDS(X)
#undef X
          "__proto__",
      "constructor", "unknown"};
  const std::string_view kValues[] = {"null",
                                      "true",
                                      "false",
                                      "0",
                                      "-1",
                                      "1.5",
                                      "9007199254740993",
                                      "1e308",
                                      R"("")",
                                      R"("x")",
                                      R"("join")",
                                      R"("chat")",
                                      "[]",
                                      "[[[]]]",
                                      R"([1,"a",null])",
                                      "{}",
                                      R"({"a":null})",
                                      R"({"epoch":1})",
                                      R"({"set":null})",
                                      R"({"set":{"a":null}})",
                                      R"({"unset":[null]})"};
  const std::string_view kBases[] = {R"("type":"chat","room":"lobby","payload":1,"id":1)",
                                     R"("type":"chat","to":"c0000000000001","payload":1)",
                                     R"("type":"player_action","room":"lobby","payload":1)",
                                     R"("type":"game_state","room":"lobby","payload":{})",
                                     R"("type":"system","op":"hello")",
                                     R"("type":"system","op":"join","room":"other")",
                                     R"("type":"system","op":"leave","room":"other")",
                                     R"("type":"system","op":"discover","room":"lobby")",
                                     R"("type":"system","op":"history","room":"lobby")",
                                     R"("type":"system","op":"ping")",
                                     ""};
  FakeWorld world(2, generous);
  Peer& witness = world.connect();
  Peer& peer = world.connect();
  world.join(witness, "lobby");
  world.join(peer, "lobby");
  for (const std::string_view base : kBases) {
    for (const std::string_view name : kFields) {
      // Without the field's first value, so that this is another type and not a duplicate.
      std::string rest(base);
      if (const std::size_t at = rest.find('"' + std::string(name) + "\":");
          at != std::string::npos) {
        const std::size_t comma = rest.find(',', at);
        rest.erase(at, comma == std::string::npos ? comma : comma + 1 - at);
        if (rest.ends_with(',')) rest.pop_back();
      }
      for (const std::string_view value : kValues) {
        peer.say("{" + rest + (rest.empty() ? "" : ",") + '"' + std::string(name) +
                 "\":" + std::string(value) + "}");
      }
      world.settle();
      peer.take();
      ASSERT_EQ(peer.closed, CloseCode::none) << base << name;
      world.ask(peer, system("join", R"("room":"lobby")"));
    }
  }
  witness.take();
  world.ask(peer, chat("lobby", R"("still here")"));
  EXPECT_TRUE(witness.has("still here"));
}

// CVE-2025-21605: error replies filled the output buffer of one who never read.
TEST(Hostile, row_34_error_replies_to_one_who_never_reads_are_bounded_and_end_with_4008) {
  FakeWorld world(1, generous);
  Peer& witness = world.connect();
  Peer& peer = world.connect();
  peer.accepts_bytes = 0;
  u32 sent = 0;
  while (peer.closed == CloseCode::none && sent < 100'000) {
    peer.say(R"({"type":"no such type at all"})");
    world.turn();
    ++sent;
  }
  EXPECT_EQ(peer.closed, CloseCode::too_slow);
  for (int i = 0; i < 1000; ++i) peer.say("x");
  world.settle();
  peer.accepts_bytes = ~u64{0};
  world.settle();
  EXPECT_LE(peer.bytes_in, u64{world.options.outbox_bytes_max});
  EXPECT_EQ(world.ask(witness, system("ping")).size(), 1u);
}

// CVE-2023-44487 in our terms: cheap cancel, costly work.
TEST(Hostile, row_35_joining_and_leaving_at_line_rate_is_charged_like_any_message) {
  FakeWorld world;
  Peer& witness = world.connect();
  Peer& peer = world.connect();
  world.join(witness, "lobby", R"(,"presence":true)");
  const u64 before = witness.bytes_in;
  u32 sent = 0;
  for (; peer.closed == CloseCode::none && sent < 100'000; ++sent) {
    peer.say(system(sent % 2 == 0 ? "join" : "leave", R"("room":"lobby")"));
    if (sent % 100 == 0) world.turn();
  }
  EXPECT_EQ(peer.closed, CloseCode::too_many_messages);
  EXPECT_LE(witness.bytes_in - before, 2u * world.options.session_messages_per_second * 150u);
  EXPECT_EQ(witness.closed, CloseCode::none);
}

TEST(Hostile, one_client_cannot_fill_the_relay_with_rooms) {
  FakeWorld world(1, [](Options& o) {
    generous(o);
    o.rooms_max = 100;
  });
  Peer& peer = world.connect();
  for (int i = 0; i < 5000; ++i) {
    peer.say(system("join", room_field("r" + std::to_string(i))));
    if (i % 100 == 0) world.settle();
  }
  world.settle();
  EXPECT_EQ(peer.count(R"("op":"joined")"), world.options.session_rooms_max);
  EXPECT_EQ(world.relay().stats().rooms_created, world.options.session_rooms_max);
  peer.take();
  // Nor by leaving each behind for its linger time.
  world.ask(peer, system("leave", R"("room":"r0")"));
  for (int i = 0; i < 5000; ++i) {
    const std::string room = room_field("s" + std::to_string(i));
    peer.say(system("join", room));
    peer.say(system("leave", room));
    if (i % 100 == 0) world.settle();
  }
  world.settle();
  Peer& other = world.connect();
  EXPECT_NE(world.join(other, "wanted"), "");
  const Stats& stats = world.relay().stats();
  EXPECT_LE(stats.rooms_created - stats.rooms_removed, 100u);
}

TEST(Hostile, names_chosen_against_a_plain_hash_spread_under_the_keyed_one) {
  std::vector<std::string> flood;
  for (u32 i = 0; flood.size() < 2000; ++i) {
    std::string name = "n" + std::to_string(i);
    if (std::hash<std::string>{}(name) % 64 == 0) flood.push_back(std::move(name));
  }
  KeyedHash secret;
  secret.key[3] = 77;
  KeyedMap<int> map(0, secret);
  for (const std::string& name : flood) map.emplace(name, 1);
  std::size_t most = 0;
  for (std::size_t i = 0; i < map.bucket_count(); ++i) most = std::max(most, map.bucket_size(i));
  EXPECT_LE(most, 12u);
}

TEST(Hostile, room_names_that_mean_something_elsewhere_are_ordinary_here) {
  FakeWorld world(1, generous);
  Peer& witness = world.connect();
  world.join(witness, "lobby");
  const std::string_view names[] = {
      "../../etc/passwd", "%00",    "*",     ">",      "$SYS",   "lobby.*",
      "lobby/",           "#",      "+",     "a;b",    "'--",    "__proto__",
      "constructor",      "%0d%0a", "Lobby", " lobby", "lobby ", "\xef\xbd\x8cobby"};
  for (const std::string_view name : names) {
    Peer& peer = world.connect();
    EXPECT_EQ(field(world.join(peer, name), "room"), name);
    peer.say(chat(name, "1"));
    world.settle();
    EXPECT_EQ(number(peer.find(R"("type":"chat")"), "seq"), 1u) << name << " is a room of its own";
  }
  EXPECT_TRUE(witness.messages.empty());
}

TEST(Hostile, look_alikes_in_two_normal_forms_are_two_rooms) {
  FakeWorld world;
  Peer& a = world.connect();
  Peer& b = world.connect();
  world.join(a, "caf\xc3\xa9");
  world.join(b, "cafe\xcc\x81");
  world.ask(a, chat("caf\xc3\xa9", "1"));
  EXPECT_TRUE(b.messages.empty());
}

TEST(Hostile, control_characters_in_names_are_refused) {
  FakeWorld world;
  Peer& peer = world.connect();
  for (const char* name : {R"(\u0000)", R"(a\u0000b)", R"(\r\n)", R"(\u001b[31m)", R"(\u007f)",
                           R"(\u0085)", R"(\u202e)", R"(\u2066)", R"(\u2028)"}) {
    const auto room = world.ask(peer, system("join", room_field(name)));
    ASSERT_EQ(room.size(), 1u);
    EXPECT_EQ(field(room[0], "code"), "bad_value") << name;
    const auto hello = world.ask(peer, system("hello", R"("name":")" + std::string(name) + '"'));
    EXPECT_EQ(field(hello[0], "code"), "bad_value") << name;
  }
  EXPECT_EQ(world.relay().stats().rooms_created, 0u);
}

TEST(Hostile, a_message_to_oneself_comes_once) {
  FakeWorld world(2);
  for (const ShardId shard : {ShardId{0}, ShardId{1}}) {
    Peer& peer = world.connect(shard);
    const std::string self = field(world.ask(peer, system("hello"))[0], "client");
    const auto got = world.ask(peer, direct(self, "1", "7"));
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(field(got[0], "to"), self);
    EXPECT_EQ(field(got[1], "op"), "ack");
  }
}

TEST(Hostile, history_of_a_room_not_joined_tells_nothing) {
  FakeWorld world;
  Peer& a = world.connect();
  Peer& b = world.connect();
  world.join(a, "secret");
  world.ask(a, chat("secret", R"("plan")"));
  for (const char* room : {"secret", "never"}) {
    const auto got = world.ask(b, system("history", room_field(room)));
    EXPECT_EQ(field(got[0], "code"), "not_joined") << "the same whether it exists or not";
  }
  world.join(b, "secret");
  world.ask(b, system("leave", R"("room":"secret")"));
  EXPECT_EQ(field(world.ask(b, system("history", R"("room":"secret")"))[0], "code"), "not_joined");
}

TEST(Hostile, since_beyond_what_was_ever_sent_is_not_recovered_and_what_follows_is_whole) {
  FakeWorld world;
  Peer& a = world.connect();
  const std::string epoch = field(world.join(a, "lobby"), "epoch");
  world.ask(a, chat("lobby", "1"));
  for (const char* seq : {"2", "65536", "2147483647", "2147483648", "4294967294", "4294967295"}) {
    Peer& b = world.connect();
    b.say(system("join", R"("room":"lobby","since":{"epoch":")" + epoch + R"(","chat":)" + seq +
                             R"(,"player_action":)" + seq + "}"));
    world.settle();
    ASSERT_EQ(b.messages.size(), 1u);
    EXPECT_EQ(field(b.messages[0], "recovered"), "false") << seq;
    b.take();
    world.ask(a, chat("lobby", "1"));
    EXPECT_EQ(b.count(R"("type":"chat")"), 1u);
  }
}

TEST(Hostile, a_flood_of_presence_reaches_readers_bounded_and_stalls_nobody) {
  FakeWorld world(1, [](Options& o) {
    generous(o);
    o.burst_window_bytes = 4096;
  });
  Peer& reader = world.connect();
  Peer& stalled = world.connect();
  world.join(reader, "lobby", R"(,"presence":true)");
  world.join(stalled, "lobby", R"(,"presence":true)");
  stalled.accepts_bytes = 0;
  for (int i = 0; i < 3000; ++i) {
    Peer& peer = world.connect();
    world.join(peer, "lobby");
    world.disconnect(peer);
    world.turn();
  }
  world.settle();
  EXPECT_EQ(reader.count("presence"), 6001u) << "the stalled one's joining as well";
  EXPECT_EQ(stalled.closed, CloseCode::none);
  stalled.accepts_bytes = ~u64{0};
  world.settle();
  EXPECT_TRUE(stalled.has(R"("op":"roster")"));
  EXPECT_LT(stalled.count("presence"), 2000u);
}

TEST(Hostile, entity_counts_from_none_to_the_limit_and_beyond) {
  FakeWorld world(1, [](Options& o) {
    generous(o);
    o.room_entities_max = 1000;
  });
  Peer& peer = world.connect();
  world.join(peer, "arena");
  for (const char* payload : {"{}", R"({"set":{}})", R"({"unset":[]})", R"({"unset":["none"]})"}) {
    EXPECT_EQ(field(world.ask(peer, state("arena", payload, "1"))[0], "op"), "ack") << payload;
  }
  std::string set = R"({"set":{"-1":{})";
  for (int i = 1; i < 1000; ++i) set += ",\"" + std::to_string(i) + "\":{}";
  EXPECT_EQ(field(world.ask(peer, state("arena", set + "}}", "2"))[0], "op"), "ack");
  const auto got = world.ask(peer, state("arena", R"({"set":{"one more":{}}})", "3"));
  EXPECT_EQ(field(got[0], "code"), "state_limit");
  world.run_for(100);
  EXPECT_EQ(peer.count(R"("-1":{})"), 1u);
  EXPECT_FALSE(peer.has("one more"));
}

TEST(Hostile, a_clock_ten_years_ahead_or_behind_changes_no_limit) {
  for (const i64 jump_ms : {i64{315'360'000'000}, i64{-315'360'000'000}}) {
    FakeWorld world(1, [](Options& o) { o.session_messages_per_second = 10; });
    Peer& peer = world.connect();
    for (int i = 0; i < 20; ++i) peer.say(system("ping"));
    world.settle();
    world.now.unix_ms += static_cast<u64>(jump_ms);
    EXPECT_EQ(field(world.ask(peer, system("ping")).back(), "code"), "rate_limited");
    EXPECT_EQ(peer.closed, CloseCode::none);
  }
}

TEST(Hostile, a_monotonic_clock_that_leaps_ten_years_ends_sessions_and_nothing_else) {
  FakeWorld world;
  Peer& peer = world.connect();
  world.join(peer, "arena");
  peer.say(state("arena", R"({"set":{"a":{"x":1}}})"));
  world.turn(315'360'000'000);
  world.settle();
  EXPECT_EQ(peer.closed, CloseCode::heartbeat_timeout);
  Peer& next = world.connect();
  EXPECT_NE(world.join(next, "arena"), "");
}

}  // namespace
}  // namespace perseid::test
