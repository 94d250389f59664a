// Connections by the thousand: idle, dripping, or all at once. The descriptors of this process
// bound them: 15,000 of our own, the server's are in its ring.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include "tests/net/server_process.h"
#include "tests/net/server_support.h"
#include "tests/support/memory.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

void want_descriptors(rlim_t count) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur >= count) return;
  limit.rlim_cur = std::min(limit.rlim_max, count);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur < count) GTEST_SKIP() << "this machine allows " << limit.rlim_cur << " files";
}

// Calls `each` for every client until it has been true once for each; false if nothing ever more
// comes of it.
template <class Each>
bool until_all(std::vector<WsClient>& clients, Each&& each) {
  std::vector<bool> done(clients.size());
  std::size_t left = clients.size();
  auto last = std::chrono::steady_clock::now();
  while (left > 0) {
    const std::size_t before = left;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (done[i] || !each(clients[i], i)) continue;
      done[i] = true;
      --left;
    }
    const auto now = std::chrono::steady_clock::now();
    if (left < before) last = now;
    if (now - last > std::chrono::milliseconds(3 * kWaitMsMax)) return false;
  }
  return true;
}

constexpr u32 kConnections = scaled(15'000);
constexpr u32 kHeartbeats = 3;

class Crowd {
 public:
  Crowd() : server_(options()) {}

  void live_once() {
    std::vector<WsClient> clients(kConnections);
    for (u32 i = 0; i < kConnections; ++i) {
      ASSERT_TRUE(clients[i].connect(server_.port(), {.path = "/ws"})) << i;
      clients[i].send_text(R"({"type":"system","op":"join","id":1,"room":"r)" +
                           std::to_string(i / 100) + R"("})");
    }
    ASSERT_TRUE(until_all(clients, [](WsClient& client, std::size_t) {
      const auto frame = client.read_frame(0);
      return frame && frame->payload.find("joined") != std::string::npos;
    }));
    EXPECT_EQ(server_->connections(), kConnections);
    idle(clients);
    leave(clients);
  }

  void expect_nobody(u64 rounds) {
    EXPECT_TRUE(wait_until([&] { return server_->net_stats().connections_closed == all(rounds); }));
    EXPECT_TRUE(wait_until([&] {
      const Stats stats = server_->stats();
      return stats.rooms_removed == stats.rooms_created.get();
    }));
    EXPECT_EQ(server_->connections(), 0u);
    EXPECT_EQ(server_->net_stats().accepts, all(rounds));
    EXPECT_EQ(server_->stats().sessions_opened, all(rounds));
    EXPECT_EQ(server_->stats().sessions_closed, all(rounds));
    EXPECT_EQ(server_->stats().heartbeat_timeouts, 0u);
    EXPECT_GE(server_->stats().heartbeats_sent, kHeartbeats * all(rounds));
  }

 private:
  static u64 all(u64 rounds) { return rounds * kConnections; }
  static Options options() {
    Options options = test_options();
    options.shards = 2;
    options.max_connections = kConnections;
    options.heartbeat_interval_ms = 500;
    options.timeout_ms = 600'000;
    options.idle_after_ms = 200;
    options.room_linger_ms = 0;
    options.roster_max = 2;
    return options;
  }
  // Until each has been asked for a sign of life a few times, and has given it.
  static void idle(std::vector<WsClient>& clients) {
    std::vector<u32> pings(clients.size());
    ASSERT_TRUE(until_all(clients, [&](WsClient& client, std::size_t i) {
      const auto frame = client.read_frame(0);
      if (!frame || frame->opcode != Opcode::ping) return false;
      client.send_frame(Opcode::pong, frame->payload);
      return ++pings[i] == kHeartbeats;
    }));
  }
  // A third with a close frame, a third by FIN, a third by RST; none keeps a port in TIME_WAIT.
  static void leave(std::vector<WsClient>& clients) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (i % 3 == 0) clients[i].send_close(1000);
      if (i % 3 == 1) clients[i].shut_down();
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (i % 3 == 0) {
        ASSERT_EQ(clients[i].read_close(), 1000);
      }
      if (i % 3 == 1) clients[i].read_end();
      clients[i].reset();
    }
  }
  TestServer server_;
};

