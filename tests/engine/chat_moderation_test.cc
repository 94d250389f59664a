// Moderation: who may, what it does to those concerned, and when it ends.
#include "engine/moderation.h"

#include <gtest/gtest.h>

#include "tests/engine/chats.h"

namespace perseid::test {
namespace {

constexpr char kToken[] = "open sesame";

struct Moderated {
  explicit Moderated(ShardId home, const FakeWorld::Tweak& tweak = {})
      : world(2,
              [&](Options& o) {
                o.moderator_token = kToken;
                if (tweak) tweak(o);
              }),
        room(world.room_at(home)),
        mod(world.connect(0)),
        ben(world.connect(1)) {
    greet(world, mod, "mod", R"(,"token":"open sesame")");
    ben_id = greet(world, ben, "ben");
    world.join(mod, room);
    world.join(ben, room);
    mod.take();
  }
  std::string order(std::string_view op, std::string_view more) {
    return reply(world, mod, system(op, R"("id":9,)" + room_field(room) + "," + std::string(more)));
  }
  std::string by_client() const { return R"("client":)" + in_quotes(ben_id); }
  std::string say(Peer& peer) {
    peer.take();
    return reply(world, peer, text(room, "hi", std::to_string(++ids)));
  }
  std::string code(Peer& peer) { return field(say(peer), "code"); }
  std::string join_code(Peer& peer) {
    return field(reply(world, peer, system("join", room_field(room))), "code");
  }
  u32 ids = 100;
  FakeWorld world;
  std::string room;
  Peer& mod;
  Peer& ben;
  std::string ben_id;
};

TEST(ChatModeration, is_for_those_who_said_the_token) {
  Moderated it(0);
  Peer& bad = it.world.connect();
  greet(it.world, bad, "bad", R"(,"token":"open sesamf")");
  it.world.join(bad, it.room);
  for (const char* op : {"mute", "unmute", "kick", "ban", "unban"}) {
    const std::string answer =
        reply(it.world, bad, system(op, room_field(it.room) + "," + it.by_client()));
    EXPECT_EQ(field(answer, "code"), "forbidden") << op;
    EXPECT_EQ(field(answer, "field"), "op") << op;
  }
  EXPECT_EQ(field(reply(it.world, bad,
                        system("slow_mode", room_field(it.room) + R"(,"interval_ms":1000)")),
                  "code"),
            "forbidden");
  EXPECT_EQ(it.code(it.ben), "");
}

TEST(ChatModeration, nobody_may_where_there_is_no_token) {
  FakeWorld world;
  for (const char* token : {"", "x"}) {
    Peer& peer = world.connect();
    greet(world, peer, "p", R"(,"token":)" + in_quotes(token));
    world.join(peer, "r");
    EXPECT_EQ(field(reply(world, peer, system("kick", R"("room":"r","name":"p")")), "code"),
              "forbidden");
  }
}

TEST(ChatModeration, a_mute_silences_a_client_for_its_time) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Moderated it(home);
    EXPECT_EQ(field(it.order("mute", it.by_client() + R"(,"duration_ms":5000)"), "op"), "ack");
    const std::string answer = it.say(it.ben);
    EXPECT_EQ(field(answer, "code"), "muted");
    EXPECT_EQ(number(answer, "retry_after_ms"), 5000u);
    it.ben.take();
    EXPECT_EQ(field(reply(it.world, it.ben, chat(it.room, R"({"typing":true})", "7")), "code"),
              "muted");
    EXPECT_EQ(field(reply(it.world, it.ben, action(it.room, "1", "8")), "op"), "ack");
    EXPECT_EQ(it.code(it.mod), "");
    it.world.run_for(5000, 250);
    EXPECT_EQ(it.code(it.ben), "");
  }
}

TEST(ChatModeration, a_mute_without_end_is_lifted) {
  Moderated it(1);
  it.order("mute", it.by_client());
  const std::string answer = it.say(it.ben);
  EXPECT_EQ(field(answer, "code"), "muted");
  EXPECT_EQ(field(answer, "retry_after_ms"), "");
  it.order("unmute", it.by_client());
  EXPECT_EQ(it.code(it.ben), "");
}

