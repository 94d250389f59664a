// State that the relay packs by its dictionary: the client fetches that, and reads on.
#include <cstdio>
#include <fstream>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

TEST(Dictionaries, AreFetchedAndWhatTheyPackIsRead) {
  const std::string path =
      testing::TempDir() + "perseid_sdk_dictionary_" + std::to_string(::getpid());
  const std::string bag = R"("inventory_of_the_player":["sword","shield","potion of healing"])";
  std::ofstream(path) << R"({"set":{"player":{)" << bag << R"(,"position":{"x":0}}}})";
  const test::RelayProcess relay({"--state-dictionary", path});
  test::Peer ana({.url = relay.url()});
  Room& room = ana.joined("free");
  constexpr int kSteps = 30;
  for (int i = 0; i < kSteps; ++i) {
    room.set("player",
             {{"inventory_of_the_player",
               Json{R"(["sword","shield","potion of healing",)" + std::to_string(i) + "]"}}});
    ASSERT_TRUE(ana.wait([&] {
      return value_at(room.entities(), "player", "inventory_of_the_player")
                 .json()
                 .find("," + std::to_string(i) + "]") != std::string::npos;
    })) << i;
  }
  const LinkStats stats = ana.client.stats();
  const LaneStats& state = stats.lanes[static_cast<u8>(Lane::state)];
  EXPECT_LT(state.bytes_in, state.messages_in * bag.size());  // each holds more than that
  std::remove(path.c_str());
}

}  // namespace
}  // namespace perseid
