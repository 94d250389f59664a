#include "codec/http_head.h"

#include <gtest/gtest.h>

#include "tests/codec/http_head_support.h"

namespace perseid {
namespace {

using test::read_head;
using test::upgrade_head;

TEST(HttpHead, upgrade_request_split_at_every_byte) {
  const std::string head = upgrade_head(
      "Origin: https://game.example\r\nSec-WebSocket-Protocol: a, b\r\n"
      "Sec-WebSocket-Protocol: c\r\nSec-WebSocket-Extensions: permessage-deflate\r\n");
  for (std::size_t piece = 1; piece <= head.size(); ++piece) {
    const auto [error, request, consumed] = read_head(head, piece);
    ASSERT_EQ(error, Error::ok) << "pieces of " << piece;
    ASSERT_EQ(consumed, head.size());
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.path, "/ws");
    EXPECT_EQ(request.query, "room=a");
    EXPECT_EQ(request.host, "relay.example:8080");
    EXPECT_EQ(request.origin, "https://game.example");
    EXPECT_TRUE(request.http_1_1 && request.upgrade_websocket && request.connection_upgrade);
    EXPECT_EQ(request.ws_key, "dGhlIHNhbXBsZSBub25jZQ==");
    EXPECT_EQ(request.ws_version, "13");
    EXPECT_EQ(request.subprotocols, "a, b, c");
    EXPECT_EQ(request.extensions, "permessage-deflate");
    EXPECT_EQ(request.header_count, 9u);
  }
}

TEST(HttpHead, what_follows_the_head_is_the_callers) {
  const std::string head = upgrade_head();
  const auto result = read_head(head + "\x81\x80....", 10000);
  EXPECT_EQ(result.error, Error::ok);
  EXPECT_EQ(result.consumed, head.size());
}

TEST(HttpHead, targets) {
  struct Row {
    const char* target;
    Error want;
    const char* path = "";
    const char* query = "";
    const char* host = "h";
  };
  const Row rows[] = {
      {"/", Error::ok, "/"},
      {"/a/b?c?d", Error::ok, "/a/b", "c?d"},
      {"/?", Error::ok, "/"},
      {"*", Error::ok, "*"},
      {"http://other:1/x?y", Error::ok, "/x", "y", "other:1"},
      {"http://other", Error::ok, "/", "", "other"},
      {"ws://[::1]:80?q", Error::ok, "/", "q", "[::1]:80"},
      {"http://user@other/", Error::bad_request},
      {"http:///x", Error::bad_request},
      {"://x/", Error::bad_request},
      {"other:443", Error::bad_request},
      {"/a#b", Error::bad_request},
      {"relative", Error::bad_request},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.target);
    const auto result =
        read_head(std::string("GET ") + row.target + " HTTP/1.1\r\nHost: h\r\n\r\n", 7);
    ASSERT_EQ(result.error, row.want);
    if (row.want != Error::ok) continue;
    EXPECT_EQ(result.request.path, row.path);
    EXPECT_EQ(result.request.query, row.query);
    EXPECT_EQ(result.request.host, row.host);
  }
}

TEST(HttpHead, tokens_of_upgrade_and_connection) {
  struct Row {
    const char* lines;
    bool upgrade, connection;
  };
  const Row rows[] = {
      {"Upgrade: WebSocket\r\nConnection: UPGRADE\r\n", true, true},
      {"Upgrade: h2c, websocket\r\nConnection: close\r\nConnection: ,upgrade ,\r\n", true, true},
      {"Upgrade: websockets\r\nConnection: upgraded\r\n", false, false},
      {"Upgrade:\r\nConnection:\r\n", false, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.lines);
    const auto result =
        read_head("GET / HTTP/1.1\r\nHost: h\r\n" + std::string(row.lines) + "\r\n", 1000);
    ASSERT_EQ(result.error, Error::ok);
    EXPECT_EQ(result.request.upgrade_websocket, row.upgrade);
    EXPECT_EQ(result.request.connection_upgrade, row.connection);
  }
}

TEST(HttpHead, version_1_0_needs_no_host) {
  const auto result = read_head("GET /healthz HTTP/1.0\r\n\r\n", 1000);
  EXPECT_EQ(result.error, Error::ok);
  EXPECT_FALSE(result.request.http_1_1);
}

TEST(HttpHead, size_limit_is_exact) {
  const std::string head = upgrade_head();
  EXPECT_EQ(read_head(head, 5, head.size()).error, Error::ok);
  const auto result = read_head(head, 5, head.size() - 1);
  EXPECT_EQ(result.error, Error::head_too_large);
}

}  // namespace
}  // namespace perseid
