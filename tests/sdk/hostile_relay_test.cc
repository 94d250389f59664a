// A relay that means ill, or something that is none: HOSTILE row 17 (undici's faults, in our own
// client). Whatever it says, the client does not break, holds no more than it was sent, and says
// why the link is gone, or goes on.
#include <random>

#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"
#include "tests/support/memory.h"

namespace perseid {
namespace {

using test::config_on;
using test::FakeRelay;
using test::Peer;

TEST(HostileRelay, row_17_an_answer_that_is_no_upgrade_is_refused_with_the_reason) {
  const std::string switching = "HTTP/1.1 101 Switching Protocols\r\n";
  const std::vector<std::string> heads = {
      "\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\n\r\n",
      "HTTP/1.1 1012 Much\r\n\r\n",
      "HTTP/1.1 \r\n\r\n",
      "ICY 101\r\n\r\n",
      switching + "\r\n",
      switching + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \r\n\r\n",
      switching + "Upgrade: h2c\r\nConnection: close\r\n\r\n",
      switching + ":\r\n::\r\n: :\r\n\r\n",
      std::string("HTTP/1.1 101 \0\0\0\r\n\r\n", 20),
      std::string(1 << 20, 'x'),
      switching + "X: " + std::string(1 << 20, ' '),
  };
  for (const std::string& head : heads) {
    FakeRelay relay(Wire::json);
    relay.head = head;
    Peer ana(config_on(relay, Wire::json));
    ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; })) << head.substr(0, 80);
    EXPECT_EQ(ana.last_link.fault, LinkFault::not_a_relay) << head.substr(0, 80);
    EXPECT_FALSE(ana.last_reason.empty());
  }
}

TEST(HostileRelay, row_17_an_extension_that_was_not_offered_ends_the_link) {
  const std::string ours = "permessage-deflate; server_no_context_takeover";
  struct Row {
    std::string extensions;
    bool good = false;
  };
  std::vector<Row> rows = {
      {ours, true},
      {ours + "; client_no_context_takeover", true},
      {ours + " ; server_max_window_bits=15", true},
      {ours + "; server_max_window_bits=\"8\"", true},
      {"permessage-deflate"},
      {"permessage-deflates; server_no_context_takeover"},
      {"x-webkit-deflate-frame"},
      {ours + ", " + ours},
      {ours + "; server_no_context_takeover"},
      {ours + "; client_max_window_bits=15"},
      {ours + ";"},
      {ours + "; ="},
      {ours + "; constructor"},
      {ours + "; __proto__=1"},
  };
  for (const char* bits :
       {"", "0", "7", "16", "255", "08", "-1", "1e1", "9999999999", "\"", "\"\""}) {
    rows.push_back({ours + "; server_max_window_bits=" + bits});
  }
  for (const Row& row : rows) {
    FakeRelay relay(Wire::json);
    relay.upgrade_fields = "Sec-WebSocket-Extensions: " + row.extensions + "\r\n";
    ClientConfig config = config_on(relay, Wire::json);
    config.compress = true;
    Peer ana(std::move(config));
    ana.join("r");
    const std::string expected = row.good ? "open" : "closed";
    EXPECT_TRUE(ana.wait([&] { return ana.links.back() == expected; })) << row.extensions;
  }
}

std::string length_of(u64 bytes) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bytes >> shift & 0xff);
  return out;
}

TEST(HostileRelay, row_17_frames_against_the_rules_end_the_connection_and_it_comes_back) {
  const std::vector<std::string> rows = {
      "\x81\x7f" + length_of(u64{1} << 63),
      "\x81\x7f" + length_of(~u64{0}),
      "\x81\x7f" + length_of((u64{1} << 63) - 1),
      "\x81\x7f" + length_of(u64{1} << 40),
      "\x81\x7f" + length_of(5),
      std::string("\x81\x7e\x00\x05", 4),
      std::string("\x81\x85\x00\x00\x00\x00hello", 11),
      std::string("\xc1\x01x", 3),
      std::string("\xf1\x00", 2),
      std::string("\x83\x00", 2),
      std::string("\x8b\x00", 2),
      std::string("\x80\x01x", 3),
      std::string("\x01\x01x\x81\x01y", 6),
      std::string("\x09\x00", 2),
      std::string("\x89\x7e\x00\x7e", 4),
      std::string("\x88\x01\x03", 3),
      std::string("\x88\x02\x00\x00", 4),
      std::string("\x81\x01\xff", 3),
      std::string("\x81\x03\xed\xa0\x80", 5),
  };
  for (const std::string& row : rows) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1} << 20}) {
      FakeRelay relay(Wire::json);
      relay.piece_bytes = piece;
      Peer ana(config_on(relay, Wire::json));
      Room& room = ana.joined("r");
      relay.say_bare(row);
      EXPECT_TRUE(ana.wait([&] { return !room.joined(); })) << testing::PrintToString(row);
      EXPECT_TRUE(ana.wait([&] { return room.joined(); })) << testing::PrintToString(row);
    }
  }
}

// Nothing is put aside for what was only announced.
TEST(HostileRelay, row_30_an_announced_length_takes_no_memory) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay, Wire::json));
  ana.joined("r");
  const u64 before = test::resident_bytes();
  relay.say_bare("\x81\x7f" + length_of(16 * MiB - 1) + "begun");
  ASSERT_TRUE(ana.wait([&] { return relay.unread_bytes() == 0; }));
  for (int i = 0; i < 10; ++i) ana.client.poll();
  EXPECT_LT(test::resident_bytes(), before + 4 * MiB);
}

