// wss://: a Client through a TLS terminator to the real relay, in both flavours, and everyone whom
// it must not talk to. Certificates are made here.
#include <perseid/tls.h>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"
#include "tests/sdk/tls_terminator.h"

namespace perseid {
namespace {

using test::Certificate;
using test::make_certificate;
using test::Peer;
using test::TlsTerminator;
using test::until;

// One authority for all: the file that clients trust.
const Certificate& authority() {
  static const Certificate made =
      make_certificate({.name = "Perseid's tests", .hosts = "", .authority = true});
  return made;
}
const std::string& authority_file() {
  static const std::string path = test::write_certificate(authority());
  return path;
}

ClientConfig config(std::string url, Wire wire = Wire::binary) {
  ClientConfig out{.url = std::move(url), .name = "ana", .wire = wire, .reconnect_delay_ms = 5};
  out.tls.ca_file = authority_file();
  return out;
}

class Tls : public testing::TestWithParam<Wire> {
 protected:
  test::RelayProcess relay_{{"--session-bytes-per-second", "1000000000"}};
  TlsTerminator terminator_{make_certificate({}, &authority()), relay_.port()};
};

INSTANTIATE_TEST_SUITE_P(Both, Tls, testing::Values(Wire::json, Wire::binary),
                         [](const auto& row) { return row.param == Wire::json ? "Json" : "Bin"; });

TEST_P(Tls, TalksToARelayWhoseCertificateIsSignedByATrustedAuthority) {
  Peer ana(config(terminator_.url(), GetParam()));
  Peer ben(config(terminator_.url("127.0.0.1"), GetParam()));
  Room& room = ana.joined("lobby");
  ben.joined("lobby");
  // Far more than a record: it comes and goes in pieces.
  const std::string text(900 * KiB, 'x');
  for (std::size_t i = 1; i <= 4; ++i) {
    room.chat(text, ana.note());
    ASSERT_TRUE(until({&ana.client, &ben.client},
                      [&] { return ben.heard.size() == i && ana.results.size() == i; }));
    EXPECT_GT(ben.heard.back().size(), text.size()) << ben.heard.back().substr(0, 50);
  }
  EXPECT_EQ(ana.client.failure().fault, LinkFault::none);
  ana.client.close();
  ASSERT_TRUE(ana.wait([&] { return ana.client.state() == LinkState::closed; }));
  EXPECT_EQ(ana.client.failure().fault, LinkFault::closed_by_us);
  terminator_.end();
  ASSERT_EQ(terminator_.alpn.size(), 2u);
  EXPECT_EQ(terminator_.alpn[0], "\x08http/1.1");
  EXPECT_EQ(terminator_.sni, (std::vector<std::string>{"localhost", ""}));  // no address in SNI
  EXPECT_NE(terminator_.heard.find("GET /ws HTTP/1.1"), std::string::npos);
}

TEST_P(Tls, ComesBackWithItsSessionAfterACut) {
  Peer ana(config(terminator_.url(), GetParam()));
  Room& room = ana.joined("lobby");
  ana.client.cut();
  room.chat("waited", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_EQ(ana.client.stats().resumed, 1u);
}

// A hotel's network, say, which answers for everyone with a certificate of its own.
TEST_P(Tls, ASessionOutlivesAForeignNetwork) {
  LinkFailure failure;
  const auto good = make_tls_context({.ca_file = authority_file()}, failure);
  const auto foreign = make_tls_context({}, failure);  // does not know our authority
  bool away = false;
  ClientConfig settings = config(terminator_.url(), GetParam());
  settings.reconnect_attempts = 1000;
  settings.reconnect_delay_ms_max = 5;
  settings.transport = [&](const Endpoint& to) {
    return make_tls_transport(away ? foreign : good, to.host,
                              make_tcp_transport({.host = to.host, .port = to.port}));
  };
  Peer ana(std::move(settings));
  ana.joined("lobby");
  away = true;
  ana.client.cut();
  ASSERT_TRUE(ana.wait([&] { return ana.last_link.fault == LinkFault::tls_untrusted; }));
  EXPECT_EQ(ana.last_link.state, LinkState::resuming);
  away = false;
  ASSERT_TRUE(ana.wait([&] { return ana.client.state() == LinkState::open; }));
  EXPECT_EQ(ana.client.stats().resumed, 1u);
}

// Whom a client does not talk to, and what it says then.
struct Refusal {
  const char* what;
  test::CertificateWish wish;
  bool by_authority;
  bool trusts_authority;
  LinkFault fault;
  const char* says;
};
const Refusal kRefusals[] = {
    {"expired",
     {.valid_from_s = -7200, .valid_until_s = -3600},
     true,
     true,
     LinkFault::tls_expired,
     "certificate has expired"},
    {"not valid yet",
     {.valid_from_s = 3600, .valid_until_s = 7200},
     true,
     true,
     LinkFault::tls_expired,
     "not yet valid"},
    {"another host's",
     {.hosts = "DNS:example.org"},
     true,
     true,
     LinkFault::tls_wrong_host,
     "hostname mismatch"},
    {"of nobody but its subject",
     {.hosts = "DNS:*.localhost"},
     true,
     true,
     LinkFault::tls_wrong_host,
     "hostname mismatch"},
    {"signed by itself", {}, false, true, LinkFault::tls_untrusted, "self-signed certificate"},
    {"of an authority that the system does not know",
     {},
     true,
     false,
     LinkFault::tls_untrusted,
     "unable to get local issuer certificate"},
};

TEST(TlsRefusals, NobodyIsTalkedToWhoseCertificateIsNotRight) {
  for (const Refusal& row : kRefusals) {
    TlsTerminator terminator(make_certificate(row.wish, row.by_authority ? &authority() : nullptr),
                             1);
    ClientConfig settings = config(terminator.url());
    if (!row.trusts_authority) settings.tls.ca_file.clear();
    Peer ana(std::move(settings));
    ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; })) << row.what;
    EXPECT_EQ(ana.links.size(), 2u) << "it is not tried again";
    EXPECT_EQ(name_of(ana.last_link.fault), name_of(row.fault)) << row.what;
    EXPECT_NE(ana.last_reason.find(row.says), std::string::npos) << ana.last_reason;
    EXPECT_NE(ana.last_reason.find("localhost"), std::string::npos) << ana.last_reason;
    EXPECT_EQ(ana.client.failure().message, ana.last_reason);
    terminator.end();
    EXPECT_EQ(terminator.heard, "") << row.what;
  }
}

