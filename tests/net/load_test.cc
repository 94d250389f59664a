// The traps of the ring, each with a server made small enough to fall into it.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

void expect_all_closed(TestServer& server, u64 accepts) {
  EXPECT_TRUE(wait_until([&] {
    const NetStatsSum stats = server->net_stats();
    return stats.accepts == accepts && stats.connections_closed == accepts;
  }));
  EXPECT_EQ(server->connections(), 0u);
}

TEST(Load, five_hundred_connections_open_talk_and_close) {
  TestServer server;
  for (int round = 0; round < 3; ++round) {
    std::vector<WsClient> clients(500);
    for (WsClient& client : clients) ASSERT_TRUE(client.connect(server.port(), {.path = "/echo"}));
    for (std::size_t i = 0; i < clients.size(); ++i) clients[i].send_text(std::to_string(i));
    for (std::size_t i = 0; i < clients.size(); ++i) {
      EXPECT_EQ(clients[i].read_message(), std::to_string(i));
    }
    EXPECT_EQ(server->connections(), 500u);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (i % 3 == 0) clients[i].reset();
      if (i % 3 == 1) clients[i].send_close(1000);
    }
    clients.clear();
    expect_all_closed(server, 500u * static_cast<u64>(round + 1));
  }
}

// Slots are given to the next connection while the last one's operations are still coming home, if
// that were possible; a completion that found a stranger would break the echo.
TEST(Load, reused_slots_never_meet_their_predecessors_completions) {
  TestServer server;
  for (int round = 0; round < 300; ++round) {
    WsClient dying = connected(server);
    dying.send_raw(client_frame(Opcode::text, std::string(20000, 'd')));
    dying.reset();
    WsClient next = connected(server);
    next.send_text(std::to_string(round));
    ASSERT_EQ(next.read_message(), std::to_string(round));
  }
  EXPECT_EQ(server->net_stats().stale_completions, 0u);
}

TEST(Load, too_few_receive_buffers_starve_nobody) {
  Options options = test_options();
  options.recv_buffers = 16;
  options.recv_buffer_bytes = 512;
  TestServer server(options);
  std::vector<WsClient> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(connected(server));
  const std::string payload(30000, 'x');
  const std::string frame = client_frame(Opcode::binary, payload);
  for (WsClient& client : clients) ASSERT_TRUE(client.send_raw(frame));
  for (WsClient& client : clients) EXPECT_EQ(client.read_message(), payload);
  EXPECT_GT(server->net_stats().recv_enobufs, 0u);
}

TEST(Load, queues_far_too_small_lose_nothing) {
  Options options = test_options();
  options.ring_entries = 64;
  options.completion_entries = 128;
  options.recv_buffers = 4096;
  TestServer server(options);
  std::vector<WsClient> clients;
  for (int i = 0; i < 400; ++i) clients.push_back(connected(server));
  for (int round = 0; round < 50; ++round) {
    for (WsClient& client : clients) ASSERT_TRUE(client.send_text("ping"));
    for (WsClient& client : clients) ASSERT_EQ(client.read_message(), "ping");
  }
  server->drain();  // 400 close frames in one turn
  for (WsClient& client : clients) EXPECT_EQ(client.read_close(), 1001);
  clients.clear();
  server->join();
  EXPECT_GT(server->net_stats().ring_full_submits, 0u);
}

// One client at full speed, the others still have their turns.
TEST(Load, a_noisy_client_leaves_the_others_their_turns) {
  Options options = test_options();
  options.recv_buffers = 16;
  TestServer server(options);
  WsClient noisy = connected(server);
  std::vector<WsClient> quiet;
  for (int i = 0; i < 20; ++i) quiet.push_back(connected(server));
  std::string burst;
  for (int i = 0; i < 5000; ++i) burst += client_frame(Opcode::pong, "noise");
  std::atomic<bool> stop{false};
  std::jthread noise([&] {
    while (!stop && noisy.send_raw(burst)) {
    }
  });
  for (int round = 0; round < 20; ++round) {
    for (WsClient& client : quiet) client.send_text("still here");
    for (WsClient& client : quiet) EXPECT_EQ(client.read_message(), "still here");
  }
  stop = true;
}

// HOSTILE.md 34: a client that sends and never reads holds a bounded amount, then is not read from;
// when it reads at last, all is there and in order.
TEST(Hostile, echo_stops_reading_from_who_does_not_read) {
  Options options = test_options();
  options.echo_message_bytes_max = 65536;
  TestServer server(options);
  WsClient client = connected(server, {.path = "/echo", .receive_buffer_bytes = 4096});
  std::size_t sent = 0;
  const std::string filler(16000, 'x');
  std::string left;
  for (std::size_t took = 1; took > 0 || server->net_stats().recv_paused == 0;) {
    if (left.empty()) left = client_frame(Opcode::text, std::to_string(sent++) + filler);
    took = client.send_some(left);
    left.erase(0, took);
  }
  std::jthread rest([&] { client.send_raw(left); });
  for (std::size_t i = 0; i < sent; ++i) {
    const auto message = client.read_message();
    ASSERT_TRUE(message.has_value());
    ASSERT_EQ(*message, std::to_string(i) + filler);
  }
}

TEST(Load, who_is_idle_rests_and_wakes_again) {
  Options options = test_options();
  options.idle_after_ms = 20;
  TestServer server(options);
  std::vector<WsClient> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(connected(server));
  for (u64 round = 1; round <= 3; ++round) {
    ASSERT_TRUE(wait_until([&] { return server->net_stats().rested >= 50 * round; }));
    for (WsClient& client : clients) client.send_frame(Opcode::pong, "alive");
    const std::string large(100000, 'x');
    for (WsClient& client : clients) ASSERT_TRUE(client.send_text(large));
    for (WsClient& client : clients) ASSERT_EQ(client.read_message(), large);
    EXPECT_GE(server->net_stats().woken, 50 * round);
  }
}

TEST(Load, a_pong_does_not_wake_who_rests) {
  Options options = test_options();
  options.idle_after_ms = 20;
  TestServer server(options);
  WsClient client = connected(server);
  ASSERT_TRUE(wait_until([&] { return server->net_stats().rested == 1; }));
  const u64 recvs = server->net_stats().recvs;
  for (u64 i = 1; i <= 5; ++i) {
    client.send_frame(Opcode::pong, "alive");
    ASSERT_TRUE(wait_until([&] { return server->net_stats().recvs == recvs + i; }));
  }
  client.send_frame(Opcode::ping, "?");
  EXPECT_EQ(client.read_frame()->opcode, Opcode::pong);
  EXPECT_EQ(server->net_stats().woken, 0u);
  client.send_close(1000);
  EXPECT_EQ(client.read_close(), 1000);
  EXPECT_TRUE(client.read_end());
}

}  // namespace
}  // namespace perseid::test
