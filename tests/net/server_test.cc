// The server as a whole: start, refusals, limits, drain, stop; and the relay across two shards.
#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "engine/event.h"
#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

Options on_port(u16 port) {
  Options options = test_options();
  options.port = port;
  return options;
}

TEST(Start, a_port_in_use_is_named_and_so_is_the_way_out) {
  TestServer first;
  Server second(on_port(first.port()));
  const StartResult result = second.start();
  ASSERT_FALSE(result.ok);
  EXPECT_NE(result.error.find("port " + std::to_string(first.port())), std::string::npos);
  EXPECT_NE(result.error.find("in use"), std::string::npos);
  EXPECT_NE(result.error.find("--port"), std::string::npos);
}

TEST(Start, a_host_that_is_not_here_is_named) {
  Options options = test_options();
  options.host = "192.0.2.1";
  Server away(options);
  StartResult result = away.start();
  ASSERT_FALSE(result.ok);
  EXPECT_NE(result.error.find("192.0.2.1"), std::string::npos);
  options.host = "no such host";
  Server unknown(options);
  result = unknown.start();
  ASSERT_FALSE(result.ok);
  EXPECT_NE(result.error.find("not known"), std::string::npos) << result.error;
}

TEST(Start, serves_ipv6) {
  Options options = test_options();
  options.host = "::1";
  Server server(options);
  const StartResult result = server.start();
  if (!result.ok) GTEST_SKIP() << "no IPv6 here: " << result.error;
  EXPECT_NE(result.report.port, 0);
}

TEST(Start, tells_what_it_found) {
  TestServer server;
  const StartReport& report = server.started().report;
  EXPECT_EQ(report.shards, 1u);
  EXPECT_FALSE(report.kernel.empty());
  EXPECT_GT(report.file_limit, 0u);
  ASSERT_FALSE(report.features.empty());
  EXPECT_TRUE(report.features[0].present);
}

TEST(Start, the_same_port_serves_again_at_once) {
  u16 port = 0;
  {
    TestServer first;
    port = first.port();
    WsClient client = connected(first);
  }
  TestServer second(on_port(port));
  WsClient client = connected(second);
  client.send_text("again");
  EXPECT_EQ(client.read_message(), "again");
}

TEST(Start, explains_why_a_ring_cannot_be_had) {
  EXPECT_NE(explain_ring_failure(EPERM).find("io_uring"), std::string::npos);
  EXPECT_NE(explain_ring_failure(EPERM).find("seccomp"), std::string::npos);
  EXPECT_NE(explain_ring_failure(EINVAL).find("6.1"), std::string::npos);
  EXPECT_NE(explain_ring_failure(ENOMEM).find("ulimit -l"), std::string::npos);
}

TEST(Limits, one_connection_too_many_gets_4013_and_a_reason) {
  Options options = test_options();
  options.max_connections = 2;
  TestServer server(options);
  WsClient one = connected(server);
  WsClient two = connected(server, {.path = "/ws"});
  WsClient three = connected(server, {.path = "/ws"});
  std::string reason;
  EXPECT_EQ(three.read_close(kWaitMsMax, &reason), 4013);
  EXPECT_EQ(reason, "Maximum connections reached.");
  three.send_close(4013);
  EXPECT_TRUE(three.read_end());
  EXPECT_EQ(server->connections(), 2u);
  one.send_close(1000);
  EXPECT_TRUE(one.read_end());
  one.close();
  ASSERT_TRUE(wait_until([&] { return server->connections() == 1; }));
  WsClient four = connected(server);
  four.send_text("in again");
  EXPECT_EQ(four.read_message(), "in again");
}

TEST(Limits, connections_of_one_address) {
  Options options = test_options();
  options.address_connections_max = 2;
  options.shards = 2;
  TestServer server(options);
  if (!probe_ring().fixed_fd_install) GTEST_SKIP() << "this kernel does not tell addresses";
  for (int round = 0; round < 3; ++round) {
    WsClient one = connected(server);
    WsClient two = connected(server, {.path = "/ws"});
    WsClient three = connected(server, {.path = "/ws"});
    std::string reason;
    EXPECT_EQ(three.read_close(kWaitMsMax, &reason), 4013);
    EXPECT_NE(reason.find("address"), std::string::npos);
    for (WsClient* client : {&one, &two, &three}) client->reset();
    ASSERT_TRUE(wait_until([&] {
      const NetStatsSum stats = server->net_stats();
      return stats.connections_closed == stats.accepts;
    }));
  }
}

TEST(Limits, messages_of_one_address) {
  Options options = test_options();
  options.address_messages_per_second = 1;
  TestServer server(options);
  if (!probe_ring().fixed_fd_install) GTEST_SKIP() << "this kernel does not tell addresses";
  std::string answers;
  std::vector<WsClient> clients(5);
  for (WsClient& client : clients) {
    client = connected(server, {.path = "/ws"});
    client.send_text(R"({"type":"system","op":"ping","id":1})");
    answers += client.read_message().value_or("nothing");
  }
  EXPECT_NE(answers.find("rate_limited"), std::string::npos) << answers;
}

