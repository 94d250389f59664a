// Private messages by name, and what the relay itself says.
#include <gtest/gtest.h>

#include "tests/engine/chats.h"

namespace perseid::test {
namespace {

TEST(ChatNames, every_session_of_the_name_gets_it_on_any_shard) {
  for (const char* name : {"ben", "Zoë 🎲", "@at", "c0200008000003"}) {
    FakeWorld world(3);
    Peer& ana = world.connect(0);
    const std::string ana_id = greet(world, ana, "ana");
    std::vector<Peer*> bens;
    std::vector<std::string> ids;
    for (const ShardId shard : {ShardId{0}, ShardId{1}, ShardId{1}, ShardId{2}}) {
      bens.push_back(&world.connect(shard, shard == 2 ? kBin : kJson));
      ids.push_back(greet(world, *bens.back(), name));
    }
    Peer& other = world.connect(1);
    greet(world, other, "benn");
    const std::string answer =
        reply(world, ana, direct("@" + std::string(name), R"({"text":"psst"})", "4"));
    EXPECT_EQ(field(answer, "op"), "ack") << answer;
    EXPECT_EQ(field(answer, "room"), "");
    for (std::size_t i = 0; i < bens.size(); ++i) {
      const auto got = bens[i]->take();
      ASSERT_EQ(got.size(), 1u) << name;
      EXPECT_EQ(field(got[0], "sender"), ana_id);
      EXPECT_NE(got[0].find(R"("payload":{"text":"psst"})"), std::string::npos);
      if (bens[i]->format.flavour == Flavour::json) {
        EXPECT_EQ(field(got[0], "to"), ids[i]);
      }
    }
    EXPECT_TRUE(other.messages.empty());
    EXPECT_TRUE(ana.messages.empty());
  }
}

TEST(ChatNames, the_binary_flavour_has_a_target_for_names) {
  FakeWorld world(2);
  Peer& ana = world.connect(0, kBin);
  Peer& ben = world.connect(1);
  greet(world, ben, "ben");
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::chat,
                                .target = BinaryTarget::user_name,
                                .to_name = "ben",
                                .id_kind = BinaryId::number,
                                .id_number = 9,
                                .json = R"("psst")"});
  ana.send(bytes);
  world.settle();
  EXPECT_TRUE(ana.has(R"("op":"ack","id":9)"));
  EXPECT_TRUE(ben.has(R"("payload":"psst")"));
}

TEST(ChatNames, nobody_of_that_name_is_an_error) {
  FakeWorld world(2, [](Options& o) { o.resume_window_ms = 0; });
  Peer& ana = world.connect(0);
  Peer& ben = world.connect(1);
  greet(world, ben, "ben");
  const auto code = [&](std::string_view to) {
    const std::string answer = reply(world, ana, direct(to, "1", "4"));
    if (field(answer, "op") != "ack") {
      EXPECT_EQ(field(answer, "field"), "to") << answer;
    }
    return field(answer, "code");
  };
  EXPECT_EQ(code("@nobody"), "unknown_client");
  EXPECT_EQ(code("@"), "bad_value");
  EXPECT_EQ(code("@" + std::string(65, 'n')), "name_too_long");
  EXPECT_EQ(code(R"(@a\nb)"), "bad_value");
  EXPECT_EQ(code("@ben"), "");
  world.disconnect(ben);
  world.settle();
  EXPECT_EQ(field(reply(world, ana, direct("@ben", "1", "5")), "code"), "unknown_client");
}

TEST(ChatNames, delivered_to_one_is_delivered_to_none_is_told) {
  FakeWorld world(2, [](Options& o) {
    o.outbox_bytes_max = 4096;
    o.answers_bytes_max = 4096;
  });
  Peer& ana = world.connect(0);
  Peer& slow = world.connect(1);
  greet(world, slow, "ben");
  slow.accepts_bytes = 0;
  const std::string payload = '"' + std::string(3000, 'p') + '"';
  for (u32 i = 0; i < 3; ++i) ana.say(direct("@ben", payload));
  world.settle();
  ana.take();
  EXPECT_EQ(field(reply(world, ana, direct("@ben", payload, "4")), "code"), "recipient_slow");
  Peer& quick = world.connect(0);
  greet(world, quick, "ben");
  EXPECT_EQ(field(reply(world, ana, direct("@ben", payload, "4")), "op"), "ack");
  EXPECT_EQ(quick.count("ppp"), 1u);
}

