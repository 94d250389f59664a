// game_state: merged per tick, told as what changed, and whole to joiners and laggards.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"
#include "tests/engine/random.h"
#include "tests/engine/table.h"

namespace perseid::test {
namespace {

class RelayState : public testing::TestWithParam<ShardId> {
 protected:
  FakeWorld world_{2, [](Options& o) {
                     o.session_bytes_per_second = 1'000'000'000;
                     o.session_messages_per_second = 1'000'000;
                   }};
  const std::string room_ = world_.room_at(GetParam());
  Peer& a_ = world_.connect(0);
  Peer& b_ = world_.connect(1);
};

TEST_P(RelayState, ticks_come_at_the_rooms_rate_and_only_when_something_changed) {
  world_.options.state_hz = 10;
  world_.join(a_, room_);
  world_.join(b_, room_);
  for (int ms = 0; ms < 1000; ++ms) {
    a_.say(state(room_, R"({"set":{"a":{"x":)" + std::to_string(ms) + "}}}"));
    world_.turn(1);
  }
  world_.settle();
  EXPECT_GE(b_.messages.size(), 9u);
  EXPECT_LE(b_.messages.size(), 11u);
  for (std::size_t i = 1; i < b_.messages.size(); ++i) {
    EXPECT_EQ(number(b_.messages[i], "tick"), number(b_.messages[i - 1], "tick") + 1);
  }
  world_.run_for(200);
  EXPECT_TRUE(b_.messages.back().find(R"("x":999)") != std::string::npos);
  b_.take();
  a_.say(state(room_, R"({"set":{"a":{"x":999}}})"));
  world_.run_for(1000);
  EXPECT_TRUE(b_.messages.empty()) << "the value it has already";
}

TEST_P(RelayState, a_joiner_gets_the_whole_state_behind_joined_and_then_the_deltas) {
  world_.join(a_, room_);
  a_.say(state(room_, R"({"set":{"a":{"x":1},"b":{"y":2}}})"));
  world_.run_for(100);
  b_.say(system("join", room_field(room_)));
  world_.settle();
  ASSERT_EQ(b_.messages.size(), 2u);
  EXPECT_EQ(field(b_.messages[0], "op"), "joined");
  EXPECT_EQ(field(b_.messages[1], "full"), "true");
  a_.say(state(room_, R"({"set":{"a":{"x":3}},"unset":["b"]})"));
  world_.run_for(100);
  ASSERT_EQ(b_.messages.size(), 3u);
  EXPECT_NE(b_.messages[2].find(R"("payload":{"set":{"a":{"x":3}},"unset":["b"]})"),
            std::string::npos);
}

TEST_P(RelayState, an_empty_room_state_sends_no_keyframe) {
  world_.join(a_, room_);
  b_.say(system("join", room_field(room_)));
  world_.settle();
  EXPECT_EQ(b_.messages.size(), 1u);
}

TEST_P(RelayState, one_keyframe_serves_all_who_join_in_a_tick) {
  world_.join(a_, room_);
  a_.say(state(room_, R"({"set":{"a":{"x":1}}})"));
  world_.run_for(100);
  for (int i = 0; i < 50; ++i) world_.connect(1).say(system("join", room_field(room_)));
  world_.settle();
  EXPECT_EQ(world_.relay(GetParam()).stats().keyframes_encoded, 1u);
  EXPECT_EQ(world_.relay(1).stats().keyframes_sent, 50u);
}

TEST_P(RelayState, a_laggard_jumps_to_a_keyframe_instead_of_reading_old_deltas) {
  world_.join(a_, room_);
  world_.join(b_, room_);
  b_.accepts_bytes = 0;
  const std::string blob(200, 'x');
  for (int i = 0; i < 200; ++i) {
    a_.say(state(room_, R"({"set":{"a":{"n":)" + std::to_string(i) + R"(,"blob":")" + blob +
                            std::to_string(i) + R"("}}})"));
    world_.run_for(50, 50);
  }
  b_.accepts_bytes = ~u64{0};
  world_.settle();
  EXPECT_LE(b_.messages.size(), 5u);
  EXPECT_TRUE(b_.has(R"("full":true)"));
  EXPECT_NE(b_.messages.back().find(R"("n":199)"), std::string::npos);
}

TEST_P(RelayState, state_with_an_id_is_acknowledged_without_seq) {
  world_.join(a_, room_);
  const auto got = world_.ask(a_, state(room_, R"({"set":{"a":{}}})", "3"));
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(field(got[0], "op"), "ack");
  EXPECT_EQ(field(got[0], "seq"), "");
}

void apply_state(Table& table, const std::string& message) {
  if (field(message, "type") != "game_state") return;
  if (field(message, "full") == "true") table.entities.clear();
  const std::size_t at = message.find(R"("payload":)") + 10;
  table.apply(message.substr(at, message.size() - at - 1));
}

// Members of every flavour, slow ones, torn sends, joins and leaves: all end with the same table.
void check_convergence(FakeWorld& world, const std::string& room, u32 seed) {
  Random dice(seed);
  const WireFormat formats[] = {kJson, kJsonDeflate, kBin, kBinDeflate};
  struct Client {
    Peer* peer;
    Table table;
  };
  std::vector<Client> clients;
  Peer& writer = world.connect(0);
  world.join(writer, room);
  for (int round = 0; round < 150; ++round) {
    if (clients.size() < 6 && dice.percent(20)) {
      Peer& peer = world.connect(static_cast<ShardId>(dice.below(2)), formats[dice.below(4)]);
      peer.say(system("join", room_field(room)));
      clients.push_back({&peer, {}});
    }
    if (!clients.empty() && dice.percent(5)) {
      Client& leaver = clients[dice.below(static_cast<u32>(clients.size()))];
      world.disconnect(*leaver.peer);
      std::swap(leaver, clients.back());
      clients.pop_back();
    }
    for (Client& client : clients)
      client.peer->accepts_bytes = dice.percent(50) ? ~u64{0} : dice.below(700);
    const std::string entity = in_quotes("e" + std::to_string(dice.below(8)));
    if (dice.percent(20)) {
      writer.say(state(room, R"({"unset":[)" + entity + "]}"));
    } else {
      const std::string value = dice.percent(20) ? "null" : std::to_string(dice.below(1'000'000));
      writer.say(state(room, R"({"set":{)" + entity + R"(:{"f)" + std::to_string(dice.below(4)) +
                                 R"(":)" + value + "}}}"));
    }
    world.turn(dice.below(60));
    if (testing::Test::HasFatalFailure()) return;
  }
  for (Client& client : clients) client.peer->accepts_bytes = ~u64{0};
  world.run_for(200);
  Peer& last = world.connect(0);
  last.say(system("join", room_field(room)));
  world.settle();
  Table truth;
  for (const std::string& message : last.messages) apply_state(truth, message);
  for (Client& client : clients) {
    for (const std::string& message : client.peer->messages) apply_state(client.table, message);
    ASSERT_EQ(client.table.entities, truth.entities);
  }
}

TEST_P(RelayState, members_of_every_flavour_and_speed_converge) {
  for (u32 seed = 1; seed <= 30 && !HasFatalFailure(); ++seed) {
    FakeWorld world(2, [](Options& o) { o.compress_from_bytes = 0; });
    check_convergence(world, world.room_at(GetParam()), seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Home, RelayState, testing::Values(ShardId{0}, ShardId{1}),
                         [](const auto& row) { return row.param == 0 ? "here" : "afar"; });

}  // namespace
}  // namespace perseid::test