// A server in a process of its own, with a low limit of open files.
class FewFiles {
 public:
  explicit FewFiles(rlim_t files) {
    EXPECT_EQ(::pipe(pipes_), 0);
    child_ = ::fork();
    if (child_ == 0) serve(files);
    EXPECT_EQ(::read(pipes_[0], &port_, sizeof port_), ssize_t{sizeof port_});
  }
  ~FewFiles() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(pipes_[0]);
    ::close(pipes_[1]);
  }
  u16 port() const { return port_; }

 private:
  [[noreturn]] void serve(rlim_t files) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit few{files, files};
    ::setrlimit(RLIMIT_NOFILE, &few);
    Options options = test_options();
    options.handshake_timeout_ms = 60'000;
    Server server(options);
    const u16 port = server.start().report.port;
    if (::write(pipes_[1], &port, sizeof port) == ssize_t{sizeof port}) server.join();
    ::_exit(0);
  }
  int pipes_[2]{};
  pid_t child_ = -1;
  u16 port_ = 0;
};

TEST(Limits, for_want_of_descriptors_clients_are_told_so) {
  FewFiles server(40);
  std::vector<WsClient> clients(35);  // an eighth of forty stays free
  for (WsClient& client : clients) ASSERT_TRUE(client.connect(server.port(), {.path = "/echo"}));
  WsClient more;
  ASSERT_TRUE(more.connect(server.port(), {.path = "/echo"}));
  EXPECT_EQ(more.read_close(), 4013);
  clients.pop_back();
  EXPECT_TRUE(wait_until([&] {
    return more.connect(server.port(), {.path = "/echo"}) && more.send_text("in") &&
           more.read_message() == "in";
  }));
}

// Silent sockets take every descriptor: accepting stops, and goes on when one is freed.
TEST(Limits, accepting_goes_on_when_a_descriptor_is_freed) {
  FewFiles server(40);
  std::vector<WsClient> silent(60);
  for (WsClient& client : silent) ASSERT_TRUE(client.connect_tcp(server.port()));
  silent.clear();
  WsClient client;
  EXPECT_TRUE(wait_until([&] {
    return client.connect(server.port(), {.path = "/echo"}) && client.send_text("in") &&
           client.read_message() == "in";
  }));
}

TEST(Drain, says_goodbye_with_1001_and_ends) {
  TestServer server;
  WsClient echo = connected(server);
  WsClient relay = connected(server, {.path = "/ws"});
  relay.send_text(R"({"type":"system","op":"ping","id":1})");
  ASSERT_TRUE(relay.read_message().has_value());
  server->drain();
  const auto goaway = relay.read_message();
  ASSERT_TRUE(goaway.has_value());
  EXPECT_NE(goaway->find("goaway"), std::string::npos);
  EXPECT_EQ(relay.read_close(), 1001);
  EXPECT_EQ(echo.read_close(), 1001);
  relay.send_close(1001);
  echo.send_close(1001);
  EXPECT_TRUE(relay.read_end());
  EXPECT_TRUE(echo.read_end());
  relay.close();
  echo.close();
  server->join();
  EXPECT_EQ(server->connections(), 0u);
  EXPECT_FALSE(WsClient().connect_tcp(server.port()));
}

TEST(Drain, does_not_wait_for_ever_for_who_does_not_answer) {
  Options options = test_options();
  options.drain_timeout_ms = 50;
  TestServer server(options);
  WsClient deaf = connected(server);
  WsClient slow;
  ASSERT_TRUE(slow.connect_tcp(server.port()));
  server->drain();
  server->join();
  EXPECT_EQ(deaf.read_close(), 1001);
}

TEST(Drain, stop_ends_at_once) {
  TestServer server;
  WsClient client = connected(server);
  server->stop();
  server->join();
  EXPECT_FALSE(client.read_frame().has_value());
}

struct Counting : EventListener {
  std::atomic<int> started{0}, stopped{0}, clients{0}, others{0};
  bool wants(EventKind kind) const override { return kind != EventKind::message_received; }
  void on_event(const Event& event) override {
    if (event.kind == EventKind::server_started) ++started;
    if (event.kind == EventKind::server_stopped) ++stopped;
    if (event.kind == EventKind::client_connected) ++clients;
    if (event.kind == EventKind::message_received) ++others;
  }
};

TEST(Events, reach_the_listener_if_wanted) {
  Counting counting;
  {
    ServerConfig config;
    config.listener = &counting;
    TestServer server(test_options(), config);
    WsClient client = connected(server, {.path = "/ws"});
    client.send_text(R"({"type":"system","op":"ping","id":1})");
    ASSERT_TRUE(client.read_message().has_value());
  }
  EXPECT_EQ(counting.started, 1);
  EXPECT_EQ(counting.stopped, 1);
  EXPECT_EQ(counting.clients, 1);
  EXPECT_EQ(counting.others, 0);
}

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
