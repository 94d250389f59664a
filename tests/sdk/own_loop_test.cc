// A Client in a loop of one's own, that waits for fd() or due_ms() and for nothing else.
#include <poll.h>

#include <atomic>
#include <optional>
#include <thread>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

using test::Peer;

// As sdk/cpp/README.md says it.
void turn(Client& client) {
  pollfd waiting{.fd = client.fd(), .events = POLLIN, .revents = 0};
  if (client.wants_write()) waiting.events |= POLLOUT;
  ::poll(&waiting, waiting.fd < 0 ? 0 : 1, client.due_ms());
  client.poll();
}

ClientConfig config_of(const test::RelayProcess& relay) {
  return {.url = relay.url(),
          .reconnect_attempts = 5,
          .reconnect_delay_ms = 1,
          .connect_timeout_ms = 3000};
}

// It would be the end of connect_timeout_ms that wakes the loop, and of the connection.
TEST(OwnLoops, TakeATokenThatIsGivenAtOnce) {
  const test::RelayProcess relay;
  ClientConfig config = config_of(relay);
  config.fetch_token = [](const GiveToken& give) { give("a relay without keys takes any"); };
  Peer ana(std::move(config));
  while (ana.client.state() == LinkState::connecting) turn(ana.client);
  EXPECT_EQ(ana.links, (std::vector<std::string>{"connecting", "open"}));
}

TEST(OwnLoops, TakeATokenThatAnotherThreadGives) {
  const test::RelayProcess relay;
  ClientConfig config = config_of(relay);
  std::optional<GiveToken> give;
  config.fetch_token = [&](GiveToken asked) { give = std::move(asked); };
  Peer ana(std::move(config));
  while (!give) turn(ana.client);
  std::atomic<bool> waits = false;
  std::thread backend([&] {
    waits.wait(false);
    (*give)("a relay without keys takes any");
  });
  waits = true;
  waits.notify_one();
  while (ana.client.state() == LinkState::connecting) turn(ana.client);
  backend.join();
  EXPECT_EQ(ana.links, (std::vector<std::string>{"connecting", "open"}));
}

TEST(OwnLoops, RunAtOnceWhatWasPosted) {
  const test::RelayProcess relay;
  Peer ana(config_of(relay));
  ana.joined("lobby");
  bool ran = false;
  ana.client.post([&] { ran = true; });
  EXPECT_EQ(ana.client.due_ms(), 0);
  turn(ana.client);
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace perseid
