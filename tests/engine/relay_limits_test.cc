// Limits: what a session may send, leave unread and join; what a relay and a room may hold.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

TEST(RelayLimits, messages_beyond_the_burst_are_refused_with_a_time_that_suffices) {
  FakeWorld world(1, [](Options& o) { o.session_messages_per_second = 10; });
  Peer& peer = world.connect();
  for (int i = 0; i < 21; ++i) peer.say(system("ping", R"("id":)" + std::to_string(i)));
  world.settle();
  EXPECT_EQ(peer.count(R"("op":"pong")"), 20u);
  const std::string refusal = peer.find(R"("code":"rate_limited")");
  EXPECT_EQ(field(refusal, "id"), "20");
  const u64 wait_ms = number(refusal, "retry_after_ms");
  EXPECT_EQ(peer.closed, CloseCode::none);
  EXPECT_EQ(world.relay().stats().rate_limited, 1u);
  peer.take();
  world.run_for(wait_ms);
  EXPECT_EQ(field(world.ask(peer, system("ping"))[0], "op"), "pong");
}

TEST(RelayLimits, bytes_are_limited_like_messages) {
  FakeWorld world(1, [](Options& o) { o.session_bytes_per_second = 1000; });
  Peer& peer = world.connect();
  world.join(peer, "lobby");
  for (int i = 0; i < 10; ++i) peer.say(chat("lobby", in_quotes(std::string(500, 'x'))));
  world.settle();
  EXPECT_EQ(peer.count(R"("type":"chat")"), 3u);
  EXPECT_EQ(peer.count(R"("code":"rate_limited")"), 7u);
}

TEST(RelayLimits, state_updates_are_limited_like_messages_and_wait_as_told) {
  for (const bool by_bytes : {false, true}) {
    FakeWorld world(2, [&](Options& o) {
      if (by_bytes) o.session_bytes_per_second = 1000;
      if (!by_bytes) o.session_messages_per_second = 10;
    });
    for (const ShardId home : {ShardId{0}, ShardId{1}}) {
      const std::string room = world.room_at(home);
      Peer& peer = world.connect(0);
      world.join(peer, room);
      world.run_for(3000);
      const std::string filler(by_bytes ? 400 : 1, 'x');
      std::string update;
      u32 sent = 0;
      while (peer.count(R"("code":"rate_limited")") == 0 && sent < 100) {
        const std::string x = std::to_string(++sent);
        update = state(room, R"({"set":{"e":{"x":)" + x + R"(,"f":")" + filler + R"("}}})", x);
        peer.say(update);
        world.settle();
      }
      ASSERT_LT(sent, 25u);
      const std::string refusal = peer.find(R"("code":"rate_limited")");
      EXPECT_EQ(number(refusal, "id"), sent);
      EXPECT_EQ(peer.count(R"("op":"ack")"), sent - 1) << "no others were refused";
      world.run_for(number(refusal, "retry_after_ms") - 1);
      const std::string value = R"("x":)" + std::to_string(sent) + "}";
      EXPECT_FALSE(peer.has(value)) << "what was refused changed nothing";
      world.run_for(1);
      peer.say(update);
      world.run_for(100);
      EXPECT_EQ(peer.count(R"("op":"ack")"), sent) << "who waits as told is let through";
      EXPECT_TRUE(peer.has(value));
    }
  }
}

