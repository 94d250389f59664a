// RFC 6455 over real sockets, at /echo.
#include <gtest/gtest.h>

#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

TEST(Echo, text_and_binary_come_back_as_they_are) {
  TestServer server;
  WsClient client = connected(server);
  client.send_text("hello");
  auto text = client.read_frame();
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(text->opcode, Opcode::text);
  EXPECT_EQ(text->payload, "hello");
  client.send_frame(Opcode::binary, std::string("\0\xff\x80", 3));
  auto binary = client.read_frame();
  ASSERT_TRUE(binary.has_value());
  EXPECT_EQ(binary->opcode, Opcode::binary);
  EXPECT_EQ(binary->payload, std::string("\0\xff\x80", 3));
}

TEST(Echo, every_size_around_the_borders_of_buffers_and_headers) {
  TestServer server;
  WsClient client = connected(server);
  for (const std::size_t size : {0, 1, 125, 126, 127, 8177, 8178, 8192, 65535, 65536, 1 << 20}) {
    const std::string payload(size, 'x');
    client.send_text(payload);
    EXPECT_EQ(client.read_message(), payload) << size;
  }
}

TEST(Echo, one_byte_per_write_changes_nothing) {
  TestServer server;
  WsClient client;
  ASSERT_TRUE(client.connect_tcp(server.port()));
  const std::string all =
      WsClient::upgrade_request({.path = "/echo"}) + client_frame(Opcode::text, "Hel", false) +
      client_frame(Opcode::ping, "p") + client_frame(Opcode::continuation, "lo", true);
  for (const char byte : all) ASSERT_TRUE(client.send_raw({&byte, 1}));
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
  EXPECT_EQ(client.read_frame()->opcode, Opcode::pong);
  EXPECT_EQ(client.read_message(), "Hello");
}

TEST(Echo, frames_that_come_along_with_the_head_are_answered) {
  TestServer server;
  WsClient client;
  ASSERT_TRUE(client.connect_tcp(server.port()));
  client.send_raw(WsClient::upgrade_request({.path = "/echo"}) +
                  client_frame(Opcode::text, "early"));
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
  EXPECT_EQ(client.read_message(), "early");
}

TEST(Echo, a_ping_is_answered_with_its_payload) {
  TestServer server;
  WsClient client = connected(server);
  client.send_frame(Opcode::ping, "abc");
  auto pong = client.read_frame();
  ASSERT_TRUE(pong.has_value());
  EXPECT_EQ(pong->opcode, Opcode::pong);
  EXPECT_EQ(pong->payload, "abc");
}