TEST(HostileRelay, row_34_pings_of_a_relay_that_does_not_read_are_not_all_answered) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay, Wire::json));
  ana.joined("r");
  relay.reads = false;
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += "\x89\x7d" + std::string(125, 'p');
  const u64 before = test::resident_bytes();
  for (int i = 0; i < 200; ++i) {  // 25 MB
    relay.say_bare(pings);
    ASSERT_TRUE(ana.wait([&] { return relay.unread_bytes() == 0; }));
  }
  EXPECT_LT(test::resident_bytes(), before + 4 * MiB);
  EXPECT_EQ(ana.client.state(), LinkState::open);
}

// Each word of the protocol with what should not stand there.
TEST(HostileRelay, row_29_every_answer_with_every_type_of_field_is_borne) {
  const std::vector<std::string> values = {
      "null",        "true", "-1", "1e400",   "18446744073709551616", "\"\"", "\"x\"",
      "\"\\ud800\"", "[]",   "{}", "[[[[]]]]"};
  const std::vector<std::string> ops = {"welcome",   "joined",         "left",     "ack",
                                        "error",     "pong",           "presence", "gap",
                                        "degraded",  "restored",       "goaway",   "notice",
                                        "members",   "history",        "typing",   "read",
                                        "refreshed", "token_expiring", "nonsense", "constructor"};
  const std::vector<std::string> fields = {"op",
                                           "id",
                                           "room",
                                           "room_number",
                                           "seq",
                                           "epoch",
                                           "members",
                                           "client",
                                           "state",
                                           "from",
                                           "to",
                                           "payload",
                                           "sender",
                                           "event",
                                           "timestamp",
                                           "state_hz",
                                           "reason",
                                           "code",
                                           "lane",
                                           "name",
                                           "schema",
                                           "lost",
                                           "retry_after_ms",
                                           "reconnect_delay_ms"};
  const auto bear = [](const std::vector<std::string>& messages) {
    FakeRelay relay(Wire::json);
    Peer ana(config_on(relay, Wire::json));
    ana.joined("r");
    for (const std::string& message : messages) relay.say(message);
    EXPECT_TRUE(ana.wait([&] { return relay.unread_bytes() == 0; })) << messages[0];
  };
  for (const std::string& field : fields) {
    const auto with_each_value = [&](const std::string& start) {
      std::vector<std::string> out;
      for (const std::string& value : values) {
        out.push_back(start + R"(,"room":"r",")" + field + "\":" + value + "}");
      }
      return out;
    };
    for (const std::string& op : ops)
      bear(with_each_value(R"({"type":"system","op":")" + op + '"'));
    for (const char* type : {"chat", "player_action", "game_state", "nonsense"}) {
      bear(with_each_value(std::string(R"({"type":")") + type + '"'));
    }
  }
  bear({std::string(100'000, '[')});
  bear({"", "not JSON", "null", "7", "[]"});
}

// Whatever came before it.
TEST(HostileRelay, what_is_right_is_still_heard_behind_what_is_not) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay, Wire::json));
  ana.joined("r");
  for (const char* wrong :
       {"not JSON", "[]", R"({"type":"chat","room":"r","seq":"x","payload":{}})",
        R"({"type":"system","op":"gap","room":"r"})", R"({"type":"nonsense"})"}) {
    relay.say(wrong);
  }
  relay.say_system(R"({"type":"system","op":"notice","timestamp":1,"payload":[1]})");
  EXPECT_TRUE(ana.wait([&] { return !ana.heard.empty() && ana.heard.back() == "notice [1]"; }));
}

TEST(HostileRelay, no_goaway_has_it_wait_for_ever) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay, Wire::json));
  ana.joined("r");
  relay.say_system(
      R"({"type":"system","op":"goaway","reason":"x","reconnect_delay_ms":18446744073709551615})");
  ASSERT_TRUE(ana.wait([&] { return relay.unread_bytes() == 0; }));
  ana.client.poll();
  relay.cut();
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "resuming"; }));
  EXPECT_LE(ana.last_link.retry_in_ms, 3'600'000);
  EXPECT_GE(ana.last_link.retry_in_ms, 3'599'000);
}

std::string bent(std::mt19937& dice) {
  std::string message =
      R"({"type":"chat","room":"r","seq":1,"sender":"c0200008000004","timestamp":1,)"
      R"("payload":{"text":"x"}})";
  message[dice() % message.size()] = static_cast<char>(dice());
  return message;
}

std::string noise(std::mt19937& dice) {
  std::string message(1 + dice() % 60, '\0');
  for (char& byte : message) byte = static_cast<char>(dice());
  message[0] = static_cast<char>(message[0] & 0x77);  // mostly a kind that there is
  return message;
}

// Sense with one byte changed, and bytes without any.
TEST(HostileRelay, noise_is_borne_in_both_flavours) {
  const u32 seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 dice(seed);
  for (const Wire wire : {Wire::json, Wire::binary}) {
    for (int peers = 0; peers < 300; ++peers) {
      FakeRelay relay(wire);
      Peer ana(config_on(relay, wire));
      ana.joined("r");
      for (int i = 0; i < 10; ++i) relay.say(wire == Wire::json ? bent(dice) : noise(dice));
      ASSERT_TRUE(ana.wait([&] { return relay.unread_bytes() == 0; })) << peers;
    }
  }
}

}  // namespace
}  // namespace perseid
