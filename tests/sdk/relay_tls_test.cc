// wss:// against the relay's own TLS (--tls-cert, --tls-key), in both flavours. What a terminator
// before the relay and strange certificates are: tls_test.cc.
#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"
#include "tests/support/tls_files.h"

namespace perseid {
namespace {

using test::CertFiles;
using test::Peer;
using test::until;

class RelayTls : public testing::TestWithParam<Wire> {
 protected:
  CertFiles authority(const std::string& name) const {
    return folder_.make(name, {.host = name + ".test", .authority = true});
  }
  std::vector<std::string> flags() const {
    const CertFiles server =
        folder_.make("server", {.ca_cert = authority_.cert, .ca_key = authority_.key});
    return {"--tls-cert", server.cert, "--tls-key", server.key, "--session-bytes-per-second",
            "1000000000"};
  }
  ClientConfig config(std::string name) const {
    ClientConfig out{.url = "wss://127.0.0.1:" + std::to_string(relay_.port()) + "/ws",
                     .name = std::move(name),
                     .wire = GetParam(),
                     .reconnect_attempts = 50,
                     .reconnect_delay_ms = 20,
                     .reconnect_delay_ms_max = 200};
    out.tls.ca_file = authority_.cert;
    return out;
  }
  test::CertFolder folder_;
  CertFiles authority_ = authority("authority");
  test::RelayProcess relay_{flags()};
};

INSTANTIATE_TEST_SUITE_P(Both, RelayTls, testing::Values(Wire::json, Wire::binary),
                         [](const auto& row) { return row.param == Wire::json ? "Json" : "Bin"; });

TEST_P(RelayTls, RoomsChatAndStateGoOverIt) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  Room& room = ana.joined("lobby");
  Room& theirs = ben.joined("lobby");
  const std::string text(900 * KiB, 'x');  // far more than a record
  room.chat(text, ana.note());
  theirs.chat("short", ben.note());
  room.set("e1", {{"x", 1.5}});
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return ana.heard.size() == 2 && ben.heard.size() == 2 && ana.results.size() == 1 &&
           value_at(theirs.entities(), "e1", "x").number() == 1.5;
  }));
  EXPECT_TRUE(ana.results[0].ok());
  const auto has_text = [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  };
  EXPECT_TRUE(has_text(ben.heard[0]) || has_text(ben.heard[1]));
  EXPECT_EQ(ana.client.failure().fault, LinkFault::none);
}

TEST_P(RelayTls, ACutConnectionIsResumedAndMissesNothing) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  Room& room = ana.joined("lobby");
  Room& theirs = ben.joined("lobby");
  for (int i = 1; i <= 5; ++i) {
    ana.client.cut();
    theirs.chat("meanwhile " + std::to_string(i));
    ben.client.flush();
    room.chat("waited " + std::to_string(i), ana.note());
    const auto all = static_cast<std::size_t>(2 * i);
    ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
      return ana.heard.size() == all && ben.heard.size() == all &&
             ana.results.size() == static_cast<std::size_t>(i);
    }));
  }
  EXPECT_EQ(ana.heard, ben.heard);
  EXPECT_EQ(ana.client.stats().resumed, 5u);
  EXPECT_EQ(ana.client.stats().lanes[static_cast<u8>(Lane::chat)].lost, 0u);
}

TEST_P(RelayTls, ARelayThatIsKilledAndStartedAgainIsJoinedAgain) {
  Peer ana(config("ana"));
  Room& room = ana.joined("lobby");
  relay_.kill();
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "resuming"; }));
  room.chat("while it was down", ana.note());
  relay_.start();
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1 && ana.joins.size() == 2; }));
  EXPECT_TRUE(ana.results[0].ok());
}

// Nothing is said to a relay whose certificate another authority has signed, or which is another's.
TEST_P(RelayTls, AnotherAuthorityOrHostIsRefused) {
  ClientConfig foreign = config("foreign");
  foreign.tls.ca_file = authority("foreign").cert;
  ClientConfig system = config("system");
  system.tls.ca_file.clear();
  ClientConfig elsewhere = config("elsewhere");
  elsewhere.tls.host = "elsewhere.test";
  struct Row {
    ClientConfig config;
    LinkFault fault;
  };
  for (const Row& row :
       {Row{foreign, LinkFault::tls_untrusted}, Row{system, LinkFault::tls_untrusted},
        Row{elsewhere, LinkFault::tls_wrong_host}}) {
    Peer ana(row.config);
    ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; })) << row.config.name;
    EXPECT_EQ(ana.links.size(), 2u) << "it is not tried again";
    EXPECT_EQ(name_of(ana.client.failure().fault), name_of(row.fault)) << row.config.name;
    EXPECT_EQ(ana.client.stats().connections, 0u);
  }
  Peer(config("ana")).joined("lobby");  // the relay itself goes on
}

}  // namespace
}  // namespace perseid
