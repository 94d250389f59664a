// What a client does when its socket takes less than there is to send.
#include "sdk/cpp/src/websocket.h"

#include <algorithm>

#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"

namespace perseid {
namespace {

using test::FakeRelay;
using test::Peer;

constexpr std::size_t kAll = ~std::size_t{0};
constexpr int kDescriptor = 0;  // any will do: so the client is not polled for want of one

struct Quiet final : WebSocket::Handler {
  void on_open() override {}
  void on_message(Opcode, std::string_view) override {}
};

// Without pings in between.
ClientConfig quiet_on(FakeRelay& relay) {
  ClientConfig config{.wire = Wire::json, .heartbeat_interval_ms = 100'000};
  config.transport = relay.factory();
  return config;
}

TEST(Pressure, ASocketThatIsNeverQuiteEmptyHoldsNoMoreThanWaits) {
  FakeRelay relay(Wire::json);
  Random random(1);
  Quiet quiet;
  WebSocketSetup setup;
  setup.transport = relay.factory()({});
  setup.wire = Wire::json;
  setup.message_bytes_max = 1 * MiB;
  WebSocket socket(std::move(setup), random, quiet);
  for (int i = 0; i < 100 && !socket.open(); ++i) socket.step();
  ASSERT_TRUE(socket.open());
  const std::string text(1000, 'x');
  relay.takes_bytes = 0;
  socket.send(Opcode::text, text);
  const std::size_t frame_bytes = socket.unsent_bytes();
  for (int i = 0; i < 5000; ++i) {
    socket.send(Opcode::text, text);
    relay.takes_bytes = frame_bytes;
    socket.flush();
  }
  EXPECT_EQ(socket.unsent_bytes(), frame_bytes);
  EXPECT_LT(socket.held_bytes(), 1 * MiB);
  relay.takes_bytes = kAll;
  socket.flush();
  EXPECT_EQ(relay.said.size(), 5001u);  // nothing is torn
  for (const std::string& said : relay.said) EXPECT_EQ(said, text);
}

std::size_t place_of(const std::vector<std::string>& said, std::string_view what) {
  std::size_t i = 0;
  while (i < said.size() && said[i].find(what) == std::string::npos) ++i;
  return i;
}

// A game goes on to set its state while the link is held up: the newest counts, and an action does
// not stand behind all of it.
TEST(Pressure, StateWaitsWhereItIsMergedNotBeforeWhatIsUrgent) {
  FakeRelay relay(Wire::json);
  Peer ana(quiet_on(relay));
  Room& room = ana.joined("r");
  relay.takes_bytes = 0;
  constexpr int kFrames = 5000;
  for (int i = 1; i <= kFrames; ++i) {
    room.set("me", {{"x", i}});
    ana.client.poll();
  }
  room.send(R"({"fire":1})");
  ana.client.poll();
  const std::size_t before = relay.said.size();
  relay.takes_bytes = kAll;
  const std::string newest = "\"x\":" + std::to_string(kFrames);
  ASSERT_TRUE(ana.wait([&] { return place_of(relay.said, newest) < relay.said.size(); }));
  std::size_t bytes = 0;
  for (std::size_t i = before; i < place_of(relay.said, "fire"); ++i) bytes += relay.said[i].size();
  EXPECT_LT(bytes, 40 * KiB);
  EXPECT_LT(place_of(relay.said, "fire"), place_of(relay.said, newest));
}

// The last of a session leaves with its good-bye, though the socket is full just then.
TEST(Pressure, StateThatWaitsLeavesBeforeTheGoodBye) {
  FakeRelay relay(Wire::json);
  Peer ana(quiet_on(relay));
  Room& room = ana.joined("r");
  relay.takes_bytes = 0;
  for (int i = 0; i < 6000; ++i) room.set("entity " + std::to_string(i), {{"x", i}});
  ana.client.poll();
  ana.client.close();
  relay.takes_bytes = kAll;
  const auto said = [&] { return place_of(relay.said, "\"entity 5999\"") < relay.said.size(); };
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  ana.client.poll();
  EXPECT_TRUE(said());
}

struct Told {
  const char* code;
  bool waits;  // all of it
};
class ToldToWait : public testing::TestWithParam<Told> {};
INSTANTIATE_TEST_SUITE_P(Codes, ToldToWait,
                         testing::Values(Told{"rate_limited", true}, Told{"overloaded", true},
                                         Told{"store_unavailable", true}, Told{"slow_mode", false},
                                         Told{"muted", false}, Told{"banned", false}),
                         [](const auto& row) { return std::string(row.param.code); });

// The relay says when to come back: nothing more is sent before, so nobody is closed for it. What a
// moderator did is of one room only.
TEST_P(ToldToWait, WaitsWithAllThatWaits) {
  FakeRelay relay(Wire::json);
  Peer ana(quiet_on(relay));
  Room& room = ana.joined("r");
  const auto pings = [&] { return std::count(relay.ops.begin(), relay.ops.end(), "ping"); };
  ASSERT_TRUE(ana.wait([&] { return pings() == 5; }));  // the next is due long after
  room.chat("too much", ana.note());
  const auto said = [&](std::string_view what) {
    return place_of(relay.said, what) < relay.said.size();
  };
  ASSERT_TRUE(ana.wait([&] { return said("too much"); }));
  const std::string id(json_member(relay.said[place_of(relay.said, "too much")], "id"));
  // Longer than a loaded machine stands still between two lines.
  const u32 wait_ms = GetParam().waits ? 1500 : 3'600'000;
  const double told = ana.client.now_ms();
  relay.say_error(id, R"("code":")" + std::string(GetParam().code) + R"(","retry_after_ms":)" +
                          std::to_string(wait_ms));
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_EQ(ana.results[0].retry_after_ms, wait_ms);
  room.chat("later", ana.note());
  ana.client.poll();
  EXPECT_EQ(said("later"), !GetParam().waits);
  ASSERT_TRUE(ana.wait([&] { return said("later"); }));
  EXPECT_GE(ana.client.now_ms() - told, GetParam().waits ? wait_ms : 0);
}

TEST(Pressure, TheEndOfAWaitIsDue) {
  FakeRelay relay(Wire::json);
  ClientConfig config = quiet_on(relay);
  config.transport = relay.factory(kDescriptor);
  Peer ana(std::move(config));
  Room& room = ana.joined("r");
  const auto pings = [&] { return std::count(relay.ops.begin(), relay.ops.end(), "ping"); };
  ASSERT_TRUE(ana.wait([&] { return pings() == 5; }));
  relay.say_error("0", R"("code":"rate_limited","retry_after_ms":10000)");
  ASSERT_TRUE(ana.wait([&] { return !ana.heard.empty(); }));
  EXPECT_GT(ana.client.due_ms(), 10'000);
  room.chat("later");
  EXPECT_GT(ana.client.due_ms(), 0);
  EXPECT_LE(ana.client.due_ms(), 10'000);
}

}  // namespace
}  // namespace perseid