TEST(ChatNames, a_repeat_is_acknowledged_once_more_and_delivered_once) {
  FakeWorld world(2);
  Peer& ana = world.connect(0);
  Peer& ben = world.connect(1);
  greet(world, ben, "ben");
  ana.say(direct("@ben", "1", "4"));
  ana.say(direct("@ben", "1", "4"));
  world.settle();
  ana.say(direct("@ben", "1", "4"));
  world.settle();
  EXPECT_EQ(ana.count(R"("op":"ack","id":4)"), 3u);
  EXPECT_EQ(ben.count(R"("payload":1)"), 1u);
}

TEST(ChatNames, sessions_of_one_name_are_bounded) {
  FakeWorld world(1, [](Options& o) { o.name_sessions_max = 2; });
  Peer& ana = world.connect();
  std::vector<Peer*> bens;
  for (u32 i = 0; i < 3; ++i) {
    bens.push_back(&world.connect());
    greet(world, *bens.back(), "ben");
  }
  EXPECT_EQ(world.relay().stats().names_unlisted, 1u);
  ana.say(direct("@ben", "1"));
  world.settle();
  EXPECT_EQ(bens[0]->count(R"("payload":1)") + bens[1]->count(R"("payload":1)"), 2u);
  EXPECT_EQ(bens[2]->count(R"("payload":1)"), 0u);
}

TEST(ChatNames, a_full_mailbox_is_told_as_overloaded) {
  FakeWorld world(2);
  Peer& ana = world.connect(0);
  const std::string far = world.room_at(1, "ben");  // hashed alike: its keeper is there
  greet(world, world.connect(1), far);
  world.shard(0).refuses_bulk = true;
  const std::string answer = reply(world, ana, direct("@" + far, "1", "4"));
  EXPECT_EQ(field(answer, "code"), "overloaded");
  world.shard(0).refuses_bulk = false;
  EXPECT_EQ(field(reply(world, ana, direct("@" + far, "1", "4")), "op"), "ack");
}

TEST(ChatNotices, a_room_gets_it_as_a_message_of_the_relay) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    FakeWorld world(2);
    const std::string room = world.room_at(home);
    Peer& ana = world.connect(0);
    Peer& ben = world.connect(1, kBin);
    Peer& other = world.connect(1);
    world.join(ana, room);
    world.join(ben, room);
    world.join(other, world.room_at(home, "other"));
    world.turn();
    world.relay(0).notice(room, R"({"text":"back in 5"})");
    world.settle();
    EXPECT_TRUE(ana.has(R"("seq":1,"sender":"relay")"));
    EXPECT_TRUE(ben.has(R"("payload":{"text":"back in 5"})"));
    EXPECT_TRUE(other.messages.empty());
    EXPECT_NE(history(world, ana, room).find("back in 5"), std::string::npos);
    ana.take();
    EXPECT_EQ(field(reply(world, ana, edit(room, 1, "x", "4")), "code"), "not_author");
    world.relay(0).notice("no such room", "1");
    world.settle();
  }
}

TEST(ChatNotices, all_get_it_who_read) {
  FakeWorld world(2);
  Peer& ana = world.connect(0);
  Peer& ben = world.connect(1, kBin);
  world.turn();
  world.relay(1).notice("", R"({"text":"goodbye"})");
  world.settle();
  for (Peer* peer : {&ana, &ben}) {
    EXPECT_EQ(peer->messages,
              std::vector<std::string>{R"({"type":"system","op":"notice","timestamp":)" +
                                       std::to_string(world.now.unix_ms) +
                                       R"(,"payload":{"text":"goodbye"}})"});
  }
  EXPECT_EQ(world.relay(0).stats().notices_sent + world.relay(1).stats().notices_sent, 2u);
}

}  // namespace
}  // namespace perseid::test
