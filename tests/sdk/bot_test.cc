// The example bot, as a process of its own, among clients of a test.
#include <algorithm>
#include <cstdio>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"
#include "tests/sdk/tokens.h"
#include "tests/support/tls_files.h"

namespace perseid {
namespace {

// What a run of it says; its exit code.
class Bots {
 public:
  explicit Bots(const std::string& arguments) {
    const std::string command =
        std::string(PERSEID_BINARY_DIR) + "/perseid-bot " + arguments + " 2>&1";
    from_ = ::popen(command.c_str(), "r");
    EXPECT_NE(from_, nullptr);
  }
  int end() {
    char line[512];
    while (std::fgets(line, sizeof line, from_) != nullptr) said += line;
    return ::pclose(from_);
  }
  std::string said;

 private:
  FILE* from_;
};

TEST(Bots, WalkAboutAnswerAndLeave) {
  const test::RelayProcess relay;
  test::Peer ana({.url = relay.url(), .name = "ana"});
  Room& room = ana.joined("arena");
  Bots bots(relay.url() + " --bots 2 --seconds 2");
  ASSERT_TRUE(ana.wait([&] { return room.entities().size() == 2; }));
  const double x = value_at(room.entities(), "bot0", "x").number();
  ASSERT_TRUE(ana.wait([&] { return value_at(room.entities(), "bot0", "x").number() != x; }));
  room.chat("ping");
  ASSERT_TRUE(ana.wait([&] {
    return std::find_if(ana.heard.begin(), ana.heard.end(), [](const std::string& line) {
             return line.find("pong from bot1") != std::string::npos;
           }) != ana.heard.end();
  }));
  ASSERT_TRUE(ana.wait([&] { return room.entities().empty(); }));
  EXPECT_EQ(bots.end(), 0) << bots.said;
  EXPECT_NE(bots.said.find("bot1: sees 2 entities"), std::string::npos) << bots.said;
}

// The relay's own TLS, and tokens: by a file, and by a word that is refused.
TEST(Bots, ComeByTlsWithAToken) {
  const test::CertFolder folder;
  const test::CertFiles files = folder.make("relay");
  const test::RelayProcess relay(
      {"--tls-cert", files.cert, "--tls-key", files.key, "--token-secret", test::kTokenSecret});
  const std::string url = "wss://127.0.0.1:" + std::to_string(relay.port()) + "/ws";
  ClientConfig config{.url = url, .token = test::signed_token(60'000)};
  config.tls.ca_file = files.cert;
  test::Peer ana(std::move(config));
  Room& room = ana.joined("arena");
  const std::string token = folder.write("token", test::signed_token(60'000, "ben") + "\n");
  const std::string known = url + " --ca " + files.cert + " --bots 1 ";
  Bots bots(known + "--seconds 5 --token-file " + token);
  ASSERT_TRUE(ana.wait([&] { return room.entities().contains("bot0"); }));
  ASSERT_TRUE(ana.wait([&] { return room.entities().empty(); }));
  EXPECT_EQ(bots.end(), 0) << bots.said;

  Bots refused(known + "--token none");
  EXPECT_NE(refused.end(), 0);
  EXPECT_NE(refused.said.find("closed token: It is no signed token"), std::string::npos)
      << refused.said;
  Bots without(known + "--token-file " + folder.path("nothing"));
  without.end();
  EXPECT_NE(without.said.find("nothing cannot be read"), std::string::npos) << without.said;
  Bots untrusting(url + " --bots 1");
  EXPECT_NE(untrusting.end(), 0);
  EXPECT_NE(untrusting.said.find("closed"), std::string::npos) << untrusting.said;
}

TEST(Bots, SayHowTheyAreUsed) {
  Bots helped("--help");
  EXPECT_EQ(helped.end(), 0);
  for (const char* flag : {"wss://", "--ca", "--token", "--token-file", "--room", "--json"}) {
    EXPECT_NE(helped.said.find(flag), std::string::npos) << flag;
  }
  Bots wrong("--nonsense");
  EXPECT_NE(wrong.end(), 0);
}

}  // namespace
}  // namespace perseid