TEST(Scale, fifteen_thousand_idle_through_heartbeats_go_and_leave_nothing_behind) {
  want_descriptors(kConnections + 1000);
  if (IsSkipped()) return;
  Crowd crowd;
  crowd.live_once();
  crowd.expect_nobody(1);
  const u64 after_one = resident_bytes();
  crowd.live_once();
  crowd.expect_nobody(2);
  // A leak of a few hundred bytes for each would show.
  if (!kSanitized) {
    EXPECT_LE(resident_bytes(), after_one + u64{256} * kConnections);
  }
}

TEST(Hostile, slowloris_ten_thousand_that_drip_a_byte_at_a_time_all_get_408) {
  constexpr u32 kDrippers = scaled(10'000);
  want_descriptors(kDrippers + 1000);
  if (IsSkipped()) return;
  Options options = test_options();
  options.max_connections = kDrippers + 100;
  options.handshake_timeout_ms = 3000;
  TestServer server(options);
  std::vector<WsClient> drippers(kDrippers);
  for (WsClient& dripper : drippers) {
    ASSERT_TRUE(dripper.connect_tcp(server.port()));
    dripper.send_raw("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  }
  WsClient good = connected(server);
  u32 told = 0, rounds = 0;
  EXPECT_TRUE(until_all(drippers, [&](WsClient& dripper, std::size_t i) {
    if (i == 0) ++rounds;
    if (i % 1000 == 0) {
      good.send_text(std::to_string(rounds));
      EXPECT_EQ(good.read_message(), std::to_string(rounds)) << "others are served meanwhile";
    }
    const std::string answer = dripper.read_head(0);
    if (!answer.empty()) told += answer.starts_with("HTTP/1.1 408 ") ? 1 : 0;
    return !answer.empty() || !dripper.send_raw("x");
  }));
  EXPECT_EQ(told, kDrippers);
  EXPECT_EQ(server->net_stats().handshake_timeouts, kDrippers);
  drippers.clear();
  EXPECT_TRUE(wait_until([&] { return server->net_stats().connections_closed == kDrippers; }));
}

// More clients than the kernel keeps for one who does not accept: nobody is lost for it.
TEST(Hostile, a_full_accept_backlog_delays_and_refuses_nobody) {
  constexpr u32 kClients = 4096 + 300;  // somaxconn, and some
  want_descriptors(kClients + 1000);
  if (IsSkipped()) return;
  Options options = test_options();
  options.max_connections = kClients + 100;
  options.handshake_timeout_ms = 600'000;
  ServerProcess server(options);
  ASSERT_NE(server.port(), 0);
  ::kill(server.pid(), SIGSTOP);
  std::vector<WsClient> clients(kClients);
  u32 waiting = 0;
  for (WsClient& client : clients) {
    client.begin_connect(server.port());
    pollfd poll{.fd = client.fd(), .events = POLLOUT, .revents = 0};
    waiting += ::poll(&poll, 1, 0) == 0 ? 1 : 0;
  }
  EXPECT_GT(waiting, 0u) << "the backlog is full";
  ::kill(server.pid(), SIGCONT);
  EXPECT_TRUE(until_all(clients, [](WsClient& client, std::size_t) {
    pollfd poll{.fd = client.fd(), .events = POLLOUT, .revents = 0};
    return ::poll(&poll, 1, 0) == 1 && (poll.revents & (POLLERR | POLLHUP)) == 0;
  }));
  for (WsClient* client : {&clients.front(), &clients[kClients / 2], &clients.back()}) {
    client->send_raw(WsClient::upgrade_request({.path = "/echo"}));
    EXPECT_TRUE(client->read_head().starts_with("HTTP/1.1 101 "));
  }
}

}  // namespace
}  // namespace perseid::test