TEST(TlsRefusals, TheHostOfAnAddressIsTheAddress) {
  TlsTerminator terminator(make_certificate({.hosts = "DNS:localhost"}, &authority()), 1);
  Peer ana(config(terminator.url("127.0.0.1")));
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  EXPECT_EQ(ana.last_link.fault, LinkFault::tls_wrong_host);
}

TEST(TlsRefusals, AnotherNameMayBeAskedFor) {
  const test::RelayProcess relay;
  TlsTerminator terminator(make_certificate({.hosts = "DNS:relay.example.org"}, &authority()),
                           relay.port());
  ClientConfig settings = config(terminator.url());
  settings.tls.host = "relay.example.org";
  Peer ana(std::move(settings));
  ana.joined("lobby");
  terminator.end();
  EXPECT_EQ(terminator.sni, std::vector<std::string>{"relay.example.org"});
}

TEST(TlsRefusals, VerificationCanBeSwitchedOffForTests) {
  const test::RelayProcess relay;
  const TlsTerminator terminator(make_certificate({.hosts = "", .valid_until_s = -1}),
                                 relay.port());
  ClientConfig settings{.url = terminator.url()};
  settings.tls.verify = false;
  Peer(std::move(settings)).joined("lobby");
}

TEST(TlsRefusals, OldVersionsAreNotSpoken) {
  const TlsTerminator terminator(make_certificate({}, &authority()), 1,
                                 {.version_max = TLS1_1_VERSION});
  ClientConfig settings = config(terminator.url());
  settings.reconnect_attempts = 0;
  Peer ana(std::move(settings));
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  EXPECT_EQ(ana.last_link.fault, LinkFault::tls_failed) << ana.last_reason;
}

TEST(TlsRefusals, ARelayWithoutTlsIsToldFromOneWithABadCertificate) {
  const test::RelayProcess relay;
  ClientConfig settings = config("wss://localhost:" + std::to_string(relay.port()));
  settings.reconnect_attempts = 0;
  Peer ana(std::move(settings));
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  EXPECT_EQ(ana.last_link.fault, LinkFault::tls_failed) << ana.last_reason;
}

TEST(TlsRefusals, AFileWithoutAuthoritiesIsRefusedAtOnce) {
  for (const char* path : {"/nowhere/ca.pem", "/dev/null"}) {
    ClientConfig settings{.url = "wss://localhost:1"};
    settings.tls.ca_file = path;
    Client client(std::move(settings));
    EXPECT_FALSE(client.connect());
    EXPECT_EQ(client.failure().fault, LinkFault::bad_ca_file);
    EXPECT_NE(client.failure().message.find(path), std::string::npos) << client.failure().message;
  }
}

// What TLS holds decrypted is not seen by poll(2): the transport tells of it.
TEST(TlsTransports, TellOfBytesThatTheyHold) {
  const std::string greeting(100 * KiB, 'g');
  const TlsTerminator terminator(make_certificate({}, &authority()), 1, {.greeting = greeting});
  LinkFailure failure;
  const auto context = make_tls_context({.ca_file = authority_file()}, failure);
  ASSERT_NE(context, nullptr) << failure.message;
  const auto transport = make_tls_transport(
      context, "localhost", make_tcp_transport({.host = "127.0.0.1", .port = terminator.port()}));
  const auto wait = [&] {
    pollfd waiting{.fd = transport->fd(), .events = POLLIN, .revents = 0};
    if (transport->wants_write()) waiting.events |= POLLOUT;
    ::poll(&waiting, 1, 1000);
  };
  while (transport->connect() == Transport::Status::again) wait();
  ASSERT_EQ(transport->connect(), Transport::Status::ok) << transport->error();
  std::string got;
  u8 some[1000];
  while (got.size() < greeting.size()) {
    const Transport::Moved moved = transport->read(some);
    ASSERT_NE(moved.status, Transport::Status::failed) << transport->error();
    EXPECT_EQ(transport->has_more(), moved.status == Transport::Status::ok);
    got.append(reinterpret_cast<const char*>(some), moved.bytes);
    if (!transport->has_more()) wait();
  }
  EXPECT_EQ(got, greeting);
}

}  // namespace
}  // namespace perseid
