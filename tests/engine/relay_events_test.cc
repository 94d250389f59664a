// Events: the seven of the nine kinds that the rules emit (the server's start and stop are net's).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

class RelayEvents : public testing::Test {
 protected:
  RelayEvents() { world_.shard().collects_events = true; }
  u64 count(EventKind kind) {
    const auto& events = world_.shard().events;
    return static_cast<u64>(std::count(events.begin(), events.end(), kind));
  }
  bool told(std::string_view detail) {
    const auto& details = world_.shard().event_details;
    return std::find(details.begin(), details.end(), detail) != details.end();
  }
  FakeWorld world_{1, [](Options& o) {
                     o.heartbeat_interval_ms = 1000;
                     o.timeout_ms = 10'000;
                   }};
};

TEST_F(RelayEvents, a_session_begins_and_ends) {
  Peer& peer = world_.connect();
  EXPECT_EQ(count(EventKind::client_connected), 1u);
  world_.disconnect(peer);
  EXPECT_EQ(count(EventKind::client_disconnected), 1u);
}

TEST_F(RelayEvents, a_session_ends_for_a_reason) {
  world_.disconnect(world_.connect());
  EXPECT_TRUE(told("The connection broke."));
  Peer& leaving = world_.connect();
  world_.relay().begin_close(leaving.slot, "It left.");
  world_.relay().begin_close(leaving.slot, "It is not asked twice.");
  world_.disconnect(leaving);
  EXPECT_TRUE(told("It left."));
  EXPECT_FALSE(told("It is not asked twice."));
  Peer& silent = world_.connect();  // in the seat of those before
  silent.answers_pings = false;
  world_.run_for(11'000);
  world_.disconnect(silent);
  EXPECT_TRUE(told(info(Error::heartbeat_timeout).text));
}

TEST_F(RelayEvents, a_message_is_named_by_its_op_or_type) {
  Peer& peer = world_.connect();
  world_.ask(peer, system("hello", R"("name":"ana")"));
  world_.join(peer, "lobby");
  EXPECT_TRUE(told("hello"));
  EXPECT_TRUE(told("join"));
  EXPECT_TRUE(told("ana")) << "who joined";
  world_.ask(peer, R"({"type":"game_state","room":"lobby","payload":{"set":{}}})");
  EXPECT_TRUE(told("game_state"));
}

TEST_F(RelayEvents, messages_are_received_and_sent) {
  Peer& peer = world_.connect();
  world_.join(peer, "lobby");
  world_.ask(peer, chat("lobby", "1"));
  EXPECT_EQ(count(EventKind::message_received), 2u) << "join and chat";
  EXPECT_EQ(count(EventKind::message_sent), 1u);
  EXPECT_TRUE(told("chat"));
  const std::string self = field(world_.ask(peer, chat("lobby", "1"))[0], "sender");
  world_.ask(peer, direct(self, "1"));
  EXPECT_EQ(count(EventKind::message_sent), 3u);
  EXPECT_TRUE(told("direct"));
}

TEST_F(RelayEvents, a_client_is_discovered_by_joining_and_by_asking) {
  Peer& peer = world_.connect();
  world_.join(peer, "lobby");
  EXPECT_EQ(count(EventKind::client_discovered), 1u);
  world_.ask(peer, system("discover", R"("room":"lobby")"));
  EXPECT_EQ(count(EventKind::client_discovered), 2u);
}

TEST_F(RelayEvents, health_is_told_when_a_client_falls_silent_and_when_it_answers) {
  Peer& peer = world_.connect();
  peer.answers_pings = false;
  world_.run_for(2500);
  EXPECT_EQ(count(EventKind::health_updated), 1u);
  EXPECT_TRUE(told("missed a heartbeat"));
  world_.ask(peer, system("ping"));
  EXPECT_EQ(count(EventKind::health_updated), 2u);
  EXPECT_TRUE(told("answers again"));
}

TEST_F(RelayEvents, errors_are_told) {
  Peer& peer = world_.connect();
  world_.ask(peer, "nonsense");
  EXPECT_EQ(count(EventKind::error_occurred), 1u);
  peer.answers_pings = false;
  world_.run_for(11'000);
  EXPECT_EQ(count(EventKind::error_occurred), 2u) << "the timeout";
}

TEST_F(RelayEvents, kinds_that_nobody_wants_are_not_made) {
  Options options;
  Shard world;
  world.collects_events = true;
  world.outgoing.resize(1);
  Relay relay({.options = &options, .events_wanted = 0}, world);
  relay.begin_turn({.mono_ms = 1, .unix_ms = 1});
  relay.closed(relay.open({}));
  relay.end_turn();
  EXPECT_TRUE(world.events.empty());
}

TEST(EventKinds, have_their_nine_names) {
  EXPECT_EQ(name(EventKind::server_started), "server_started");
  EXPECT_EQ(name(EventKind::error_occurred), "error_occurred");
  EXPECT_EQ(static_cast<int>(EventKind::error_occurred), 8);
}

}  // namespace
}  // namespace perseid::test
