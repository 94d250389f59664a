// TLS where it is heavy: readers that stop, sessions that move between shards in the midst of it,
// a drain.
#include <gtest/gtest.h>

#include "tests/net/tls_support.h"
#include "tests/support/memory.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

std::string read_until(WsClient& client, std::string_view part) {
  while (auto message = client.read_message()) {
    if (message->find(part) != std::string::npos) return *message;
  }
  return {};
}

std::string value_of(const std::string& json, const std::string& name) {
  const std::size_t at = json.find('"' + name + "\":\"");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return json.substr(begin, json.find('"', begin) - begin);
}

constexpr const char* kJoin = R"({"type":"system","op":"join","id":2,"room":"lobby"})";

WsClient slow_member(const TestServer& server) {
  WsClient client;
  EXPECT_TRUE(client.connect_bare(server.port(), 4096));
  EXPECT_TRUE(client.start_tls());
  client.send_raw(WsClient::upgrade_request({.path = "/ws"}));
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
  client.send_text(kJoin);
  EXPECT_NE(read_until(client, "joined"), "");
  return client;
}

Options loaded_options() {
  Options options = tls_options();
  options.session_messages_per_second = 10'000'000;
  options.session_bytes_per_second = ~0u;
  options.heartbeat_interval_ms = options.timeout_ms = 3'600'000;
  options.drain_timeout_ms = 60'000;
  return options;
}

// What is encrypted for a reader that stops is one send, whatever is said meanwhile; and what it
// reads when it goes on is whole, in order, and the newest.
TEST(TlsLoad, a_reader_that_stops_holds_one_send_and_its_stream_goes_on) {
  TestServer server(loaded_options());
  WsClient writer = tls_connected(server, {}, "/ws");
  writer.send_text(kJoin);
  ASSERT_NE(read_until(writer, "joined"), "");
  std::vector<WsClient> slow;
  for (int i = 0; i < 40; ++i) slow.push_back(slow_member(server));
  const std::string filler(1000, 'x');
  const auto say = [&](int from, int to) {
    for (int n = from; n < to; ++n) {
      writer.send_text(R"({"type":"chat","room":"lobby","payload":{"n":)" + std::to_string(n) +
                       R"(,"f":")" + filler + R"("}})");
      ASSERT_NE(read_until(writer, "\"n\":" + std::to_string(n) + ','), "");
    }
  };
  say(0, 3000);  // fills windows and sockets
  const u64 before = resident_bytes();
  say(3000, 9000);
  EXPECT_GT(server->net_stats().short_sends, 0u);
  if (!kSanitized) {
    EXPECT_LT(resident_bytes(), before + 40 * 64 * KiB + 4 * MiB);
  }
  for (WsClient& reader : slow) {
    EXPECT_NE(read_until(reader, "\"n\":8999,"), "");
    EXPECT_EQ(reader.tls()->trouble(), "");
  }
}

// Slow, so that something is encrypted and not yet sent when the connection is to move.
TEST(TlsLoad, a_connection_moves_between_shards_with_its_session_and_all_it_is_owed) {
  Options options = loaded_options();
  options.shards = 4;
  TestServer server(options);
  WsClient first = tls_connected(server, {}, "/ws");
  first.send_text(R"({"type":"system","op":"hello","id":1,"name":"ana"})");
  const std::string secret = value_of(read_until(first, "welcome"), "session");
  ASSERT_NE(secret, "");
  std::string pings;
  constexpr int kPings = 200;
  for (int n = 0; n < kPings; ++n) {
    pings += (n == 0 ? "[" : ",") + std::string(R"({"type":"system","op":"ping","id":)") +
             std::to_string(n + 1000) + "}";
  }
  pings += "]";
  for (int round = 0; round < 12; ++round) {
    const int version = round % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
    WsClient next;
    ASSERT_TRUE(next.connect_bare(server.port(), 4096));
    ASSERT_TRUE(next.start_tls({.version = version}));
    next.send_raw(WsClient::upgrade_request({.path = "/ws"}));
    ASSERT_TRUE(next.read_head().starts_with("HTTP/1.1 101"));
    // In two records, of which one is cut: the rest follows when the move may be done.
    next.send_text(pings);
    const std::string sealed = next.tls()->sealed(
        client_frame(Opcode::text, R"({"type":"system","op":"hello","id":1,)"
                                   R"("name":"ana","session":")" +
                                       secret + R"("})") +
        client_frame(Opcode::text, R"({"type":"system","op":"ping","id":2000})"));
    next.send_bare(sealed.substr(0, sealed.size() - 7));
    next.send_bare(sealed.substr(sealed.size() - 7));
    for (int n = 0; n < kPings; ++n) {
      const std::string pong = next.read_message().value_or("");
      ASSERT_NE(pong.find("\"id\":" + std::to_string(n + 1000)), std::string::npos) << pong;
    }
    EXPECT_NE(read_until(next, "welcome").find(R"("resumed":true)"), std::string::npos);
    EXPECT_NE(read_until(next, "\"id\":2000"), "");
    EXPECT_EQ(first.read_close(), 4009);
    first = std::move(next);
  }
  EXPECT_GT(server->net_stats().connections_passed_on, 0u);
  EXPECT_EQ(server->net_stats().passes_refused, 0u);
  EXPECT_EQ(server->net_stats().tls_errors, 0u);
}

TEST(TlsLoad, a_drain_flushes_everybody_and_says_goodbye) {
  TestServer server(loaded_options());
  std::vector<WsClient> members;
  for (int i = 0; i < 8; ++i) members.push_back(slow_member(server));
  const std::string filler(4000, 'x');
  for (int n = 0; n < 200; ++n) {
    members[0].send_text(R"({"type":"chat","room":"lobby","payload":{"n":)" + std::to_string(n) +
                         R"(,"f":")" + filler + R"("}})");
    ASSERT_NE(read_until(members[0], "\"n\":" + std::to_string(n) + ','), "");
  }
  WsClient shaking;
  ASSERT_TRUE(shaking.connect_bare(server.port()));
  ASSERT_TRUE(wait_until([&] { return server->net_stats().accepts == 9; }));
  server->drain();
  EXPECT_TRUE(shaking.read_end());
  for (WsClient& member : members) {
    if (&member != &members[0]) {
      EXPECT_NE(read_until(member, "\"n\":199,"), "");
    }
    EXPECT_EQ(member.read_close(), 1001);
    member.send_close(1001);
    EXPECT_TRUE(member.read_end());
    EXPECT_TRUE(member.tls()->ended_cleanly());
  }
  server->join();
  EXPECT_EQ(server->net_stats().connections_cut, 0u);
}

}  // namespace
}  // namespace perseid::test