TEST(ChatModeration, a_mute_by_name_holds_for_every_session_of_it) {
  Moderated it(1);
  it.order("mute", R"("name":"ben")");
  EXPECT_EQ(it.code(it.ben), "muted");
  Peer& later = it.world.connect(0);
  greet(it.world, later, "ben");
  it.world.join(later, it.room);
  EXPECT_EQ(it.code(later), "muted");
  it.order("mute", it.by_client());
  it.order("unmute", R"("name":"ben")");
  EXPECT_EQ(it.code(later), "");
  EXPECT_EQ(it.code(it.ben), "muted") << "that by client still holds";
}

TEST(ChatModeration, who_leaves_and_comes_back_stays_muted) {
  Moderated it(0);
  it.order("mute", it.by_client());
  it.world.ask(it.ben, system("leave", room_field(it.room)));
  it.world.join(it.ben, it.room);
  EXPECT_EQ(it.code(it.ben), "muted");
}

TEST(ChatModeration, a_kick_is_told_and_may_come_back) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Moderated it(home);
    Peer& watcher = it.world.connect(0);
    it.world.join(watcher, it.room, R"(,"presence":true)");
    it.ben.take();
    EXPECT_EQ(field(it.order("kick", it.by_client()), "op"), "ack");
    EXPECT_EQ(it.ben.messages, std::vector<std::string>{R"({"type":"system","op":"left","room":")" +
                                                        it.room + R"(","reason":"kicked"})"});
    EXPECT_TRUE(watcher.has(R"("event":"leave","client":")" + it.ben_id));
    EXPECT_EQ(it.code(it.ben), "not_joined");
    EXPECT_EQ(it.join_code(it.ben), "");
    EXPECT_EQ(it.code(it.ben), "");
    EXPECT_EQ(field(it.order("kick", R"("name":"nobody")"), "code"), "unknown_client");
  }
}

TEST(ChatModeration, a_ban_keeps_out_by_client_or_by_name_for_its_time) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Moderated it(home);
    Peer& twin = it.world.connect(0);
    greet(it.world, twin, "ben");
    it.world.join(twin, it.room);
    it.order("ban", it.by_client() + R"(,"duration_ms":60000)");
    EXPECT_TRUE(it.ben.has(R"("reason":"banned","retry_after_ms":60000)"));
    EXPECT_EQ(it.join_code(it.ben), "banned");
    EXPECT_EQ(it.code(twin), "") << "only the client";
    it.order("ban", R"("name":"ben")");
    EXPECT_EQ(it.code(twin), "not_joined");
    Peer& third = it.world.connect(1);
    greet(it.world, third, "ben");
    EXPECT_EQ(it.join_code(third), "banned");
    it.order("unban", R"("name":"ben")");
    EXPECT_EQ(it.join_code(third), "");
    EXPECT_EQ(it.join_code(it.ben), "banned");
    it.world.run_for(60'000, 1000);
    EXPECT_EQ(it.join_code(it.ben), "");
  }
}

TEST(ChatModeration, a_ban_outlives_the_room) {
  Moderated it(0, [](Options& o) { o.room_linger_ms = 10; });
  it.order("ban", R"("name":"ben")");
  it.world.ask(it.mod, system("leave", room_field(it.room)));
  it.world.run_for(100);
  ASSERT_EQ(it.world.relay(0).stats().rooms_removed, 1u);
  EXPECT_EQ(it.join_code(it.ben), "banned");
  EXPECT_EQ(it.world.relay(0).stats().rooms_created, 1u) << "who is kept out makes no room";
}

TEST(ChatModeration, a_moderator_is_not_kept_out_nor_slowed) {
  Moderated it(0);
  it.order("ban", R"("name":"mod")");
  EXPECT_EQ(it.join_code(it.mod), "");
  it.order("slow_mode", R"("interval_ms":60000)");
  EXPECT_EQ(it.code(it.mod), "");
  EXPECT_EQ(it.code(it.mod), "");
}

TEST(ChatModeration, a_slow_room_takes_one_message_of_each_in_a_while) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Moderated it(home);
    EXPECT_EQ(field(it.order("slow_mode", R"("interval_ms":5000)"), "op"), "ack");
    EXPECT_EQ(it.code(it.ben), "");
    it.world.run_for(1000, 100);
    const std::string answer = it.say(it.ben);
    EXPECT_EQ(field(answer, "code"), "slow_mode");
    EXPECT_EQ(number(answer, "retry_after_ms"), 4000u);
    it.ben.take();
    EXPECT_EQ(field(reply(it.world, it.ben, react(it.room, 1, "+", "7")), "op"), "ack");
    Peer& other = it.world.connect(0);
    EXPECT_EQ(number(it.world.join(other, it.room), "slow_mode_ms"), 5000u);
    EXPECT_EQ(it.code(other), "") << "each its own";
    it.world.run_for(4000, 100);
    EXPECT_EQ(it.code(it.ben), "");
    it.order("slow_mode", R"("interval_ms":0)");
    EXPECT_EQ(it.code(it.ben), "");
    EXPECT_EQ(field(it.order("slow_mode", R"("interval_ms":86400001)"), "code"), "bad_value");
  }
}

