// The relay over real sockets, across shards.
#include <gtest/gtest.h>

#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

std::string read_until(WsClient& client, const char* part) {
  while (auto message = client.read_message()) {
    if (message->find(part) != std::string::npos) return *message;
  }
  return {};
}

void chat_across_shards(ServerConfig config) {
  Options options = test_options();
  options.shards = 3;
  TestServer server(options, std::move(config));
  std::vector<WsClient> clients;
  for (int i = 0; i < 12; ++i) clients.push_back(connected(server, {.path = "/ws"}));
  for (WsClient& client : clients) {
    client.send_text(R"({"type":"system","op":"join","id":1,"room":"lobby"})");
    EXPECT_NE(read_until(client, "joined"), "");
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const std::string payload = R"({"n":)" + std::to_string(i) + "}";
    clients[i].send_text(R"({"type":"chat","room":"lobby","payload":)" + payload + "}");
    for (WsClient& client : clients) {
      EXPECT_NE(read_until(client, R"("chat")").find(payload), std::string::npos);
    }
  }
  EXPECT_GT(server->net_stats().wakeups_sent, 0u);
}

TEST(Shards, a_room_spans_them) {
  chat_across_shards({});
}

TEST(Shards, wake_each_other_by_eventfd_where_the_ring_cannot) {
  ServerConfig config;
  config.wake_by_eventfd = true;
  chat_across_shards(std::move(config));
}

// What a client may expect of permessage-deflate at /ws: frames shared with all others, compressed
// with a whole window; or none, if it cannot hold one.
TEST(Shards, compressed_lanes_for_who_can_inflate_them) {
  TestServer server;
  const struct {
    const char* offer;
    bool compressed;
  } rows[] = {{"permessage-deflate", true},
              {"permessage-deflate; server_max_window_bits=9", false},
              {"permessage-deflate; client_max_window_bits=9", true}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.offer);
    WsClient client = connected(
        server, {.path = "/ws",
                 .extra_fields = std::string("Sec-WebSocket-Extensions: ") + row.offer + "\r\n"});
    EXPECT_NE(client.head().find("permessage-deflate"), std::string::npos);
    client.send_text(R"({"type":"system","op":"join","id":1,"room":"lobby"})");
    client.send_text(R"({"type":"chat","room":"lobby","payload":")" + std::string(2000, 'x') +
                     R"("})");
    bool compressed = false;
    for (auto frame = client.read_frame(); frame.has_value(); frame = client.read_frame()) {
      compressed = frame->rsv1;
      if (compressed || frame->payload.find("xxx") != std::string::npos) break;
    }
    EXPECT_EQ(compressed, row.compressed);
  }
}

// A reader that stops gets what it is owed when it reads again, or is told of the gap; the server
// meanwhile sends once, and again only when the socket has room.
TEST(Shards, a_slow_reader_is_sent_to_only_when_it_has_room) {
  Options options = test_options();
  options.chat_window_bytes = 64 * 1024 * 1024;
  options.chat_history = 100000;
  TestServer server(options);
  WsClient slow = connected(server, {.path = "/ws", .receive_buffer_bytes = 4096});
  WsClient quick = connected(server, {.path = "/ws"});
  for (WsClient* client : {&slow, &quick}) {
    client->send_text(R"({"type":"system","op":"join","id":1,"room":"lobby"})");
    EXPECT_NE(read_until(*client, "joined"), "");
  }
  const std::string filler(8000, 'x');
  int sent = 0;
  while (server->net_stats().short_sends == 0 && sent < 5000) {
    quick.send_text(R"({"type":"chat","room":"lobby","payload":{"n":)" + std::to_string(sent++) +
                    R"(,"f":")" + filler + R"("}})");
    ASSERT_NE(read_until(quick, R"("chat")"), "");
  }
  EXPECT_GT(server->net_stats().short_sends, 0u);
  for (int i = 0; i < sent; ++i) {
    const std::string message = read_until(slow, R"("chat")");
    ASSERT_NE(message.find(R"({"n":)" + std::to_string(i) + ","), std::string::npos) << i;
  }
}

}  // namespace
}  // namespace perseid::test
