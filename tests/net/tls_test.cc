// TLS over real sockets: both versions, hosts by name, tickets, clients' certificates, the second
// port. That all else is the same with TLS as without, other suites say (PERSEID_TEST_TLS).
#include <gtest/gtest.h>

#include "net/tls_context.h"
#include "tests/net/tls_support.h"

namespace perseid::test {
namespace {

class TlsVersion : public testing::TestWithParam<int> {};

TEST_P(TlsVersion, echoes_every_size_around_the_borders_of_records) {
  TestServer server(tls_options());
  WsClient client = tls_connected(
      server, {.ca = default_cert().cert, .host = "localhost", .version = GetParam()});
  EXPECT_EQ(SSL_version(client.tls()->ssl()), GetParam());
  for (const std::size_t size : {0, 1, 125, 126, 16379, 16380, 16384, 16385, 65536, 1 << 20}) {
    expect_echo(client, std::string(size, 'x'));
  }
  EXPECT_EQ(server->net_stats().tls_handshakes, 1u);
}

TEST_P(TlsVersion, is_resumed_on_any_shard_and_with_the_key_before) {
  Options options = tls_options();
  options.shards = 3;
  options.tls_ticket_key_s = 100;
  TestServer server(options);
  WsClient first = tls_connected(server, {.version = GetParam()});
  expect_echo(first);
  auto session = std::make_unique<Session>(first);
  ASSERT_NE(session->it, nullptr);
  for (int i = 0; i < 8; ++i) {
    WsClient again = tls_connected(server, {.version = GetParam(), .session = session->it});
    EXPECT_EQ(SSL_session_reused(again.tls()->ssl()), 1);
    expect_echo(again);
    // A client uses a ticket of TLS 1.3 once, and has been given another.
    if (GetParam() == TLS1_3_VERSION) session = std::make_unique<Session>(again);
  }
  EXPECT_EQ(server->net_stats().tls_resumed, 8u);
  EXPECT_EQ(server->net_stats().tls_handshakes, 9u);
}

TEST_P(TlsVersion, page_and_health_are_there_too) {
  TestServer server(tls_options(), {.pages = {{"/", "text/html", std::string(100'000, 'p')}}});
  for (const char* path : {"/", "/healthz"}) {
    WsClient client = tls_client(server, {.version = GetParam()});
    client.send_raw(std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << answer.substr(0, 200);
    EXPECT_TRUE(client.tls()->ended_cleanly());
    if (path == std::string("/")) {
      EXPECT_GT(answer.size(), 100'000u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Both, TlsVersion, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST(Tls, the_lowest_version_is_as_told) {
  Options options = tls_options();
  options.tls_min_version = "1.3";
  TestServer server(options);
  WsClient old;
  ASSERT_TRUE(old.connect_bare(server.port()));
  EXPECT_FALSE(old.start_tls({.version = TLS1_2_VERSION}));
  EXPECT_NE(old.tls()->trouble().find("protocol version"), std::string::npos)
      << old.tls()->trouble();
  WsClient fresh = tls_connected(server);
  expect_echo(fresh);
  ASSERT_TRUE(wait_until([&] { return server->net_stats().tls_failed == 1; }));
}

TEST(Tls, speaks_http_1_1_and_nothing_else) {
  TestServer server(tls_options());
  WsClient client = tls_client(server, {.alpn = "http/1.1"});
  const u8* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.tls()->ssl(), &chosen, &size);
  EXPECT_EQ(as_text({chosen, size}), "http/1.1");
  WsClient other;
  ASSERT_TRUE(other.connect_bare(server.port()));
  EXPECT_FALSE(other.start_tls({.alpn = "h2"}));
}

TEST(Tls, the_certificate_is_that_of_the_host_that_the_client_names) {
  const CertFolder folder;
  const CertFiles first = folder.make("first", {.host = "first.example"});
  const CertFiles any = folder.make("any", {.host = "*.games.example", .rsa = true});
  Options options = tls_options();
  options.tls_cert = first.cert + ", " + any.cert;
  options.tls_key = first.key + "," + any.key;
  TestServer server(options);
  for (const auto& [host, shown] : {std::pair{"first.example", "first.example"},
                                    {"chess.games.example", "*.games.example"},
                                    {"a.b.games.example", "first.example"},
                                    {"elsewhere.example", "first.example"},
                                    {"", "first.example"}}) {
    WsClient client = tls_connected(server, {.host = host});
    EXPECT_EQ(shown_host(client), shown) << host;
    expect_echo(client);
  }
}

// A key makes tickets for a while, opens them for as long again, and is gone.
TEST(Tls, ticket_keys_change_and_are_forgotten) {
  TlsTickets tickets(100);
  std::string problem;
  const Options options = tls_options();
  const TlsLoaded loaded = TlsContext::load(options, tickets);
  ASSERT_NE(loaded.context, nullptr) << loaded.problem;
  SSL_SESSION* kept = nullptr;
  // One handshake in memory; true if it was resumed.
  const auto shake = [&] {
    const std::unique_ptr<TlsSession> server = loaded.context->begin();
    TlsWire client(-1, {.version = TLS1_2_VERSION, .session = kept});
    std::array<u8, 100> plain{};
    for (int i = 0; i < 4; ++i) {
      SSL_do_handshake(client.ssl());
      const std::string out = client.sealed({});
      std::size_t got = 0;
      server->lend(as_bytes(out));
      (void)server->read(plain, got);
      BIO_write(SSL_get_rbio(client.ssl()), server->owed().data(),
                static_cast<int>(server->owed().size()));
      server->owed().clear();
    }
    EXPECT_TRUE(server->is_ready());
    if (SSL_SESSION* fresh = client.session()) {
      SSL_SESSION_free(kept);
      kept = fresh;
    }
    EXPECT_NE(kept, nullptr);
    return server->is_resumed();
  };
  EXPECT_FALSE(shake());
  EXPECT_TRUE(shake());
  tickets.skip_s(110);
  EXPECT_TRUE(shake()) << "the key before still opens";
  tickets.skip_s(110);
  EXPECT_TRUE(shake()) << "and had made a new ticket";
  EXPECT_EQ(tickets.held(), 2u);
  tickets.skip_s(310);
  tickets.age();
  EXPECT_EQ(tickets.held(), 1u) << "the old ones are overwritten, though nobody came";
  EXPECT_FALSE(shake()) << "too old for both";
  SSL_SESSION_free(kept);
}

class TlsClientCa : public testing::Test {
 protected:
  CertFolder folder_;
  CertFiles ca_ = folder_.make("ca", {.host = "Our Authority", .authority = true});
  CertFiles ours_ =
      folder_.make("ours", {.host = "player", .ca_cert = ca_.cert, .ca_key = ca_.key});
  CertFiles other_ca_ = folder_.make("other", {.host = "Another", .authority = true});
  CertFiles theirs_ = folder_.make(
      "theirs", {.host = "player", .ca_cert = other_ca_.cert, .ca_key = other_ca_.key});
};

TEST_F(TlsClientCa, only_who_shows_a_certificate_of_the_authority_gets_in) {
  Options options = tls_options();
  options.tls_client_ca = ca_.cert;
  TestServer server(options);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    WsClient good =
        tls_connected(server, {.cert = ours_.cert, .key = ours_.key, .version = version});
    expect_echo(good);
    const Session session(good);
    WsClient again = tls_connected(
        server, {.cert = ours_.cert, .key = ours_.key, .version = version, .session = session.it});
    EXPECT_EQ(SSL_session_reused(again.tls()->ssl()), 1);
    expect_echo(again);
    for (const CertFiles& files : {CertFiles{}, theirs_}) {
      WsClient bad;
      ASSERT_TRUE(bad.connect_bare(server.port()));
      // In TLS 1.3 a client hears of it behind its own end of the handshake.
      if (bad.start_tls({.cert = files.cert, .key = files.key, .version = version})) {
        bad.send_raw(WsClient::upgrade_request({.path = "/echo"}));
        EXPECT_EQ(bad.read_head(), "");
      }
      EXPECT_NE(bad.tls()->trouble(), "") << files.cert;
    }
  }
  ASSERT_TRUE(wait_until([&] { return server->net_stats().tls_failed == 4; }));
  EXPECT_EQ(server->net_stats().upgrades, 4u);
}

TEST(Tls, a_second_port_stays_plain) {
  Options options = tls_options();
  options.shards = 2;
  options.plain_port = kAuto;
  TestServer server(options);
  const u16 plain_port = server.started().report.plain_port;
  ASSERT_NE(plain_port, 0);
  WsClient secure = tls_connected(server, {}, "/ws");
  WsClient plain;
  ASSERT_TRUE(plain.connect_bare(plain_port));
  plain.send_bare(WsClient::upgrade_request({.path = "/ws"}));
  ASSERT_TRUE(plain.read_head().starts_with("HTTP/1.1 101"));
  for (WsClient* client : {&secure, &plain}) {
    client->send_text(R"({"type":"system","op":"join","id":1,"room":"lobby"})");
    ASSERT_NE(client->read_message().value_or("").find("joined"), std::string::npos);
  }
  plain.send_text(R"({"type":"chat","room":"lobby","payload":{"text":"across"}})");
  EXPECT_NE(secure.read_message().value_or("").find("across"), std::string::npos);
  EXPECT_EQ(server->net_stats().tls_handshakes, 1u);
}

TEST(Tls, pages_on_loopback_are_trusted_only_if_nobody_reaches_the_second_port) {
  for (const auto& [host, status] : {std::pair{"127.0.0.1", "101"}, {"0.0.0.0", "403"}}) {
    Options options = tls_options();
    options.plain_port = kAuto;
    options.plain_host = host;
    TestServer server(options);
    WsClient page = tls_client(server);
    page.send_raw(WsClient::upgrade_request({.path = "/ws", .extra_fields = "Origin: null\r\n"}));
    EXPECT_TRUE(page.read_head().starts_with(std::string("HTTP/1.1 ") + status)) << page.head();
  }
}

TEST(Tls, who_says_goodbye_gets_one) {
  TestServer server(tls_options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    WsClient client = tls_connected(server, {.version = version});
    client.send_close(1000);
    EXPECT_EQ(client.read_close(), 1000);
    EXPECT_TRUE(client.read_end());
    EXPECT_TRUE(client.tls()->ended_cleanly());
  }
}

TEST(Tls, counters_tell_who_is_there) {
  TestServer server(tls_options());
  {
    WsClient one = tls_connected(server);
    expect_echo(one);
    const NetStatsSum stats = server->net_stats();
    EXPECT_EQ(stats.tls_handshakes - stats.tls_closed, 1u);
  }
  EXPECT_TRUE(wait_until([&] { return server->net_stats().tls_closed == 1; }));
  EXPECT_EQ(server->net_stats().tls_failed, 0u);
}

}  // namespace
}  // namespace perseid::test