TEST(RelayLimits, refused_bytes_are_a_debt_that_ends_the_connection) {
  FakeWorld world(1, [](Options& o) { o.session_bytes_per_second = 10'000; });
  Peer& peer = world.connect();
  const std::string message = chat("lobby", in_quotes(std::string(10'000, 'x')));
  u32 sent = 0;
  for (; peer.closed == CloseCode::none && sent < 1000; ++sent) {
    peer.say(message);
    world.turn();
  }
  EXPECT_EQ(peer.closed, CloseCode::too_many_messages);
  EXPECT_GT(sent, 20u) << "a modest excess is only refused";
  EXPECT_LT(sent, 50u);
}

TEST(RelayLimits, the_bytes_of_a_refused_array_are_charged_once) {
  FakeWorld world(1, [](Options& o) { o.session_bytes_per_second = 10'000; });
  Peer& peer = world.connect();
  std::string frame = "[" + system("ping");
  for (int i = 0; i < 99; ++i) frame += "," + system("ping");
  frame += "]";
  ASSERT_GT(frame.size(), 3000u);
  for (int i = 0; i < 10; ++i) peer.send(frame);
  world.settle();
  EXPECT_GT(peer.count(R"("code":"rate_limited")"), 300u);
  EXPECT_EQ(peer.closed, CloseCode::none);
}

TEST(RelayLimits, who_waits_as_told_with_large_messages_is_never_closed) {
  FakeWorld world(1, [](Options& o) {
    o.session_bytes_per_second = 1000;
    o.timeout_ms = 3'600'000;  // it waits for longer than is usual
  });
  Peer& peer = world.connect();
  world.join(peer, "lobby");
  u32 passed = 0;
  for (int i = 0; i < 30; ++i) {
    const auto got = world.ask(peer, chat("lobby", in_quotes(std::string(40'000, 'x'))));
    ASSERT_EQ(got.size(), 1u);
    if (field(got[0], "type") == "chat") {
      ++passed;
    } else {
      world.run_for(number(got[0], "retry_after_ms"), number(got[0], "retry_after_ms"));
    }
  }
  EXPECT_EQ(peer.closed, CloseCode::none);
  EXPECT_EQ(passed, 15u);
}

TEST(RelayLimits, an_array_counts_each_of_its_messages) {
  FakeWorld world(1, [](Options& o) { o.session_messages_per_second = 5; });
  Peer& peer = world.connect();
  std::string frame = "[" + system("ping");
  for (int i = 0; i < 14; ++i) frame += "," + system("ping");
  peer.send(frame + "]");
  world.settle();
  EXPECT_EQ(peer.count(R"("op":"pong")"), 10u);
  EXPECT_EQ(peer.count(R"("code":"rate_limited")"), 5u);
}

TEST(RelayLimits, who_sends_on_regardless_is_closed_with_4029) {
  FakeWorld world(1, [](Options& o) { o.session_messages_per_second = 10; });
  Peer& peer = world.connect();
  Peer& other = world.connect();
  u32 sent = 0;
  while (peer.closed == CloseCode::none && sent < 10'000) {
    peer.say(system("ping"));
    world.turn();
    ++sent;
  }
  EXPECT_EQ(peer.closed, CloseCode::too_many_messages);
  EXPECT_GT(sent, 100u) << "a modest excess is only refused";
  EXPECT_LT(sent, 1000u);
  EXPECT_EQ(world.relay().stats().floods_closed, 1u);
  EXPECT_EQ(other.closed, CloseCode::none);
  EXPECT_EQ(world.ask(other, system("ping")).size(), 1u);
}

TEST(RelayLimits, who_waits_as_told_is_never_closed) {
  FakeWorld world(1, [](Options& o) { o.session_messages_per_second = 10; });
  Peer& peer = world.connect();
  u32 passed = 0;
  for (int i = 0; i < 300; ++i) {
    const auto got = world.ask(peer, system("ping"));
    ASSERT_EQ(got.size(), 1u);
    if (field(got[0], "op") == "pong") {
      ++passed;
    } else {
      world.run_for(number(got[0], "retry_after_ms"), number(got[0], "retry_after_ms"));
    }
  }
  EXPECT_EQ(peer.closed, CloseCode::none);
  EXPECT_GT(passed, 100u);
}

TEST(RelayLimits, control_frames_flood_into_the_same_bucket) {
  FakeWorld world(1, [](Options& o) { o.session_messages_per_second = 10; });
  Peer& peer = world.connect();
  Error error = Error::ok;
  u32 sent = 0;
  for (; error == Error::ok && sent < 10'000; ++sent) {
    error = world.relay().charge_control(peer.slot, 125);
  }
  EXPECT_EQ(error, Error::too_many_messages);
  EXPECT_LT(sent, 1000u);
}

TEST(RelayLimits, an_address_shares_one_bucket_among_its_sessions) {
  FakeWorld world(1, [](Options& o) { o.address_messages_per_second = 5; });
  Shard& shard = world.shard();
  std::vector<Peer*> peers;
  for (u64 address : {7u, 7u, 8u}) {
    Peer& peer = world.connect();
    shard.relay->closed(peer.slot);
    peer.slot =
        shard.relay->open({.connection = peer.connection, .format = kJson, .address_key = address});
    peers.push_back(&peer);
  }
  for (int i = 0; i < 8; ++i) {
    for (Peer* peer : peers) peer->say(system("ping"));
  }
  world.settle();
  EXPECT_EQ(peers[0]->count("pong") + peers[1]->count("pong"), 10u);
  EXPECT_EQ(peers[2]->count("pong"), 8u);
}

TEST(RelayLimits, a_client_that_leaves_too_many_replies_unread_is_closed_with_4008) {
  FakeWorld world(1, [](Options& o) { o.outbox_bytes_max = 4096; });
  Peer& peer = world.connect();
  peer.accepts_bytes = 0;
  u32 sent = 0;
  for (; peer.closed == CloseCode::none && sent < 1000; ++sent) {
    peer.say(system("ping"));
    world.turn();
  }
  EXPECT_EQ(peer.closed, CloseCode::too_slow);
  EXPECT_EQ(world.relay().stats().outbox_overflows, 1u);
  peer.accepts_bytes = ~u64{0};
  world.settle();
  EXPECT_EQ(peer.count("pong"), sent - 1) << "what was accepted still leaves, before the close";
  EXPECT_LE(peer.bytes_in, 4096u);
}

TEST(RelayLimits, a_session_joins_so_many_rooms_and_may_trade_one_for_another) {
  FakeWorld world(1, [](Options& o) { o.session_rooms_max = 3; });
  Peer& peer = world.connect();
  for (const char* room : {"a", "b", "c"}) EXPECT_NE(world.join(peer, room), "");
  const auto got = world.ask(peer, system("join", R"("room":"d","id":1)"));
  EXPECT_EQ(field(got[0], "code"), "session_room_limit");
  EXPECT_EQ(field(world.ask(peer, system("leave", R"("room":"b")"))[0], "op"), "left");
  EXPECT_NE(world.join(peer, "d"), "");
}

TEST(RelayLimits, a_relay_holds_so_many_rooms) {
  FakeWorld world(1, [](Options& o) { o.rooms_max = 2; });
  Peer& peer = world.connect();
  world.join(peer, "a");
  world.join(peer, "b");
  EXPECT_EQ(field(world.ask(peer, system("join", R"("room":"c")"))[0], "code"), "room_limit");
  Peer& other = world.connect();
  EXPECT_NE(world.join(other, "a"), "") << "rooms that are there may still be joined";
  EXPECT_EQ(world.relay().stats().rooms_refused, 1u);
  EXPECT_EQ(world.relay().stats().rooms_created, 2u);
}

TEST(RelayLimits, a_room_holds_so_many_members) {
  FakeWorld world(2, [](Options& o) { o.room_members_max = 2; });
  const std::string room = world.room_at(1);
  Peer& a = world.connect(0);
  Peer& b = world.connect(1);
  Peer& c = world.connect(0);
  world.join(a, room);
  world.join(b, room);
  const auto got = world.ask(c, system("join", room_field(room)));
  EXPECT_EQ(field(got[0], "code"), "room_full");
  EXPECT_EQ(field(world.ask(c, chat(room, "1"))[0], "code"), "not_joined");
  world.disconnect(a);
  world.settle();
  EXPECT_NE(world.join(c, room), "");
}

TEST(RelayLimits, an_empty_room_lingers_and_is_then_forgotten) {
  FakeWorld world(1, [](Options& o) { o.room_linger_ms = 1000; });
  Peer& peer = world.connect();
  const std::string first = field(world.join(peer, "lobby"), "epoch");
  world.ask(peer, chat("lobby", "1"));
  world.ask(peer, system("leave", room_field("lobby")));
  world.run_for(900, 10);
  const std::string again = world.join(peer, "lobby");
  EXPECT_EQ(field(again, "epoch"), first) << "kept, and its messages with it";
  EXPECT_EQ(field(again, "chat"), "1");
  world.ask(peer, system("leave", room_field("lobby")));
  world.run_for(1100, 10);
  EXPECT_EQ(world.relay().stats().rooms_removed, 1u);
  const std::string fresh = world.join(peer, "lobby");
  EXPECT_NE(field(fresh, "epoch"), first);
  EXPECT_EQ(field(fresh, "chat"), "0");
}

TEST(RelayLimits, a_roster_lists_so_many_and_counts_all) {
  FakeWorld world(1, [](Options& o) { o.roster_max = 5; });
  std::string joined;
  for (int i = 0; i < 12; ++i) joined = world.join(world.connect(), "lobby");
  EXPECT_EQ(field(joined, "members_total"), "12");
  u32 listed = 0;
  for (std::size_t at = 0; (at = joined.find("\"client\"", at)) != std::string::npos; ++at)
    ++listed;
  EXPECT_EQ(listed, 5u);
}

}  // namespace
}  // namespace perseid::test
