// Hostile bytes against a whole server: what other floors refuse in pieces, over real sockets.
#include <gtest/gtest.h>

#include "tests/net/server_support.h"
#include "tests/support/memory.h"
#include "tests/support/packed_frame.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

const ClientConfig kCompressing{.path = "/ws",
                                .extra_fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n"};

// CVE-2018-1000518, CVE-2026-39804: some kilobytes became gigabytes.
TEST(Hostile, row_18_and_19_a_bomb_at_ws_gets_1009_and_its_megabytes_are_never_held) {
  TestServer server;
  WsClient witness = connected(server, {.path = "/ws"});
  const std::string bomb = packed_frame(std::string(16 * MiB, ' '));
  ASSERT_LT(bomb.size(), 17'000u);
  std::vector<WsClient> bombers(20);
  const auto round = [&] {
    for (WsClient& bomber : bombers) {
      bomber = connected(server, kCompressing);
      bomber.send_raw(bomb);
    }
    for (WsClient& bomber : bombers) {
      ASSERT_EQ(bomber.read_close(), 1009);
      bomber.reset();
    }
    witness.send_text(R"({"type":"system","op":"ping","id":1})");
    EXPECT_TRUE(witness.read_message().has_value());
  };
  ASSERT_NO_FATAL_FAILURE(round());  // what the server needs anyway is there from now on
  const u64 before = resident_bytes();
  for (int i = 0; i < 3; ++i) ASSERT_NO_FATAL_FAILURE(round());
  if (!kSanitized) {
    EXPECT_LT(resident_bytes(), before + 8 * MiB);
  }
}

// One that a player might send by its length: now and then it may; of many the shard inflates so
// much a second, and refuses the rest when they have come to 32 KiB, and to a hundred times what
// was read of them.
TEST(Hostile, row_19_of_many_small_bombs_at_ws_most_are_not_inflated_to_their_end) {
  Options options = test_options();
  options.inflate_bombs_bytes_per_second = 1;
  TestServer server(options);
  const std::string text =
      R"({"type":"chat","room":"nowhere","id":7,"payload":")" + std::string(500'000, 'x') + "\"}";
  WsClient player = connected(server, kCompressing);
  player.send_raw(packed_frame(text));
  EXPECT_NE(player.read_message().value_or("").find(R"("id":7)"), std::string::npos);
  for (int i = 0; i < 3; ++i) {
    WsClient bomber = connected(server, kCompressing);
    bomber.send_raw(packed_frame(text));
    EXPECT_EQ(bomber.read_close(), 1009);
  }
  WsClient plain = connected(server, kCompressing);
  plain.send_text(text);
  EXPECT_NE(plain.read_message().value_or("").find(R"("id":7)"), std::string::npos);
}

// What comes to more than a message may be was refused in any case: but only when all of that had
// been inflated, by each of very many connections.
TEST(Hostile, row_19_bombs_beyond_the_limit_are_counted_like_those_within) {
  Options options = test_options();
  options.inflate_bombs_bytes_per_second = 1;
  TestServer server(options);
  for (int i = 0; i < 3; ++i) {
    WsClient bomber = connected(server, kCompressing);
    bomber.send_raw(packed_frame(std::string(16 * MiB, ' ')));
    EXPECT_EQ(bomber.read_close(), 1009);
  }
  EXPECT_EQ(server->net_stats().inflate_bombs_refused, 2u) << "of the first nobody knew better";
}

// In fragments, between them pings: the limit is of the inflated whole.
TEST(Hostile, row_11_a_bomb_in_fragments_at_ws_gets_1009) {
  TestServer server;
  WsClient bomber = connected(server, kCompressing);
  const std::string whole = packed_frame(std::string(4 * MiB, ' '));
  FrameHeader header;
  ASSERT_EQ(parse_frame_header(as_bytes(whole), FrameSource::client, true, header), Error::ok);
  std::string payload = whole.substr(header.header_bytes);
  unmask({reinterpret_cast<u8*>(payload.data()), payload.size()}, header.mask);
  for (std::size_t at = 0; at < payload.size(); at += 100) {
    bomber.send_frame(at == 0 ? Opcode::text : Opcode::continuation, payload.substr(at, 100),
                      at + 100 >= payload.size(), at == 0);
    bomber.send_frame(Opcode::ping, "still there?");
  }
  EXPECT_EQ(bomber.read_close(), 1009);
}

// What follows an upgrade is frames, whatever it looks like: a request hidden there is not
// answered.
TEST(Hostile, a_request_pipelined_behind_an_upgrade_is_a_broken_frame) {
  TestServer server;
  for (const char* path : {"/ws", "/echo"}) {
    for (const char* method : {"GET", "POST", "PRI"}) {
      SCOPED_TRACE(std::string(path) + " " + method);
      WsClient client;
      ASSERT_TRUE(client.connect_tcp(server.port()));
      client.send_raw(WsClient::upgrade_request({.path = path}) + method +
                      " /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
      EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101 "));
      const auto frame = client.read_frame();
      ASSERT_TRUE(frame.has_value());
      ASSERT_EQ(frame->opcode, Opcode::close);
      EXPECT_EQ(frame->payload.substr(0, 2), close_payload(1002));
      EXPECT_EQ(client.read_all(), "") << "nothing behind the close";
    }
  }
}

// The same behind a page: one request is answered on a connection, and the rest is not looked at.
TEST(Hostile, row_02_of_requests_pipelined_behind_a_page_none_is_answered) {
  TestServer server;
  WsClient client;
  ASSERT_TRUE(client.connect_tcp(server.port()));
  const std::string get = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send_raw(get + get + WsClient::upgrade_request({.path = "/echo"}) + get);
  const std::string answers = client.read_all();
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 200 ")) << answers;
  EXPECT_EQ(answers.find("HTTP/1.1", 5), std::string::npos) << answers;
}

// CVE-2024-37890 over a socket.
TEST(Hostile, row_05_an_upgrade_behind_ten_thousand_headers_gets_431) {
  TestServer server;
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "X: y\r\n";
  WsClient client;
  ASSERT_TRUE(client.connect_tcp(server.port()));
  client.send_raw("GET /ws HTTP/1.1\r\nHost: a\r\n" + many +
                  "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 431 "));
  EXPECT_EQ(server->net_stats().upgrades, 0u);
}

}  // namespace
}  // namespace perseid::test
