// Hostile TLS (HOSTILE.md): each gets its answer or none, costs what it may cost, and leaves the
// others alone.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/net/tls_support.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

WsClient bare(const TestServer& server) {
  WsClient client;
  EXPECT_TRUE(client.connect_bare(server.port()));
  return client;
}

// Everybody else is served, and nothing is left behind of those that are gone.
void expect_calm(TestServer& server, u64 failed) {
  WsClient witness = tls_connected(server);
  expect_echo(witness);
  EXPECT_TRUE(wait_until([&] {
    const NetStatsSum stats = server->net_stats();
    return stats.tls_failed == failed && stats.connections_closed + 1 == stats.accepts;
  })) << server->net_stats().tls_failed;
}

TEST(TlsHostile, garbage_instead_of_a_client_hello_ends_the_connection) {
  Options options = tls_options();
  options.tls_handshake_timeout_ms = 600'000;
  TestServer server(options);
  const std::vector<std::string> all = {
      std::string(100, '\0'),
      "\x16\x02\x01",                              // a major version that is none
      std::string("\x16\x03\x01\x00\x00", 5),      // an empty record
      "\x16\x03\x01\xff\xff",                      // one beyond the longest
      std::string("\x16\x03\x01\x00\x05\x02", 6),  // a ServerHello
      std::string("\x80\x2e\x01\x03\x01", 5),      // SSL 2
      std::string("\x15\x03\x01\x00\x02\x02\x28", 7),
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",  // this one is told
      std::string("\x16\x03\x01\x00\x08\x01\x00\x00\x04\x03\x03\x00\x00", 13),
      "hello\r\n",
  };
  std::vector<WsClient> clients;
  for (const std::string& each : all) {
    clients.push_back(bare(server));
    clients.back().send_bare(each);
  }
  EXPECT_TRUE(wait_until([&] { return server->net_stats().tls_failed == all.size() - 1; }))
      << "none is waited for until its time is up";
  clients.clear();
  expect_calm(server, all.size() - 1);
}

TEST(TlsHostile, an_oversized_client_hello_ends_at_the_announcement) {
  Options options = tls_options();
  options.tls_handshake_timeout_ms = 600'000;
  TestServer server(options);
  // 100,000 bytes announced, in one record and in the smallest.
  const std::string announced("\x01\x01\x86\xa0", 4);
  const std::string whole = std::string("\x16\x03\x01\x40\x00", 5) + announced;
  std::string cut;
  for (const char each : announced) cut += std::string("\x16\x03\x01\x00\x01", 5) + each;
  std::vector<WsClient> clients;
  for (const std::string& each : {whole, cut}) {
    clients.push_back(bare(server));
    clients.back().send_bare(each);
  }
  EXPECT_TRUE(wait_until([&] { return server->net_stats().tls_failed == 2; }))
      << "nobody waits for the rest";
  clients.clear();
  expect_calm(server, 2);
}

TEST(TlsHostile, plain_http_at_the_port_with_tls_is_told_so) {
  TestServer server(tls_options());
  for (const std::string& request :
       {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), WsClient::upgrade_request({})}) {
    WsClient client = bare(server);
    client.send_bare(request);
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_NE(answer.find("This port speaks TLS; use https:// or wss://."), std::string::npos);
  }
  EXPECT_EQ(server->net_stats().tls_plain_requests, 2u);
  expect_calm(server, 0);
}

TEST(TlsHostile, tls_at_the_plain_port_gets_a_400_that_it_cannot_read) {
  Options options = tls_options();
  options.plain_port = kAuto;
  TestServer server(options);
  WsClient client;
  ASSERT_TRUE(client.connect_bare(server.started().report.plain_port));
  EXPECT_FALSE(client.start_tls());
  EXPECT_EQ(server->net_stats().http_errors, 1u);
  client.close();
  expect_calm(server, 0);
}

TEST(TlsHostile, slowloris_in_the_handshake_is_out_when_the_time_is_up) {
  Options options = tls_options();
  options.tls_handshake_timeout_ms = 200;
  options.handshake_timeout_ms = 600'000;
  TestServer server(options);
  const std::string hello = client_hello();
  std::vector<WsClient> slow;
  for (std::size_t i = 0; i < 30; ++i) {
    slow.push_back(bare(server));
    slow.back().send_bare(hello.substr(0, i % 3 == 0 ? 0 : i % 3 == 1 ? 40 : hello.size()));
  }
  // A byte now and then does not help.
  std::size_t at = 40;
  EXPECT_TRUE(wait_until([&] {
    if (at + 1 < hello.size()) (void)slow[1].send_bare(hello.substr(at++, 1));
    return server->net_stats().tls_timeouts == 30;
  }));
  slow.clear();
  expect_calm(server, 30);
}

