// Why there is no link: each reason of the closed list that a test can bring about, told by
// failure() and by the event; TLS's are in tls_test.cc.
#include <fcntl.h>
#include <perseid.h>

#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"
#include "tests/sdk/relay_process.h"
#include "tests/sdk/tls_terminator.h"

namespace perseid {
namespace {

using test::Peer;

struct BadUrl {
  const char* url;
  const char* says;
};
const BadUrl kBadUrls[] = {
    {"http://example.org", "neither with ws:// nor with wss://"},
    {"", "neither with ws://"},
    {"ws://", "names no host"},
    {"ws://:80", "names no host"},
    {"ws://a:0", "port is no number from 1 to 65535"},
    {"ws://a:65536", "port is no number"},
    {"ws://me@a", "user in the url"},
    {"ws://[::1", "bracket is not closed"},
    {"ws://a/b c", "path has a space"},
    {"wss://a b/", "host has a letter"},
};

TEST(Failures, AUrlThatIsNoneIsRefusedAtOnceWithWhatIsWrong) {
  for (const BadUrl& row : kBadUrls) {
    Client client({.url = row.url});
    EXPECT_FALSE(client.connect()) << row.url;
    const LinkFailure& failure = client.failure();
    EXPECT_EQ(failure.fault, LinkFault::bad_url);
    EXPECT_NE(failure.message.find(row.says), std::string::npos) << failure.message;
    EXPECT_NE(failure.message.find(row.url), std::string::npos) << failure.message;
    client.poll();  // nothing happens
  }
}

// Where one attempt leads.
LinkEvent attempt(ClientConfig config, std::string& message) {
  config.reconnect_attempts = 0;
  Peer peer(std::move(config));
  EXPECT_TRUE(peer.wait([&] { return peer.links.back() == "closed"; }));
  EXPECT_EQ(peer.client.failure().fault, peer.last_link.fault);
  EXPECT_EQ(peer.client.failure().message, peer.last_reason);
  message = peer.last_reason;
  return peer.last_link;
}

TEST(Failures, AHostWithoutAnAddress) {
  // A label beyond 63 letters: no resolver asks anybody for it.
  const std::string host = std::string(70, 'a') + ".invalid";
  std::string message;
  EXPECT_EQ(attempt({.url = "ws://" + host}, message).fault, LinkFault::unresolved) << message;
  EXPECT_NE(message.find(host), std::string::npos) << message;
}

TEST(Failures, NobodyListens) {
  for (const char* scheme : {"ws", "wss"}) {
    u16 port = 0;
    ::close(test::listen_on_loopback(port));
    const std::string place = "127.0.0.1:" + std::to_string(port);
    std::string message;
    EXPECT_EQ(attempt({.url = std::string(scheme) + "://" + place}, message).fault,
              LinkFault::refused)
        << message;
    EXPECT_EQ(message, place + ": Connection refused");
  }
}

TEST(Failures, WhoListensButIsNoRelay) {
  const test::RelayProcess relay;
  std::string message;
  const std::string place = "ws://127.0.0.1:" + std::to_string(relay.port());
  EXPECT_EQ(attempt({.url = place + "/nothing"}, message).fault, LinkFault::not_a_relay);
  EXPECT_NE(message.find("404"), std::string::npos) << message;
}

TEST(Failures, WhoListensButDoesNotAnswer) {
  u16 port = 0;
  const int listener = test::listen_on_loopback(port);
  std::string message;
  ClientConfig config{.url = "ws://127.0.0.1:" + std::to_string(port), .connect_timeout_ms = 50};
  EXPECT_EQ(attempt(std::move(config), message).fault, LinkFault::timed_out) << message;
  ::close(listener);
}

TEST(Failures, ATransportThatIsNone) {
  ClientConfig config;
  config.transport = [](const Endpoint&) { return nullptr; };
  Client client(std::move(config));
  EXPECT_FALSE(client.connect());
  EXPECT_EQ(client.failure().fault, LinkFault::no_transport);
}

TEST(Failures, WhoIsKilledIsToldAndAnOpenLinkHasNone) {
  test::RelayProcess relay;
  Peer ana({.url = relay.url(), .reconnect_delay_ms = 5, .reconnect_delay_ms_max = 20});
  ana.joined("lobby");
  EXPECT_EQ(ana.client.failure().fault, LinkFault::none);
  relay.kill();
  ASSERT_TRUE(ana.wait([&] { return ana.client.state() == LinkState::resuming; }));
  EXPECT_NE(ana.client.failure().fault, LinkFault::none);
  relay.start();
  ASSERT_TRUE(ana.wait([&] { return ana.client.state() == LinkState::open; }));
  EXPECT_EQ(ana.client.failure().fault, LinkFault::none);
  EXPECT_EQ(ana.client.failure().message, "");
}

TEST(Failures, HaveNamesAndTheSameNumbersInC) {
  EXPECT_EQ(name_of(LinkFault::none), "none");
  EXPECT_EQ(name_of(LinkFault::tls_wrong_host), "tls_wrong_host");
  EXPECT_EQ(name_of(LinkFault::closed_by_us), "closed_by_us");
  EXPECT_EQ(static_cast<int>(LinkFault::closed_by_us), PERSEID_FAULT_CLOSED_BY_US);
  EXPECT_EQ(name_of(LinkFault::no_token), "no_token");
  EXPECT_EQ(static_cast<int>(LinkFault::no_token), PERSEID_FAULT_NO_TOKEN);
  EXPECT_EQ(static_cast<int>(LinkFault::tls_untrusted), PERSEID_FAULT_TLS_UNTRUSTED);
  EXPECT_EQ(static_cast<int>(SealFault::too_many_senders), PERSEID_TOO_MANY_SENDERS);
  perseid_config config{};
  config.url = "nowhere";
  perseid_client* client = perseid_create(&config);
  EXPECT_EQ(perseid_connect(client), 0);
  EXPECT_EQ(perseid_failure(client), PERSEID_FAULT_BAD_URL);
  EXPECT_STREQ(perseid_failure_text(client),
               "\"nowhere\" is no url of a relay: it begins neither with ws:// nor with wss://");
  perseid_destroy(client);
}

}  // namespace
}  // namespace perseid