TEST(Echo, compresses_when_agreed) {
  TestServer server;
  WsClient client = connected(
      server,
      {.path = "/echo", .extra_fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n"});
  EXPECT_NE(client.head().find("permessage-deflate"), std::string::npos);
  client.send_text("plain is allowed as well");
  auto frame = client.read_frame();
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(frame->rsv1);
}

// What was good before it must be answered; then a close frame with the code, then the end.
struct BadCase {
  const char* name;
  std::string bytes;
  u16 code;
};
std::vector<BadCase> bad_cases() {
  return {
      {"reserved bit", "\xc1" + client_frame(Opcode::text, "x").substr(1), 1002},
      {"reserved opcode", "\x83" + client_frame(Opcode::text, "x").substr(1), 1002},
      {"unmasked", std::string("\x81\x01x"), 1002},
      {"fragmented ping", client_frame(Opcode::ping, "x", false), 1002},
      {"continuation of nothing", client_frame(Opcode::continuation, "x"), 1002},
      {"close with one byte", client_frame(Opcode::close, "x"), 1002},
      {"close with a code that must not be sent", client_frame(Opcode::close, close_payload(1005)),
       1002},
      {"text that is not UTF-8", client_frame(Opcode::text, "\xff"), 1007},
      {"bad UTF-8 in an unfinished frame", client_frame(Opcode::text, "\xff ... ").substr(0, 9),
       1007},
      {"length beyond the limit", std::string("\x82\xff\x00\x00\x00\x10\x00\x00\x00\x00mask", 14),
       1009},
  };
}

TEST(Echo, replies_to_good_frames_leave_before_the_close) {
  TestServer server;
  for (const BadCase& row : bad_cases()) {
    SCOPED_TRACE(row.name);
    WsClient client = connected(server);
    client.send_raw(client_frame(Opcode::text, "one") + client_frame(Opcode::text, "two") +
                    row.bytes);
    EXPECT_EQ(client.read_message(), "one");
    EXPECT_EQ(client.read_message(), "two");
    EXPECT_EQ(client.read_close(), row.code);
    EXPECT_TRUE(client.read_end());
  }
}

TEST(Echo, bad_frames_split_at_every_byte_get_the_same_code) {
  TestServer server;
  for (const BadCase& row : bad_cases()) {
    for (std::size_t cut = 1; cut < row.bytes.size(); ++cut) {
      SCOPED_TRACE(std::string(row.name) + " cut at " + std::to_string(cut));
      WsClient client = connected(server);
      client.send_raw(row.bytes.substr(0, cut));
      client.send_raw(row.bytes.substr(cut));
      EXPECT_EQ(client.read_close(), row.code);
      EXPECT_TRUE(client.read_end());
    }
  }
}

TEST(Echo, data_behind_a_close_frame_is_ignored) {
  TestServer server;
  WsClient client = connected(server);
  client.send_raw(client_frame(Opcode::text, "last") +
                  client_frame(Opcode::close, close_payload(1000)) +
                  client_frame(Opcode::text, "too late") + "\xff\xff\xff");
  EXPECT_EQ(client.read_message(), "last");
  EXPECT_EQ(client.read_close(), 1000);
  EXPECT_TRUE(client.read_end());
}

TEST(Echo, close_codes_are_echoed) {
  TestServer server;
  for (const u16 code : std::vector<u16>{1000, 1001, 1003, 1007, 1011, 3000, 4999}) {
    WsClient client = connected(server);
    client.send_close(code, "bye");
    EXPECT_EQ(client.read_close(), code);
    EXPECT_TRUE(client.read_end());
  }
  WsClient client = connected(server);
  client.send_frame(Opcode::close, "");
  EXPECT_EQ(client.read_close(), 1005);
  EXPECT_TRUE(client.read_end());
}

TEST(Echo, a_client_that_ends_its_side_still_reads_its_replies) {
  TestServer server;
  WsClient client = connected(server);
  client.send_text("and then silence");
  client.shut_down();
  EXPECT_EQ(client.read_message(), "and then silence");
  EXPECT_TRUE(client.read_end());
}

TEST(Echo, who_is_silent_for_the_timeout_is_closed_with_4000) {
  Options options = test_options();
  options.timeout_ms = 1500;  // longer than a busy machine keeps this thread from pinging
  TestServer server(options);
  const auto start = std::chrono::steady_clock::now();
  WsClient silent = connected(server);
  WsClient pinging = connected(server);
  std::optional<Frame> closed;
  for (int i = 0; !closed && std::chrono::steady_clock::now() - start < std::chrono::seconds(20);
       ++i) {
    ASSERT_TRUE(pinging.send_frame(Opcode::ping, std::to_string(i)));
    ASSERT_EQ(pinging.read_frame()->opcode, Opcode::pong);
    closed = silent.read_frame(20);
  }
  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->payload.substr(0, 2), "\x0f\xa0");
  EXPECT_GE(std::chrono::steady_clock::now() - start,
            std::chrono::milliseconds(options.timeout_ms - 1));  // its clock counts whole ones
  silent.send_close(4000);
  EXPECT_TRUE(silent.read_end());
  pinging.send_text("still here");
  EXPECT_EQ(pinging.read_message(), "still here");
}

}  // namespace
}  // namespace perseid::test
