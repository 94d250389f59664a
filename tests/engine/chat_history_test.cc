// What a joiner is sent of the chat before it: as it was said, or as it is now.
#include <gtest/gtest.h>

#include "tests/engine/chats.h"

namespace perseid::test {
namespace {

// Joins, and returns what comes behind `joined`.
std::vector<std::string> come(FakeWorld& world, Peer& peer, std::string_view room,
                              std::string_view more) {
  peer.say(system("join", room_field(room) + std::string(more)));
  world.settle();
  std::vector<std::string> got = peer.take();
  EXPECT_EQ(field(got[0], "op"), "joined");
  got.erase(got.begin());
  return got;
}

void say_three(FakeWorld& world, Peer& peer, std::string_view room) {
  for (const char* words : {"one", "two", "three"}) peer.say(text(room, words));
  world.settle();
}

TEST(ChatHistory, untouched_it_is_the_lane_itself) {
  FakeWorld world(2);
  const std::string room = world.room_at(1);
  Peer& ana = world.connect(0);
  world.join(ana, room);
  say_three(world, ana, room);
  const auto got = come(world, world.connect(0), room, R"(,"history":2)");
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0], ana.find(R"("seq":2)"));
  EXPECT_EQ(got[1], ana.find(R"("seq":3)"));
  EXPECT_EQ(world.relay(1).stats().histories_folded, 0u);
}

TEST(ChatHistory, a_newcomer_gets_messages_as_they_are_now_and_then_what_comes) {
  for (const WireFormat format : {kJson, kJsonDeflate, kBin, kBinDeflate}) {
    for (const ShardId home : {ShardId{0}, ShardId{1}}) {
      FakeWorld world(2);
      const std::string room = world.room_at(home);
      Peer& ana = world.connect(0);
      world.join(ana, room);
      say_three(world, ana, room);
      ana.say(edit(room, 1, "uno"));
      ana.say(retract(room, 2));
      ana.say(react(room, 3, "+"));
      world.settle();
      Peer& ben = world.connect(0, format);
      ben.say(system("join", room_field(room) + R"(,"history":50)"));
      ana.say(text(room, "four"));
      world.settle();
      const auto got = ben.take();
      ASSERT_EQ(got.size(), 5u);
      EXPECT_EQ(field(got[0], "op"), "joined");
      EXPECT_NE(got[1].find(R"("edited":true,"edited_timestamp":)"), std::string::npos) << got[1];
      EXPECT_NE(got[1].find(R"("payload":{"text":"uno"})"), std::string::npos);
      EXPECT_NE(got[2].find(R"("deleted":true,"payload":{})"), std::string::npos);
      EXPECT_NE(got[3].find(R"("reactions":[{"emoji":"+","count":1,"mine":false}])"),
                std::string::npos);
      EXPECT_NE(got[3].find(R"({"text":"three"})"), std::string::npos);
      EXPECT_EQ(number(got[4], "seq"), 7u) << "live, once, behind it";
      EXPECT_EQ(world.relay(home).stats().histories_folded, 1u);
    }
  }
}

TEST(ChatHistory, what_was_deleted_does_not_reach_who_comes_after) {
  FakeWorld world(1);
  Peer& ana = world.connect();
  world.join(ana, "r");
  ana.say(text("r", "a secret"));
  ana.say(retract("r", 1));
  world.settle();
  Peer& ben = world.connect();
  ben.say(system("join", room_field("r") + R"(,"history":50)"));
  ben.say(system("history", room_field("r")));
  world.settle();
  EXPECT_EQ(ben.count(R"("deleted":true)"), 2u);
  EXPECT_FALSE(ben.has("secret"));
}

// Recovery stays exact: the same frames, each once, in order.
TEST(ChatHistory, since_brings_the_lane_as_it_was) {
  FakeWorld world(2);
  const std::string room = world.room_at(1);
  Peer& ana = world.connect(0);
  const std::string epoch = field(world.join(ana, room), "epoch");
  say_three(world, ana, room);
  ana.say(edit(room, 1, "uno"));
  ana.say(retract(room, 2));
  world.settle();
  const auto got = come(world, world.connect(0), room,
                        R"(,"history":50,"since":{"epoch":")" + epoch + R"(","chat":1})");
  EXPECT_EQ(got, std::vector<std::string>(ana.messages.begin() + 1, ana.messages.end()));
}

TEST(ChatHistory, an_unknown_since_falls_back_to_the_folded_history) {
  FakeWorld world;
  Peer& ana = world.connect();
  world.join(ana, "r");
  say_three(world, ana, "r");
  ana.say(retract("r", 2));
  world.settle();
  const auto got =
      come(world, world.connect(), "r", R"(,"history":50,"since":{"epoch":"other","chat":1})");
  ASSERT_EQ(got.size(), 3u);
  EXPECT_NE(got[1].find(R"("deleted":true)"), std::string::npos);
}

TEST(ChatHistory, counts_messages_and_keeps_to_the_newest_that_fit) {
  FakeWorld world(1, [](Options& o) { o.outbox_bytes_max = 4096; });
  Peer& ana = world.connect();
  world.join(ana, "r");
  for (u32 i = 1; i <= 8; ++i) ana.say(text("r", std::string(1000, static_cast<char>('a' + i))));
  for (Seq seq = 1; seq <= 8; ++seq) ana.say(react("r", seq, "+"));
  world.settle();
  auto got = come(world, world.connect(), "r", R"(,"history":2)");
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(number(got[0], "seq"), 7u);
  got = come(world, world.connect(), "r", R"(,"history":8)");
  ASSERT_EQ(got.size(), 3u) << "4096 bytes hold three";
  EXPECT_EQ(number(got[0], "seq"), 6u);
  EXPECT_EQ(number(got[2], "seq"), 8u);
}

TEST(ChatHistory, without_history_nothing_old_comes) {
  FakeWorld world;
  Peer& ana = world.connect();
  world.join(ana, "r");
  say_three(world, ana, "r");
  ana.say(retract("r", 2));
  world.settle();
  EXPECT_TRUE(come(world, world.connect(), "r", "").empty());
  EXPECT_TRUE(come(world, world.connect(), "r", R"(,"history":0)").empty());
}

}  // namespace
}  // namespace perseid::test
