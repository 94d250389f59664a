// Read positions: who has read how far, what is unread at the next join, who hears of it.
#include <gtest/gtest.h>

#include "tests/engine/chats.h"

namespace perseid::test {
namespace {

std::string read(std::string_view room, Seq seq, std::string_view id = "") {
  return system("read", room_field(room) + R"(,"seq":)" + std::to_string(seq) +
                            (id.empty() ? "" : R"(,"id":)" + std::string(id)));
}

std::shared_ptr<const RoomRules> with_receipts() {
  auto rules = std::make_shared<RoomRules>();
  EXPECT_EQ(rules->add(R"({"pattern":"*","read_receipts":true})"), "");
  return rules;
}

TEST(ChatReading, a_user_finds_its_position_and_what_is_unread_whoever_its_session) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    FakeWorld world(2);
    const std::string room = world.room_at(home);
    Peer& ana = world.connect(0);
    Peer& ben = world.connect(0);
    greet(world, ben, "ben");
    const std::string first = world.join(ben, room);
    EXPECT_EQ(number(first, "read"), 0u);
    EXPECT_EQ(number(first, "unread"), 0u);
    world.join(ana, room);
    for (u32 i = 0; i < 5; ++i) ana.say(text(room, "hi"));
    ana.say(react(room, 1, "+"));
    world.settle();
    const std::string answer = reply(world, ben, read(room, 2, "4"));
    EXPECT_EQ(field(answer, "op"), "ack");
    EXPECT_EQ(number(answer, "seq"), 2u);
    EXPECT_EQ(field(answer, "id"), "4");
    EXPECT_TRUE(reply(world, ben, read(room, 1)).empty()) << "no answer without an id";
    world.disconnect(ben);
    world.settle();
    Peer& again = world.connect(1);
    greet(world, again, "ben");
    const std::string joined = world.join(again, room);
    EXPECT_EQ(number(joined, "read"), 2u) << "it only goes forward";
    EXPECT_EQ(number(joined, "unread"), 3u) << "messages, not reactions";
    Peer& other = world.connect(1);
    EXPECT_EQ(number(world.join(other, room), "unread"), 5u);
  }
}

TEST(ChatReading, members_with_presence_hear_of_it_where_the_rule_says_so) {
  FakeWorld world(2, {}, with_receipts());
  const std::string room = world.room_at(1);
  Peer& ana = world.connect(0);
  Peer& ben = world.connect(0);
  Peer& cid = world.connect(1, kBin);
  const std::string ben_id = greet(world, ben, "ben");
  world.join(ana, room);
  world.join(ben, room);
  world.join(cid, room, R"(,"presence":true)");
  ana.say(text(room, "hi"));
  ana.say(text(room, "ho"));
  world.settle();
  ben.say(read(room, 1));
  ben.say(read(room, 1));
  ben.say(read(room, 2));
  world.settle();
  EXPECT_EQ(cid.count(R"("op":"receipt")"), 2u) << "no news is not told";
  EXPECT_TRUE(cid.has(R"({"type":"system","op":"receipt","room":")" + room + R"(","client":")" +
                      ben_id + R"(","name":"ben","seq":2})"));
  EXPECT_FALSE(ana.has("receipt"));
}

TEST(ChatReading, without_the_rule_nobody_hears_of_it) {
  FakeWorld world;
  Peer& ana = world.connect();
  world.join(ana, "r", R"(,"presence":true)");
  ana.say(text("r", "hi"));
  ana.say(read("r", 1));
  world.settle();
  EXPECT_FALSE(ana.has("receipt"));
}

TEST(ChatReading, refuses_what_is_not_written_yet_and_rooms_not_joined) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    FakeWorld world(2);
    const std::string room = world.room_at(home);
    Peer& ana = world.connect(0);
    EXPECT_EQ(field(reply(world, ana, read(room, 1, "4")), "code"), "not_joined");
    world.join(ana, room);
    const std::string answer = reply(world, ana, read(room, 1, "4"));
    EXPECT_EQ(field(answer, "code"), "bad_value");
    EXPECT_EQ(field(answer, "field"), "seq");
    EXPECT_EQ(field(reply(world, ana, system("read", room_field(room))), "code"), "missing_field");
  }
}

TEST(ChatReading, positions_are_bounded) {
  FakeWorld world(1, [](Options& o) { o.read_positions_max = 2; });
  Peer& ana = world.connect();
  world.join(ana, "r");
  ana.say(text("r", "hi"));
  world.settle();
  for (const char* name : {"a", "b", "c"}) {
    Peer& peer = world.connect();
    greet(world, peer, name);
    world.join(peer, "r");
    peer.say(read("r", 1));
    world.settle();
    world.disconnect(peer);
  }
  EXPECT_EQ(world.relay().stats().read_positions_dropped, 1u);
  const auto position = [&](const char* name) {
    Peer& peer = world.connect();
    greet(world, peer, name);
    return number(world.join(peer, "r"), "read");
  };
  EXPECT_EQ(position("a"), 0u) << "the first went";
  EXPECT_EQ(position("b"), 1u);
  EXPECT_EQ(position("c"), 1u);
}

}  // namespace
}  // namespace perseid::test
