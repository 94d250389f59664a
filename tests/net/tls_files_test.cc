// Certificates on the disk: what is said when they are not right, and how new ones take the place
// of old ones while everybody stays connected.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/net/tls_support.h"

namespace perseid::test {
namespace {

std::string start_error(const Options& options) {
  Server server(options);
  const StartResult result = server.start();
  EXPECT_FALSE(result.ok);
  return result.error;
}

struct BadStart {
  const char* name;
  std::string cert;
  std::string key;
  std::string client_ca;
  const char* says;
};

TEST(TlsFiles, a_start_that_cannot_be_says_why_and_what_to_do) {
  const CertFolder folder;
  const CertFiles good = folder.make("good");
  const CertFiles other = folder.make("other");
  const CertFiles rsa = folder.make("rsa", {.rsa = true});
  const std::string locked =
      folder.write("locked.key",
                   "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                   "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgVnYlQ4rAl0AICCAAw\n"
                   "-----END ENCRYPTED PRIVATE KEY-----\n");
  const std::vector<BadStart> rows = {
      {"no file", folder.path("none.pem"), good.key, "", "none.pem: No such file"},
      {"no key file", good.cert, folder.path("none.key"), "", "none.key: No such file"},
      {"a directory", folder.path("."), good.key, "", "it is a directory"},
      {"no PEM", folder.write("text.pem", "hello"), good.key, "", "no certificate in PEM form"},
      {"no PEM key", good.cert, good.cert, "", "no private key in PEM form"},
      {"another's key", good.cert, other.key, "",
       "Give the key that this certificate was made for"},
      {"a key of another kind", good.cert, rsa.key, "",
       "Give the key that this certificate was made for"},
      {"one key for two", good.cert + "," + other.cert, good.key, "",
       "names 2 files and --tls-key 1"},
      {"no key", good.cert, "", "", "names 1 files and --tls-key 0"},
      {"no certificate", "", good.key, "", "names 0 files and --tls-key 1"},
      {"no authority", good.cert, good.key, folder.path("ca"), "--tls-client-ca: "},
      {"an authority that is none", good.cert, good.key, good.key, "holds no certificate"},
      {"an authority without TLS", "", "", good.cert, "there is no TLS"},
  };
  for (const BadStart& row : rows) {
    Options options = test_options();
    options.tls_cert = row.cert;
    options.tls_key = row.key;
    options.tls_client_ca = row.client_ca;
    const std::string said = start_error(options);
    EXPECT_NE(said.find(row.says), std::string::npos) << row.name << ": " << said;
  }
}

bool warns(const StartReport& report, std::string_view event) {
  return std::any_of(report.warnings.begin(), report.warnings.end(),
                     [&](const Warning& each) { return each.event == event; });
}

TEST(TlsFiles, dates_and_rights_that_look_wrong_are_warned_of) {
  const CertFolder folder;
  const auto started = [&](const CertFiles& files) {
    TestServer server(tls_options(files));
    return server.started().report;
  };
  EXPECT_TRUE(
      warns(started(folder.make("old", {.days_from = -9, .days_to = -1})), "certificate_expired"));
  EXPECT_TRUE(warns(started(folder.make("soon", {.days_to = 3})), "certificate_expires"));
  EXPECT_TRUE(warns(started(folder.make("later", {.days_from = 2})), "certificate_not_yet_valid"));
  const CertFiles open = folder.make("open");
  EXPECT_TRUE(started(open).warnings.empty());
  std::filesystem::permissions(open.key, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_TRUE(warns(started(open), "key_readable_by_all"));
}

TEST(TlsFiles, an_address_that_others_reach_without_tls_is_warned_of) {
  const auto started = [](Options options) {
    TestServer server(std::move(options));
    return warns(server.started().report, "no_tls");
  };
  Options plain = test_options();
  plain.tls_cert = plain.tls_key = "";
  EXPECT_FALSE(started(plain));
  plain.host = "0.0.0.0";
  EXPECT_TRUE(started(plain));
  Options secure = tls_options();
  secure.host = "0.0.0.0";
  EXPECT_FALSE(started(secure));
  secure.plain_port = kAuto;
  EXPECT_FALSE(started(secure));
  secure.plain_host = "0.0.0.0";
  EXPECT_TRUE(started(secure));
}

TEST(TlsFiles, a_port_that_is_taken_is_told_with_its_flag) {
  TestServer first(tls_options());
  Options options = tls_options();
  options.plain_port = first.port();
  const std::string said = start_error(options);
  EXPECT_NE(said.find("choose another with --plain-port"), std::string::npos) << said;
}

// Hears what the relay says of itself.
class Listener final : public EventListener {
 public:
  bool wants(EventKind) const override { return true; }
  void on_event(const Event& event) override {
    if (event.kind != EventKind::error_occurred && event.kind != EventKind::health_updated) return;
    const std::lock_guard guard(lock_);
    heard_ += std::string(event.detail) + "\n";
  }
  std::string heard() {
    const std::lock_guard guard(lock_);
    return heard_;
  }

 private:
  std::mutex lock_;
  std::string heard_;
};

TEST(TlsFiles, a_reload_takes_new_certificates_and_drops_nobody) {
  const CertFolder folder;
  const CertFiles files = folder.make("relay", {.host = "old.example"});
  Listener listener;
  Options options = tls_options(files);
  options.shards = 2;
  TestServer server(options, {.pages = {}, .listener = &listener});
  std::vector<WsClient> before;
  for (int i = 0; i < 8; ++i) before.push_back(tls_connected(server));
  EXPECT_EQ(shown_host(before[0]), "old.example");
  folder.make("relay", {.host = "new.example", .rsa = true});
  EXPECT_EQ(server->reload_certificates(), "");
  for (int i = 0; i < 8; ++i) {
    WsClient after = tls_connected(server);
    EXPECT_EQ(shown_host(after), "new.example");
    expect_echo(after);
  }
  for (WsClient& client : before) expect_echo(client, "still here");
  EXPECT_EQ(server->net_stats().tls_reloads, 1u);
  EXPECT_NE(listener.heard().find("as they are now"), std::string::npos) << listener.heard();
}

TEST(TlsFiles, a_bad_certificate_changes_nothing_and_is_told) {
  const CertFolder folder;
  const CertFiles files = folder.make("relay", {.host = "old.example"});
  Listener listener;
  TestServer server(tls_options(files), {.pages = {}, .listener = &listener});
  WsClient before = tls_connected(server);
  folder.write("relay.pem", "half of a certificate");
  EXPECT_NE(server->reload_certificates().find("no certificate in PEM form"), std::string::npos);
  WsClient after = tls_connected(server);
  EXPECT_EQ(shown_host(after), "old.example");
  expect_echo(before);
  expect_echo(after);
  EXPECT_EQ(server->net_stats().tls_reload_failures, 1u);
  EXPECT_NE(listener.heard().find("The certificates in use stay."), std::string::npos);
  // And when it is right again it is taken.
  folder.make("relay", {.host = "new.example"});
  EXPECT_EQ(server->reload_certificates(), "");
  EXPECT_EQ(shown_host(tls_connected(server)), "new.example");
}

TEST(TlsFiles, a_file_that_changes_is_noticed) {
  const CertFolder folder;
  const CertFiles files = folder.make("relay", {.host = "old.example"});
  Options options = tls_options(files);
  options.tls_reload_s = 1;
  TestServer server(options);
  WsClient before = tls_connected(server);
  folder.make("relay", {.host = "new.example"});
  ASSERT_TRUE(wait_until([&] { return server->net_stats().tls_reloads > 0; }));
  EXPECT_EQ(shown_host(tls_connected(server)), "new.example");
  expect_echo(before);
}

TEST(TlsFiles, tickets_of_clients_judged_by_another_authority_do_not_count) {
  const CertFolder folder;
  const CertFiles ca = folder.make("ca", {.host = "One", .authority = true});
  const CertFiles player =
      folder.make("player", {.host = "player", .ca_cert = ca.cert, .ca_key = ca.key});
  Options options = tls_options();
  options.tls_client_ca = ca.cert;
  TestServer server(options);
  WsClient client =
      tls_connected(server, {.cert = player.cert, .key = player.key, .version = TLS1_2_VERSION});
  expect_echo(client);
  const Session session(client);
  folder.make("ca", {.host = "Two", .authority = true});
  ASSERT_EQ(server->reload_certificates(), "");
  WsClient again;
  ASSERT_TRUE(again.connect_bare(server.port()));
  EXPECT_FALSE(again.start_tls(
      {.cert = player.cert, .key = player.key, .version = TLS1_2_VERSION, .session = session.it}));
}

}  // namespace
}  // namespace perseid::test