TEST(TlsHostile, who_shakes_hands_and_sends_no_head_gets_408) {
  Options options = tls_options();
  options.handshake_timeout_ms = 100;
  TestServer server(options);
  WsClient client = tls_client(server);
  client.send_raw("GET /ws HT");
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 408 "));
}

TEST(TlsHostile, a_flood_of_handshakes_fills_its_own_places_only) {
  Options options = tls_options();
  options.tls_handshakes_max = 8;
  options.tls_handshake_timeout_ms = 600'000;
  TestServer server(options);
  WsClient player = tls_connected(server);
  std::vector<WsClient> flood;
  flood.reserve(100);
  for (int i = 0; i < 100; ++i) flood.push_back(bare(server));
  EXPECT_TRUE(wait_until([&] { return server->net_stats().tls_refused == 92; }))
      << server->net_stats().tls_refused;
  expect_echo(player);
  WsClient honest = bare(server);
  EXPECT_FALSE(honest.start_tls());
  flood.clear();
  ASSERT_TRUE(wait_until([&] { return server->net_stats().tls_failed == 8; }));
  WsClient next = tls_connected(server);
  expect_echo(next);
}

class TlsFlood : public testing::TestWithParam<bool> {};

// Sixty-four hellos with a dear key; the message that came behind them overtakes most. It makes no
// difference how much comes behind a hello at once, nor who shakes hands.
TEST_P(TlsFlood, a_player_does_not_wait_for_a_flood_of_handshakes) {
  const CertFolder folder;
  Options options = tls_options(folder.make("dear", {.rsa = true, .rsa_bits = 3072}));
  options.no_handshake_threads = GetParam();
  options.tls_handshake_us = 1;
  TestServer server(options);
  WsClient player = tls_connected(server);
  expect_echo(player);
  for (const std::size_t behind_bytes : {std::size_t{0}, std::size_t{100'000}}) {
    const std::string hello = client_hello() + std::string(behind_bytes, '\x17');
    std::vector<WsClient> flood;
    flood.reserve(64);
    for (int i = 0; i < 64; ++i) flood.push_back(bare(server));
    for (WsClient& each : flood) each.send_bare(hello);
    expect_echo(player);
    std::vector<pollfd> answered;
    answered.reserve(flood.size());
    for (const WsClient& each : flood) answered.push_back({each.fd(), POLLIN, 0});
    EXPECT_LT(::poll(answered.data(), answered.size(), 0), 64) << behind_bytes;
    for (WsClient& each : flood) {
      pollfd poll{each.fd(), POLLIN, 0};
      ASSERT_EQ(::poll(&poll, 1, kWaitMsMax), 1) << "all get their turn";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TlsFlood, testing::Bool(), [](const auto& row) {
  return std::string(row.param ? "InTurns" : "InThreads");
});

TEST(TlsHostile, renegotiation_is_refused_and_ends_the_connection) {
  TestServer server(tls_options());
  WsClient client = tls_connected(server, {.version = TLS1_2_VERSION});
  expect_echo(client);
  SSL_renegotiate(client.tls()->ssl());
  SSL_do_handshake(client.tls()->ssl());
  client.send_bare(client.tls()->sealed({}));
  (void)client.read_all();
  EXPECT_EQ(server->net_stats().tls_errors, 1u);
  client.close();
  expect_calm(server, 0);
}

TEST(TlsHostile, a_handshake_that_never_ends_is_too_long_at_some_time) {
  TestServer server(tls_options());
  const std::string hello = client_hello({.version = TLS1_2_VERSION});
  WsClient client = bare(server);
  client.send_bare(hello);
  // Records of the handshake, each as good as it can be by itself.
  const std::string more = std::string("\x16\x03\x03\x00\x01\x0b", 6);
  std::string all;
  while (all.size() < 200'000) all += more;
  client.send_bare(all);
  (void)client.read_all();
  client.close();
  expect_calm(server, 1);
}

TEST(TlsHostile, a_large_message_right_behind_the_handshake_is_no_handshake) {
  TestServer server(tls_options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    WsClient client = tls_client(server, {.version = version});
    const std::string text(200'000, 'x');
    client.send_raw(WsClient::upgrade_request({.path = "/echo"}) +
                    client_frame(Opcode::text, text));
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
    EXPECT_EQ(client.read_message(), text);
  }
}

TEST(TlsHostile, no_data_is_taken_before_the_handshake_is_done) {
  TestServer server(tls_options());
  WsClient client = tls_connected(server, {.version = TLS1_3_VERSION});
  expect_echo(client);
  const Session session(client);
  EXPECT_EQ(SSL_SESSION_get_max_early_data(session.it), 0u);
}

// Without a close_notify the end of the stream proves nothing: the session may be resumed, and a
// frame that was cut is not taken for whole.
TEST(TlsHostile, an_end_without_goodbye_is_a_broken_link) {
  TestServer server(tls_options());
  WsClient client = tls_connected(server);
  const std::string frame = client_frame(Opcode::text, "never whole");
  client.send_raw(frame.substr(0, frame.size() - 1));
  ::shutdown(client.fd(), SHUT_WR);
  EXPECT_EQ(client.read_message(), std::nullopt);
  EXPECT_EQ(server->net_stats().closes_by_eof, 1u);
  client.close();
  expect_calm(server, 0);
}

TEST(TlsHostile, records_of_one_byte_are_records) {
  TestServer server(tls_options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    WsClient client = tls_client(server, {.version = version});
    const std::string all =
        WsClient::upgrade_request({.path = "/echo"}) + client_frame(Opcode::text, "bit by bit");
    std::string sealed;
    for (const char byte : all) sealed += client.tls()->sealed({&byte, 1});
    client.send_bare(sealed);
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
    EXPECT_EQ(client.read_message(), "bit by bit");
  }
}

TEST(TlsHostile, a_message_may_be_cut_at_every_byte_of_its_ciphertext) {
  TestServer server(tls_options());
  WsClient client = tls_connected(server);
  const std::string text(300, 'x');
  const std::string frame = client_frame(Opcode::text, text);
  std::size_t cut = 1;
  for (std::size_t size = 2; cut < size; ++cut) {
    const std::string sealed = client.tls()->sealed(frame);
    size = sealed.size();
    client.send_bare(sealed.substr(0, cut));
    client.send_bare(sealed.substr(cut));
    ASSERT_EQ(client.read_message(), text) << cut;
  }
  EXPECT_GT(cut, 300u);
}

TEST(TlsHostile, a_bit_that_was_turned_ends_the_connection_with_an_alert) {
  TestServer server(tls_options());
  WsClient client = tls_connected(server);
  std::string sealed = client.tls()->sealed(client_frame(Opcode::text, "do not trust me"));
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  client.send_bare(sealed);
  EXPECT_EQ(client.read_message(), std::nullopt);
  EXPECT_NE(client.tls()->trouble().find("bad record mac"), std::string::npos)
      << client.tls()->trouble();
  EXPECT_EQ(server->net_stats().tls_errors, 1u);
  client.close();
  expect_calm(server, 0);
}

TEST(TlsHostile, a_reset_at_every_byte_of_the_handshake_leaves_nothing_behind) {
  TestServer server(tls_options());
  const std::string hello = client_hello();
  for (std::size_t size = 0; size <= hello.size(); ++size) {
    WsClient client = bare(server);
    client.send_bare(hello.substr(0, size));
    client.reset();
  }
  expect_calm(server, hello.size() + 1);
}

std::string key_updates(WsClient& client, int count, int kind) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    SSL_key_update(client.tls()->ssl(), kind);
    SSL_do_handshake(client.tls()->ssl());
    out += client.tls()->sealed({});
  }
  EXPECT_GT(out.size(), static_cast<std::size_t>(count) * 20);
  return out;
}

// Each costs new keys, whether it asks for an answer or not: a review found 38,000 worked through
// in one turn.
TEST(TlsHostile, a_flood_of_key_updates_ends_the_connection) {
  TestServer server(tls_options());
  u64 errors = 0;
  for (const int kind : {SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED}) {
    WsClient client = tls_connected(server, {.version = TLS1_3_VERSION});
    client.send_bare(key_updates(client, 20, kind));
    expect_echo(client);
    client.send_bare(key_updates(client, 2000, kind));
    (void)client.read_all();
    EXPECT_EQ(server->net_stats().tls_errors, ++errors);
    client.close();
  }
  expect_calm(server, 0);
}

class Counting final : public EventListener {
 public:
  bool wants(EventKind kind) const override { return kind == EventKind::error_occurred; }
  void on_event(const Event& event) override {
    ++events;
    const std::lock_guard guard(lock);
    last = event.detail;
    address = event.address;
  }
  std::atomic<u32> events{0};
  std::mutex lock;
  std::string last;
  std::string address;
};

TEST(TlsHostile, the_log_says_who_and_why_but_not_without_end) {
  Counting counting;
  TestServer server(tls_options(), {.pages = {}, .listener = &counting});
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 500; ++i) {
    WsClient client = bare(server);
    client.send_bare("\x01\x02\x03");
    (void)client.read_all();
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
  EXPECT_GT(counting.events, 0u);
  EXPECT_LE(counting.events, 5u * (static_cast<u32>(seconds.count()) + 2));
  const std::lock_guard guard(counting.lock);
  if (probe_ring().fixed_fd_install) {
    EXPECT_TRUE(counting.address.starts_with("127.0.0.1 port ")) << counting.address;
  }
  EXPECT_NE(counting.last.find("what came is not TLS"), std::string::npos) << counting.last;
}

}  // namespace
}  // namespace perseid::test