TEST(ChatModeration, a_moderator_changes_what_others_wrote) {
  Moderated it(1);
  it.say(it.ben);
  it.ben.take();
  EXPECT_EQ(field(reply(it.world, it.mod, retract(it.room, 1, "7")), "op"), "ack");
  EXPECT_TRUE(it.ben.has(R"({"delete":{"seq":1}})"));
}

struct BadOrder {
  const char* name;
  const char* op;
  std::string more;
  const char* code;
  const char* field;
};

TEST(ChatModeration, bad_orders_have_their_error) {
  Moderated it(0);
  const BadOrder kCases[] = {
      {"nobody meant", "mute", R"("duration_ms":5)", "missing_field", "client"},
      {"both", "ban", it.by_client() + R"(,"name":"ben")", "bad_value", "client"},
      {"no client id", "kick", R"("client":"ben")", "bad_value", "client"},
      {"client a number", "kick", R"("client":5)", "wrong_type", "client"},
      {"a time below 0", "ban", R"("name":"x","duration_ms":-5)", "bad_value", "duration_ms"},
      {"a time as text", "ban", R"("name":"x","duration_ms":"5")", "wrong_type", "duration_ms"},
      {"no interval", "slow_mode", R"("name":"x")", "missing_field", "interval_ms"},
      {"half an interval", "slow_mode", R"("interval_ms":0.5)", "bad_value", "interval_ms"},
      {"an empty name", "mute", R"("name":"")", "bad_value", "name"},
  };
  for (const BadOrder& row : kCases) {
    const std::string answer = it.order(row.op, row.more);
    EXPECT_EQ(field(answer, "code"), row.code) << row.name << " " << answer;
    EXPECT_EQ(field(answer, "field"), row.field) << row.name;
  }
  Peer& elsewhere = it.world.connect();
  greet(it.world, elsewhere, "m", R"(,"token":"open sesame")");
  EXPECT_EQ(field(reply(it.world, elsewhere, system("kick", R"("room":"x","name":"ben")")), "code"),
            "not_joined");
}

TEST(ChatModeration, entries_are_bounded_and_those_that_are_over_make_place) {
  Moderated it(0, [](Options& o) { o.moderation_entries_max = 3; });
  EXPECT_EQ(field(it.order("ban", R"("name":"a","duration_ms":1000)"), "op"), "ack");
  EXPECT_EQ(field(it.order("ban", R"("name":"b")"), "op"), "ack");
  EXPECT_EQ(field(it.order("ban", R"("name":"b","duration_ms":5)"), "op"), "ack") << "is there";
  EXPECT_EQ(field(it.order("ban", R"("name":"c")"), "code"), "moderation_limit");
  EXPECT_EQ(it.world.relay(0).stats().moderation_refused, 1u);
  it.world.run_for(2000, 100);
  EXPECT_EQ(field(it.order("ban", R"("name":"c")"), "op"), "ack");
}

TEST(Moderation, forgets_rooms_of_which_nothing_holds) {
  Moderation tables(KeyedHash{}, 100);
  for (u32 i = 0; i < 1000; ++i) {
    const std::string room = "room" + std::to_string(i);
    ASSERT_EQ(tables.mute(room, "x", kForever, 1), Error::ok);
    ASSERT_NE(tables.hold(room), nullptr);
    tables.unmute(room, "x");
    tables.let_go(room);
  }
  EXPECT_EQ(tables.entries(), 0u);
}

TEST(Moderation, a_slow_room_remembers_a_bounded_number_of_clients) {
  RoomModeration* rules = nullptr;
  Moderation tables(KeyedHash{}, 100);
  ASSERT_EQ(tables.slow("r", 1000, 1), Error::ok);
  rules = tables.find("r");
  for (u64 client = 1; client < 200'000; ++client) {
    EXPECT_EQ(rules->slow_down({client}, client / 100), 0u);
  }
  EXPECT_NE(rules->slow_down({199'999}, 2000), 0u);
}

}  // namespace
}  // namespace perseid::test
