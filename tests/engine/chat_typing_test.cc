// Typing passes by: no number, no history, to the others only, and not too often.
#include <gtest/gtest.h>

#include "tests/engine/chats.h"

namespace perseid::test {
namespace {

std::string typing(std::string_view room, bool on, std::string_view id = "") {
  return chat(room, on ? R"({"typing":true})" : R"({"typing":false})", id);
}

TEST(ChatTyping, the_others_hear_it_and_the_lane_does_not_move) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    for (const WireFormat format : {kJson, kBin}) {
      FakeWorld world(2);
      const std::string room = world.room_at(home);
      Peer& ana = world.connect(0);
      Peer& ben = world.connect(0, format);
      Peer& cid = world.connect(1, format);
      const std::string ana_id = greet(world, ana, "ana");
      for (Peer* peer : {&ana, &ben, &cid}) world.join(*peer, room);
      const std::string answer = reply(world, ana, typing(room, true, "4"));
      EXPECT_EQ(field(answer, "op"), "ack");
      EXPECT_EQ(field(answer, "seq"), "");
      for (Peer* peer : {&ben, &cid}) {
        const auto got = peer->take();
        ASSERT_EQ(got.size(), 1u);
        EXPECT_EQ(field(got[0], "type"), "chat");
        EXPECT_EQ(field(got[0], "sender"), ana_id);
        EXPECT_NE(got[0].find(R"("payload":{"typing":true})"), std::string::npos);
        if (format.flavour == Flavour::json) {
          EXPECT_EQ(field(got[0], "seq"), "") << got[0];
        }
      }
      EXPECT_TRUE(ana.messages.empty()) << "not its own";
      EXPECT_EQ(number(reply(world, ana, text(room, "hi", "5")), "seq"), 1u);
      EXPECT_EQ(history(world, ana, room).find("typing"), std::string::npos);
    }
  }
}

TEST(ChatTyping, the_same_of_one_client_once_a_second_and_changes_at_once) {
  FakeWorld world;
  Peer& ana = world.connect();
  Peer& ben = world.connect();
  world.join(ana, "r");
  world.join(ben, "r");
  for (const bool on : {true, true, true, false, false, true}) ana.say(typing("r", on));
  world.settle();
  EXPECT_EQ(ben.count(R"("typing":true)"), 2u);
  EXPECT_EQ(ben.count(R"("typing":false)"), 1u);
  world.run_for(1000, 100);
  ana.say(typing("r", true));
  world.settle();
  EXPECT_EQ(ben.count(R"("typing":true)"), 3u);
}

TEST(ChatTyping, a_room_passes_on_so_much_and_no_more) {
  FakeWorld world(1, [](Options& o) { o.typing_per_second = 5; });
  Peer& ben = world.connect();
  world.join(ben, "r");
  for (u32 i = 0; i < 40; ++i) {
    Peer& peer = world.connect();
    world.join(peer, "r");
    peer.say(typing("r", true));
  }
  world.settle();
  EXPECT_LE(ben.count("typing"), 11u) << "twice five at once, and one";
  EXPECT_GE(ben.count("typing"), 10u);
  EXPECT_GT(world.relay().stats().typing_untold, 0u);
}

TEST(ChatTyping, a_large_room_is_not_told) {
  FakeWorld world(1, [](Options& o) { o.typing_members_max = 2; });
  Peer& ana = world.connect();
  Peer& ben = world.connect();
  world.join(ana, "r");
  world.join(ben, "r");
  ana.say(typing("r", true));
  world.settle();
  EXPECT_EQ(ben.count("typing"), 1u);
  world.join(world.connect(), "r");
  world.run_for(2000, 100);
  EXPECT_EQ(field(reply(world, ana, typing("r", true, "4")), "op"), "ack");
  EXPECT_EQ(ben.count("typing"), 1u) << "as before";
}

TEST(ChatTyping, who_does_not_read_is_not_sent_it_and_not_closed) {
  FakeWorld world(1, [](Options& o) {
    o.outbox_bytes_max = 4096;
    o.answers_bytes_max = 4096;
    o.typing_per_second = 100'000;
  });
  Peer& ana = world.connect();
  Peer& ben = world.connect();
  world.join(ana, "r");
  world.join(ben, "r");
  ben.accepts_bytes = 0;
  for (u32 i = 0; i < 500; ++i) {
    ana.say(typing("r", i % 2 == 0));
    world.turn(1);
  }
  world.settle();
  EXPECT_EQ(ben.closed, CloseCode::none);
  EXPECT_GT(world.relay().stats().typing_untold, 300u);
}

TEST(ChatTyping, reaches_a_client_privately_too) {
  FakeWorld world;
  Peer& ana = world.connect();
  Peer& ben = world.connect();
  greet(world, ana, "ana");
  const std::string ben_id = greet(world, ben, "ben");
  ana.say(direct(ben_id, R"({"typing":true})"));
  world.settle();
  EXPECT_EQ(ben.count(R"("payload":{"typing":true})"), 1u);
  for (const char* payload : {R"({"edit":{"seq":1,"text":"x"}})", R"({"delete":{"seq":1}})",
                              R"({"react":{"seq":1,"emoji":"x"}})"}) {
    const std::string answer = reply(world, ana, direct(ben_id, payload, "4"));
    EXPECT_EQ(field(answer, "code"), "bad_value") << payload;
    EXPECT_EQ(field(answer, "field"), "payload");
  }
}

}  // namespace
}  // namespace perseid::test
