// The example bot, as a process of its own, among clients of a test.
#include <algorithm>
#include <cstdio>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

TEST(Bots, WalkAboutAnswerAndLeave) {
  const test::RelayProcess relay;
  test::Peer ana({.url = relay.url(), .name = "ana"});
  Room& room = ana.joined("arena");
  const std::string command = std::string(PERSEID_BINARY_DIR) + "/perseid-bot " + relay.url() +
                              " --bots 2 --seconds 2 2>&1";
  FILE* bot = ::popen(command.c_str(), "r");
  ASSERT_NE(bot, nullptr);
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
  std::string said;
  char line[512];
  while (std::fgets(line, sizeof line, bot) != nullptr) said += line;
  EXPECT_EQ(::pclose(bot), 0) << said;
  EXPECT_NE(said.find("bot1: sees 2 entities"), std::string::npos) << said;
}

}  // namespace
}  // namespace perseid
