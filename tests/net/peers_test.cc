// Who is at the other end: by the socket, by a PROXY header, by X-Forwarded-For; and that limits
// and security events go by it.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/net/heard_events.h"
#include "tests/net/server_support.h"
#include "tests/support/proxy_bytes.h"

namespace perseid::test {
namespace {

class Peers : public testing::Test {
 protected:
  HeardEvents heard_;

  void SetUp() override {
    if (!probe_ring().fixed_fd_install) GTEST_SKIP() << "this kernel does not tell addresses";
  }
  ServerConfig config() { return {.pages = {}, .listener = &heard_}; }
  static Options proxied_options() {
    Options options = test_options();
    options.proxy_protocol = true;
    options.trusted_proxies = "10.0.0.0/8,127.0.0.1";
    return options;
  }
  static Options forwarded_options() {
    Options options = test_options();
    options.forwarded_for = true;
    options.trusted_proxies = "10.0.0.0/8,127.0.0.1";
    return options;
  }
  // A client whose proxy has said `header`.
  static WsClient behind(const TestServer& server, std::string_view header,
                         const ClientConfig& config = {.path = "/ws"}) {
    WsClient client;
    EXPECT_TRUE(client.connect_bare(server.port()));
    client.send_bare(header);
    if (tests_over_tls()) {
      EXPECT_TRUE(client.start_tls()) << client.tls()->trouble();
    }
    client.send_raw(WsClient::upgrade_request(config));
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101")) << client.head();
    return client;
  }
  static WsClient forwarded(const TestServer& server, const std::string& list,
                            const std::string& path = "/ws") {
    WsClient client;
    (void)client.connect(server.port(),
                         {.path = path, .extra_fields = "X-Forwarded-For: " + list + "\r\n"});
    return client;
  }
  static void expect_served(WsClient& client) {
    client.send_text(R"({"type":"system","op":"ping","id":1})");
    EXPECT_TRUE(client.read_message().has_value());
  }
  static void expect_full(WsClient& client) { EXPECT_EQ(client.read_close(), 4013); }
  // Ended, and not a byte was said.
  static void expect_dropped(WsClient& client) {
    EXPECT_EQ(client.read_all(), "");
    EXPECT_FALSE(client.read_frame(0).has_value());
  }
};

TEST_F(Peers, a_proxy_header_says_whom_limits_and_audit_go_by) {
  Options options = proxied_options();
  options.address_connections_max = 1;
  TestServer server(options, config());
  WsClient one = behind(server, proxy_v4(203, 0, 113, 7));
  WsClient other = behind(server, proxy_v4(203, 0, 113, 8));
  WsClient same = behind(server, proxy_v4(203, 0, 113, 7, 99));
  expect_full(same);
  expect_served(one);
  expect_served(other);
  EXPECT_TRUE(
      heard_.has(Error::connection_limit, "203.0.113.7 port 99", "--address-connections-max"));
  EXPECT_EQ(server->net_stats().address_connections_refused, 1u);
  EXPECT_EQ(server->net_stats().proxy_headers, 3u);
  // The place is free when the connections are gone.
  same.reset();
  one.reset();
  ASSERT_TRUE(wait_until([&] { return server->net_stats().connections_closed == 2; }));
  WsClient again = behind(server, proxy_v4(203, 0, 113, 7));
  expect_served(again);
}

TEST_F(Peers, a_proxy_header_may_come_in_single_bytes) {
  TestServer server(proxied_options());
  WsClient client;
  ASSERT_TRUE(client.connect_bare(server.port()));
  for (const char byte : proxy_header({.body = proxy_v4_body(1, 2, 3, 4) + "\x04\0\1t"})) {
    client.send_bare({&byte, 1});
  }
  if (tests_over_tls()) {
    ASSERT_TRUE(client.start_tls());
  }
  client.send_raw(WsClient::upgrade_request({.path = "/ws"}));
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
  expect_served(client);
}

TEST_F(Peers, a_proxy_that_asks_for_itself_is_not_limited) {
  Options options = proxied_options();
  options.address_connections_max = 1;
  TestServer server(options);
  std::vector<WsClient> probes;
  for (int i = 0; i < 3; ++i) {
    probes.push_back(behind(server, proxy_header({.command = 0x20, .family = 0})));
    expect_served(probes.back());
  }
  // But who asks for somebody whom it does not tell is.
  WsClient one = behind(server, proxy_header({.family = 0}));
  WsClient two = behind(server, proxy_header({.family = 0}));
  expect_served(one);
  expect_full(two);
}

// HOSTILE.md, further list: PROXY v2 header garbage.
TEST_F(Peers, hostile_proxy_v2_header_garbage_ends_that_connection_alone) {
  TestServer server(proxied_options(), config());
  WsClient witness = behind(server, proxy_v4(203, 0, 113, 7));
  std::vector<std::string> garbage{
      "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01",
      std::string(64, '\0'),
      std::string(4096, '\xff'),
      std::string(kProxySignature) + std::string(64, '\xff'),
      proxy_header({.command = 0x11, .body = proxy_v4_body(1, 2, 3, 4)}),
      proxy_header({.family = 0x12, .body = proxy_v4_body(1, 2, 3, 4)}),
      proxy_header({.family = 0x21, .body = proxy_v4_body(1, 2, 3, 4)}),
      proxy_header({.length = 0xffff}),
      proxy_header({.length = 3}),
  };
  for (std::size_t i = 0; i < garbage.size(); ++i) {
    SCOPED_TRACE(i);
    WsClient client;
    ASSERT_TRUE(client.connect_bare(server.port()));
    client.send_bare(garbage[i]);
    expect_dropped(client);
  }
  ASSERT_TRUE(wait_until([&] {
    const NetStatsSum stats = server->net_stats();
    return stats.proxy_headers_refused == garbage.size() &&
           stats.connections_closed == garbage.size();
  }));
  EXPECT_TRUE(heard_.has(Error::bad_proxy_header, "127.0.0.1 port ", "PROXY header"));
  expect_served(witness);
}

TEST_F(Peers, hostile_a_proxy_header_that_does_not_come_ends_with_the_time_of_a_head) {
  Options options = proxied_options();
  options.handshake_timeout_ms = 100;
  TestServer server(options);
  std::vector<WsClient> clients(3);
  for (WsClient& client : clients) ASSERT_TRUE(client.connect_bare(server.port()));
  clients[1].send_bare(kProxySignature);
  clients[2].send_bare(proxy_header({.body = "1", .length = 2000}));
  for (WsClient& client : clients) expect_dropped(client);
  EXPECT_EQ(server->net_stats().handshake_timeouts, 3u);
}

TEST_F(Peers, hostile_a_proxy_header_of_who_is_no_proxy_is_not_believed) {
  Options options = proxied_options();
  options.trusted_proxies = "10.0.0.0/8,127.0.0.2,::1";
  TestServer server(options, config());
  WsClient client;
  ASSERT_TRUE(client.connect_bare(server.port()));
  client.send_bare(proxy_v4(10, 0, 0, 1));
  expect_dropped(client);
  EXPECT_EQ(server->net_stats().proxy_headers, 0u);
  EXPECT_EQ(server->net_stats().proxy_headers_refused, 1u);
  EXPECT_TRUE(heard_.has(Error::bad_proxy_header, "127.0.0.1", "--trusted-proxies"));
}

// Without the option the bytes are what they are: no HTTP, no TLS.
TEST_F(Peers, hostile_a_proxy_header_where_none_is_asked_for_is_refused) {
  TestServer server;
  WsClient client;
  ASSERT_TRUE(client.connect_bare(server.port()));
  client.send_bare(proxy_v4(203, 0, 113, 7) + WsClient::upgrade_request({.path = "/ws"}));
  EXPECT_EQ(client.read_all().find("101"), std::string::npos);
  EXPECT_EQ(server->net_stats().upgrades, 0u);
}

TEST_F(Peers, forwarded_for_says_whom_limits_and_audit_go_by) {
  Options options = forwarded_options();
  options.address_connections_max = 1;
  TestServer server(options, config());
  WsClient one = forwarded(server, "6.6.6.6, 203.0.113.7, 10.0.0.2");
  WsClient same = forwarded(server, "7.7.7.7, 203.0.113.7");
  WsClient other = forwarded(server, "203.0.113.8");
  expect_full(same);
  expect_served(one);
  expect_served(other);
  EXPECT_TRUE(heard_.has(Error::connection_limit, "203.0.113.7", "--address-connections-max"));
  const auto page = [&] { return http_get(server.port(), "/healthz"); };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(page().starts_with("HTTP/1.1 200")) << "probes go on";
}

TEST_F(Peers, hostile_forwarded_for_of_who_is_no_proxy_is_not_believed) {
  Options options = forwarded_options();
  options.trusted_proxies = "10.0.0.0/8";
  options.address_connections_max = 1;
  TestServer server(options, config());
  WsClient one = forwarded(server, "203.0.113.7");
  WsClient two = forwarded(server, "203.0.113.8");
  expect_full(two);
  EXPECT_TRUE(heard_.has(Error::connection_limit, "127.0.0.1 port "));
}

TEST_F(Peers, a_network_and_a_rate_have_limits) {
  Options options = forwarded_options();
  options.subnet_connections_max = 2;
  options.address_connections_per_second = 1;
  TestServer server(options, config());
  WsClient one = forwarded(server, "203.0.113.1");
  WsClient two = forwarded(server, "203.0.113.2");
  WsClient three = forwarded(server, "203.0.113.3");
  expect_full(three);
  EXPECT_TRUE(heard_.has(Error::connection_limit, "203.0.113.3", "--subnet-connections-max"));
  EXPECT_EQ(server->net_stats().subnet_connections_refused, 1u);
  std::vector<WsClient> many(20);
  int refused = 0;
  for (WsClient& client : many) {
    client = forwarded(server, "198.51.100.1", "/echo");
    if (client.head().starts_with("HTTP/1.1 503")) ++refused;
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(server->net_stats().address_rate_refused, static_cast<u64>(refused));
  EXPECT_TRUE(heard_.has(Error::connection_limit, "198.51.100.1", "per-second"));
}

// HOSTILE.md: very many connections of one address hold no more than they may, and nobody waits.
TEST_F(Peers, hostile_many_connections_of_an_address_are_dropped_and_others_come_in) {
  Options options = forwarded_options();
  options.address_connections_max = 4;
  options.shards = 2;
  TestServer server(options, config());
  const auto begun = std::chrono::steady_clock::now();
  std::vector<WsClient> flood(200);
  int dropped = 0;
  for (WsClient& client : flood) {
    client = forwarded(server, "203.0.113.7");
    if (client.head().starts_with("HTTP/1.1 503")) ++dropped;
  }
  EXPECT_GT(dropped, 0) << "all but those who are told why";
  EXPECT_EQ(server->net_stats().address_connections_refused, 196u);
  for (int i = 0; i < 20; ++i) {
    WsClient other = forwarded(server, "203.0.113." + std::to_string(100 + i));
    expect_served(other);
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
  const std::size_t told_max = 5u * 2 * (static_cast<std::size_t>(seconds.count()) + 2);
  EXPECT_LE(heard_.all().size(), told_max) << "the log is not filled";
}

// The same without a proxy: they are dropped before a byte of theirs is read.
TEST_F(Peers, hostile_new_connections_beyond_the_rate_are_dropped_at_once) {
  Options options = test_options();
  options.address_connections_per_second = 1;
  TestServer server(options, config());
  std::vector<WsClient> flood(50);
  for (WsClient& client : flood) ASSERT_TRUE(client.connect_bare(server.port()));
  ASSERT_TRUE(wait_until([&] { return server->net_stats().accepts == flood.size(); }));
  ASSERT_TRUE(wait_until([&] {
    const NetStatsSum stats = server->net_stats();
    return stats.address_rate_refused >= 40 &&
           stats.connections_closed >= stats.address_rate_refused;
  }));
  EXPECT_TRUE(heard_.has(Error::connection_limit, "127.0.0.1 port ", "per-second"));
}

TEST_F(Peers, a_page_of_another_site_is_told_with_its_address) {
  TestServer server(forwarded_options(), config());
  WsClient client;
  EXPECT_FALSE(client.connect(server.port(), {.path = "/ws",
                                              .extra_fields = "Origin: https://evil.example\r\n"
                                                              "X-Forwarded-For: 203.0.113.7\r\n"}));
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 403")) << client.head();
  EXPECT_TRUE(heard_.has(Error::bad_origin, "203.0.113.7"));
}

TEST_F(Peers, a_relay_that_would_believe_anybody_does_not_start) {
  struct Row {
    bool proxy;
    bool forwarded;
    const char* trusted;
    const char* says;
  };
  for (const Row& row : {Row{true, false, "", "need --trusted-proxies"},
                         {false, true, "", "need --trusted-proxies"},
                         {false, true, "10.0.0.0/33", "not 10.0.0.0/33"},
                         {false, true, "10.0.0.1,0.0.0.0/0", "let anybody say who he is"},
                         {true, false, "::/0", "let anybody say who he is"},
                         {false, false, "proxy.example", "not proxy.example"}}) {
    Options options = test_options();
    options.proxy_protocol = row.proxy;
    options.forwarded_for = row.forwarded;
    options.trusted_proxies = row.trusted;
    Server server(options);
    const StartResult result = server.start();
    EXPECT_FALSE(result.ok);
    EXPECT_NE(result.error.find(row.says), std::string::npos) << result.error;
  }
}

}  // namespace
}  // namespace perseid::test
