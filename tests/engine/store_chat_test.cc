// Chat that changes, in durable rooms: stored as events, folded when read back, and what
// moderators and readers said remembered, by whomever the relay is started next.
#include <gtest/gtest.h>

#include "tests/engine/chats.h"
#include "tests/engine/durable_rules.h"

namespace perseid::test {
namespace {

constexpr char kMayModerateToo[] = R"(,"token":"open sesame")";

class StoreChat : public testing::TestWithParam<std::tuple<ShardId, const char*>> {
 protected:
  void SetUp() override { start(); }
  void start() {
    const auto tweak = [this](Options& o) {
      o.moderator_token = "open sesame";
      if (small_) {
        o.chat_history = 4;
        o.chat_window_bytes = 4096;
        o.burst_window_bytes = 4096;
      }
    };
    world = std::make_unique<FakeWorld>(2, tweak, durable_rules(), nullptr, &store);
    room = world->room_at(std::get<0>(GetParam()), std::get<1>(GetParam()));
  }
  void restart() {
    world.reset();
    store.run([](ShardId, Letter&&) {});
    start();
  }
  Peer& come(std::string_view name, std::string_view more = "") {
    Peer& peer = world->connect(0);
    greet(*world, peer, name, more);
    return peer;
  }
  void say(Peer& peer, const std::string& message) {
    peer.say(message);
    world->settle();
  }

