// The server as a whole: start, refusals, drain, stop, events.
#include <gtest/gtest.h>

#include <atomic>

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

}  // namespace
}  // namespace perseid::test
