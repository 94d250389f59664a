// Plain HTTP on the relay's port: pages, health, and heads that are wrong, slow or too big.
#include <gtest/gtest.h>

#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

ServerConfig with_page() {
  ServerConfig config;
  config.pages.push_back({"/", "text/html; charset=utf-8", "<p>hello</p>"});
  return config;
}

TEST(Http, pages_and_health) {
  TestServer server(test_options(), with_page());
  const std::string page = http_get(server.port(), "/");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 ")) << page;
  EXPECT_NE(page.find("text/html"), std::string::npos);
  EXPECT_TRUE(page.ends_with("<p>hello</p>"));
  const std::string health = http_get(server.port(), "/healthz");
  EXPECT_TRUE(health.starts_with("HTTP/1.1 200 ")) << health;
  EXPECT_NE(health.find(R"("status":"ok")"), std::string::npos);
  EXPECT_NE(health.find(R"("connections":0)"), std::string::npos);
}

TEST(Http, head_is_answered_without_a_body) {
  TestServer server(test_options(), with_page());
  const std::string answer = http_get(server.port(), "/", "HEAD");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_NE(answer.find("Content-Length: 12"), std::string::npos);
}

TEST(Http, health_counts_connections) {
  TestServer server;
  WsClient one = connected(server);
  WsClient two = connected(server, {.path = "/ws"});
  EXPECT_NE(http_get(server.port(), "/healthz").find(R"("connections":2)"), std::string::npos);
}

struct HeadCase {
  const char* name;
  std::string bytes;
  const char* status;
};
std::vector<HeadCase> head_cases() {
  return {
      {"unknown path", "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "404"},
      {"POST to a page", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
      {"plain GET of /ws", "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", "426"},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", "400"},
      {"not HTTP", "hello there, relay\r\n\r\n", "400"},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"body announced", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "413"},
      {"head too large", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'x'), "431"},
      {"TLS on the plain port", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
       "400"},
      {"unknown subprotocol",
       WsClient::upgrade_request({.extra_fields = "Sec-WebSocket-Protocol: soap\r\n"}), "400"},
      {"foreign origin",
       WsClient::upgrade_request({.extra_fields = "Origin: https://evil.example\r\n"}), "403"},
  };
}

TEST(Http, a_bad_head_is_answered_before_the_connection_ends) {
  TestServer server(test_options(), with_page());
  for (const HeadCase& row : head_cases()) {
    SCOPED_TRACE(row.name);
    WsClient client;
    ASSERT_TRUE(client.connect_tcp(server.port()));
    client.send_raw(row.bytes);
    const std::string answer = client.read_all();
    EXPECT_EQ(answer.substr(0, 12), std::string("HTTP/1.1 ") + row.status);
    EXPECT_FALSE(client.was_reset());
  }
}

TEST(Http, what_still_comes_after_a_bad_head_does_not_destroy_the_answer) {
  TestServer server;
  WsClient client;
  ASSERT_TRUE(client.connect_tcp(server.port()));
  client.send_raw("bad\n\n");
  for (int i = 0; i < 100; ++i) client.send_raw(std::string(1000, 'x'));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 400 "));
  EXPECT_FALSE(client.was_reset());
}

// HOSTILE.md 27: the time counts for the whole head, so a byte now and then does not extend it.
TEST(Hostile, slow_head_gets_408) {
  Options options = test_options();
  options.handshake_timeout_ms = 100;
  TestServer server(options);
  WsClient client;
  ASSERT_TRUE(client.connect_tcp(server.port()));
  client.send_raw("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  std::string answer;
  while (answer.empty() && client.send_raw("x")) answer = client.read_head(5);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  EXPECT_EQ(server->net_stats().handshake_timeouts, 1u);
}

TEST(Hostile, a_thousand_silent_sockets_are_let_go) {
  Options options = test_options();
  options.handshake_timeout_ms = 200;
  TestServer server(options);
  std::vector<WsClient> silent(500);
  for (WsClient& client : silent) ASSERT_TRUE(client.connect_tcp(server.port()));
  WsClient good = connected(server);
  good.send_text("served");
  EXPECT_EQ(good.read_message(), "served");
  for (WsClient& client : silent) EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 408 "));
  silent.clear();
  EXPECT_TRUE(wait_until([&] { return server->net_stats().connections_closed == 500; }));
}

TEST(Hostile, resets_at_every_byte_of_the_handshake_and_of_a_frame) {
  TestServer server;
  const std::string all =
      WsClient::upgrade_request({.path = "/ws"}) + client_frame(Opcode::text, "{\"type\":1}");
  for (std::size_t size = 0; size <= all.size(); ++size) {
    WsClient client;
    ASSERT_TRUE(client.connect_tcp(server.port()));
    client.send_raw(all.substr(0, size));
    client.reset();
  }
  EXPECT_TRUE(wait_until([&] {
    const NetStatsSum stats = server->net_stats();
    return stats.accepts == all.size() + 1 && stats.connections_closed == stats.accepts;
  }));
  EXPECT_EQ(server->connections(), 0u);
}

}  // namespace
}  // namespace perseid::test