  bool small_ = false;
  FakeStore store;
  std::unique_ptr<FakeWorld> world;
  std::string room;
};

TEST_P(StoreChat, changes_are_stored_with_their_target_and_folded_after_a_restart) {
  Peer& ana = come("ana");
  world->join(ana, room);
  say(ana, text(room, "one"));
  say(ana, text(room, "two"));
  say(ana, edit(room, 1, "uno"));
  say(ana, react(room, 1, "+"));
  say(ana, retract(room, 2));
  const auto& kept = store.rooms[room].messages;
  ASSERT_EQ(kept.size(), 5u);
  EXPECT_EQ(kept.at(1).target, 0u);
  EXPECT_EQ(kept.at(3).target, 1u);
  EXPECT_EQ(kept.at(4).target, 1u);
  EXPECT_EQ(kept.at(5).target, 2u);
  const std::string before = history(*world, ana, room);
  restart();
  Peer& ben = come("ben");
  world->join(ben, room);
  std::string after = history(*world, ben, room);
  // Another client than the one who has reacted.
  const std::size_t mine = before.find(R"("mine":true)");
  ASSERT_NE(mine, std::string::npos);
  EXPECT_EQ(after, std::string(before).replace(mine, 11, R"("mine":false)"));
  EXPECT_EQ(field(reply(*world, ben, edit(room, 1, "x", "4")), "code"), "not_author");
  EXPECT_EQ(field(reply(*world, ben, react(room, 1, "+", "5")), "op"), "ack");
  EXPECT_NE(history(*world, ben, room).find(R"("count":2,"mine":true)"), std::string::npos);
}

TEST_P(StoreChat, pages_beyond_the_window_are_folded) {
  small_ = true;
  restart();
  Peer& ana = come("ana");
  world->join(ana, room);
  say(ana, text(room, "one"));
  say(ana, text(room, "two"));
  say(ana, edit(room, 1, "uno"));
  say(ana, react(room, 2, "+"));
  for (u32 i = 0; i < 60; ++i) {
    say(ana, text(room, std::string(400, 't')));
    world->run_for(1500, 500);
  }
  ana.take();
  const std::string page = history(*world, ana, room, R"(,"before":4,"limit":10)");
  EXPECT_NE(page.find(R"("seq":1)"), std::string::npos) << page;
  EXPECT_NE(page.find(R"("edited":true)"), std::string::npos);
  EXPECT_NE(page.find(R"({"text":"uno"})"), std::string::npos);
  EXPECT_NE(page.find(R"([{"emoji":"+","count":1,"mine":true}])"), std::string::npos);
  EXPECT_EQ(page.find(R"("edit":)"), std::string::npos);
}

TEST_P(StoreChat, refused_changes_and_typing_are_not_stored) {
  Peer& ana = come("ana");
  Peer& ben = come("ben");
  world->join(ana, room);
  world->join(ben, room);
  say(ana, text(room, "one"));
  EXPECT_EQ(field(reply(*world, ben, edit(room, 1, "x", "4")), "code"), "not_author");
  EXPECT_EQ(field(reply(*world, ana, edit(room, 9, "x", "4")), "code"), "unknown_message");
  EXPECT_EQ(field(reply(*world, ana, chat(room, R"({"typing":true})", "5")), "op"), "ack");
  EXPECT_TRUE(ben.has("typing"));
  EXPECT_EQ(store.rooms[room].messages.size(), 1u);
}

TEST_P(StoreChat, bans_mutes_slowness_and_positions_outlive_the_relay) {
  Peer& mod = come("mod", kMayModerateToo);
  world->join(mod, room);
  say(mod, text(room, "one"));
  say(mod, text(room, "two"));
  const auto order = [&](Peer& peer, std::string_view op, std::string_view more) {
    EXPECT_EQ(field(reply(*world, peer,
                          system(op, R"("id":1,)" + room_field(room) + "," + std::string(more))),
                    "op"),
              "ack");
  };
  order(mod, "ban", R"("name":"out")");
  order(mod, "ban", R"("name":"soon","duration_ms":1000)");
  order(mod, "mute", R"("name":"dumb")");
  order(mod, "ban", R"("name":"forgiven")");
  order(mod, "unban", R"("name":"forgiven")");
  order(mod, "slow_mode", R"("interval_ms":60000)");
  order(mod, "read", R"("seq":1)");
  restart();
  world->run_for(2000, 500);
  EXPECT_EQ(field(reply(*world, come("out"), system("join", room_field(room))), "code"), "banned");
  Peer& dumb = come("dumb");
  EXPECT_EQ(number(world->join(dumb, room), "slow_mode_ms"), 60'000u);
  EXPECT_EQ(field(reply(*world, dumb, text(room, "hm", "4")), "code"), "muted");
  for (const char* name : {"soon", "forgiven"}) {
    EXPECT_NE(world->join(come(name), room), "") << name;
  }
  Peer& again = come("mod", kMayModerateToo);
  const std::string joined = world->join(again, room);
  EXPECT_EQ(number(joined, "read"), 1u);
  EXPECT_EQ(number(joined, "unread"), 1u);
}

TEST_P(StoreChat, who_is_kept_out_leaves_no_room_behind) {
  Peer& mod = come("mod", kMayModerateToo);
  world->join(mod, room);
  say(mod, system("ban", room_field(room) + R"(,"name":"out")"));
  restart();
  world->options.room_linger_ms = 100;
  EXPECT_EQ(field(reply(*world, come("out"), system("join", room_field(room))), "code"), "banned");
  world->run_for(70'000, 1000);
  EXPECT_EQ(world->relay(std::get<0>(GetParam())).stats().rooms_removed, 1u);
}

TEST_P(StoreChat, a_notice_is_stored_like_any_message) {
  Peer& ana = come("ana");
  world->join(ana, room);
  world->turn();
  world->relay(0).notice(room, R"({"text":"back in 5"})");
  world->settle();
  EXPECT_TRUE(ana.has(R"("seq":1,"sender":"relay")"));
  ASSERT_EQ(store.rooms[room].messages.size(), 1u);
  EXPECT_EQ(store.rooms[room].messages.at(1).sender, 0u);
}

INSTANTIATE_TEST_SUITE_P(All, StoreChat,
                         testing::Combine(testing::Values(ShardId{0}, ShardId{1}),
                                          testing::Values("commit", "async")));

}  // namespace
}  // namespace perseid::test
