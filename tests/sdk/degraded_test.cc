// A link that does not keep up: told, drawn at the lower rate, and told again when it is over.
// sdk/js has the same test.
#include <memory>

#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

using test::FakeRelay;
using test::Peer;
using test::until;

struct Heard {
  bool restored;
  u32 state_hz;
  std::string reason;
};

TEST(DegradedRooms, AreToldDrawnSlowerAndRestored) {
  const test::RelayProcess relay({"--state-hz", "40", "--client-bytes-per-second", "40000"});
  Peer ana({.url = relay.url()});
  Peer ben({.url = relay.url()});
  Room& room = ben.joined("crowd");
  Room& crowd = ana.joined("crowd");
  std::vector<Heard> heard;
  room.on.degraded = [&](const Degraded& now) {
    heard.push_back({now.restored, now.state_hz, std::string(now.reason)});
  };
  room.interpolate({.period_ms = 25});  // `joined` tells it of rooms with a schema only
  int x = 0;
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    ++x;
    for (int i = 0; i < 200; ++i) crowd.set("entity " + std::to_string(i), {{"x", x + i}});
    return !heard.empty();
  }));
  EXPECT_FALSE(heard[0].restored);
  EXPECT_LT(heard[0].state_hz, 40u);
  EXPECT_EQ(heard[0].reason, "bandwidth");
  EXPECT_EQ(ben.last_link.state, LinkState::degraded);
  EXPECT_EQ(ben.last_reason, "bandwidth");
  EXPECT_EQ(room.timeline()->playout().period_ms(), 25);
  EXPECT_GT(room.timeline()->playout().interval_ms(), 25);
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    crowd.set("entity 0", {{"x", ++x}});
    return heard.back().restored && heard.back().state_hz == 40;
  }));
  EXPECT_EQ(room.timeline()->playout().interval_ms(), 25);
  ASSERT_TRUE(
      until({&ana.client, &ben.client}, [&] { return ben.client.state() == LinkState::open; }));
}

struct Scene {
  Scene() {
    relay.joined_fields = R"(,"state":{"hz":20})";
    ClientConfig config{.wire = Wire::json, .reconnect_attempts = 5, .reconnect_delay_ms = 1};
    config.transport = relay.factory();
    ana = std::make_unique<Peer>(std::move(config));
    room = &ana->joined("r");
  }
  void degrade() {
    relay.say_system(
        R"({"type":"system","op":"degraded","room":"r","reason":"load","state_hz":5})");
    ASSERT_TRUE(ana->wait([&] { return room->state_hz() == 5; }));
  }
  const PlayoutClock& playout() const { return room->timeline()->playout(); }
  FakeRelay relay{Wire::json};
  std::unique_ptr<Peer> ana;
  Room* room = nullptr;
};

// Ticks are counted as before: a moment stays where it was.
TEST(DegradedRooms, KeepTheirTicksWhicheverOfThemAreSent) {
  Scene it;
  it.room->interpolate();
  it.degrade();
  EXPECT_EQ(it.playout().period_ms(), 50);
  EXPECT_EQ(it.playout().interval_ms(), 200);
  EXPECT_GE(it.playout().delay_ms(), 200);
  it.room->interpolate();  // begun while it is so
  EXPECT_EQ(it.playout().period_ms(), 50);
  EXPECT_EQ(it.playout().interval_ms(), 200);
}

TEST(DegradedRooms, AreForgottenWithTheLink) {
  Scene it;
  it.room->interpolate();
  it.degrade();
  it.relay.welcome_fields = R"(,"rooms":[{"room":"r","room_number":1,"epoch":"e"}])";
  it.relay.resumes = true;
  it.relay.cut();
  ASSERT_TRUE(it.ana->wait([&] { return it.ana->joins.size() == 2; }));
  EXPECT_EQ(it.room->state_hz(), 20u);
  EXPECT_EQ(it.playout().interval_ms(), 50);
}

// One state in four comes: nothing of it is late, and what is shown lies between two of them.
TEST(DegradedRooms, AreDrawnBetweenTheStatesThatCome) {
  constexpr double kTickMs = 50;
  Timeline timeline({.period_ms = kTickMs, .extrapolate_ms_max = 0});
  timeline.rate(5);
  const std::vector<std::string> touched{"e"};
  double worst = 0;
  for (u64 tick = 0; tick < 200; ++tick) {
    const double now = static_cast<double>(tick) * kTickMs;
    if (tick % 4 == 0) timeline.add(tick, {{"e", {{"x", now}}}}, touched, {}, now);
    const double moment = timeline.playout().moment(now);
    if (tick < 40) continue;
    const double shown = value_at(timeline.entities_at(moment), "e", "x").number();
    worst = std::max(worst, std::abs(shown - moment));
  }
  EXPECT_LT(worst, 1);
  EXPECT_EQ(timeline.playout().jitter_ms(), 0);
}

}  // namespace
}  // namespace perseid
