// Changes to messages of durable rooms that have left the window: looked up in the store, judged by
// what is there, and then a part of the lane and of every page like any other.
#include <gtest/gtest.h>

#include "tests/engine/chats.h"
#include "tests/engine/durable_rules.h"

namespace perseid::test {
namespace {

class StorePast : public testing::TestWithParam<std::tuple<ShardId, const char*>> {
 protected:
  StorePast() {
    come(ana, "ana");
    come(ben, "ben");
    come(mod, "mod", R"(,"token":"open sesame")");
    say(ana, text(room, "one"));      // 1
    say(ana, text(room, "two"));      // 2
    say(ana, edit(room, 2, "zwei"));  // 3
    say(ben, react(room, 2, "+"));    // 4
    say(ben, text(room, "three"));    // 5
    for (last = 5; last < 45; ++last) {
      say(ana, text(room, std::string(400, 't')));
      world.run_for(1500, 500);
    }
    for (Peer* peer : {&ana, &ben, &mod}) peer->take();
  }
  void come(Peer& peer, std::string_view name, std::string_view more = "") {
    greet(world, peer, name, more);
    world.join(peer, room);
  }
  void say(Peer& peer, const std::string& message) {
    peer.say(message);
    world.settle();
  }
  bool first() const { return std::string_view(std::get<1>(GetParam())) == "commit"; }
  std::string page(Peer& peer) {
    std::string answer = history(world, peer, room, R"(,"before":6)");
    peer.take();
    return answer;
  }
  Stats stats() {
    Stats sum;
    sum.add(world.relay(0).stats());
    sum.add(world.relay(1).stats());
    return sum;
  }

  FakeStore store;
  FakeWorld world{2,
                  [](Options& o) {
                    o.moderator_token = "open sesame";
                    o.chat_history = 4;
                    o.chat_window_bytes = o.burst_window_bytes = 4096;
                    o.room_linger_ms = 100;
                    o.resume_window_ms = 0;
                    o.message_reactions_max = 3;
                  },
                  durable_rules(), nullptr, &store};
  Peer& ana = world.connect(0);
  Peer& ben = world.connect(1);
  Peer& mod = world.connect(1);
  const std::string room = world.room_at(std::get<0>(GetParam()), std::get<1>(GetParam()));
  Seq last = 0;
};

TEST_P(StorePast, who_may_change_what_is_judged_by_what_the_store_has) {
  const struct {
    Peer& who;
    std::string message;
    const char* code;
    bool is_told;  // to everybody, with a seq
  } rows[] = {
      {ana, edit(room, 1, "uno", "1"), "", true},
      {ben, edit(room, 1, "mine", "2"), "not_author", false},
      {ben, retract(room, 1, "3"), "not_author", false},
      {ben, react(room, 1, "+", "4"), "", true},
      {ben, react(room, 1, "+", "5"), "", false},  // has it already
      {ben, react(room, 2, "+", "6"), "", false},  // said while it was in the window
      {ana, react(room, 2, "+", "7", true), "", false},
      {ben, react(room, 2, "+", "8", true), "", true},
      {ana, edit(room, 3, "x", "9"), "unknown_message", false},  // itself a change
      {ana, edit(room, 5, "x", "10"), "not_author", false},
      {mod, edit(room, 5, "drei", "11"), "", true},
      {mod, retract(room, 2, "12"), "", true},
      {ana, edit(room, 2, "x", "13"), "unknown_message", false},
      {ben, react(room, 2, "+", "14"), "unknown_message", false},
      {ana, retract(room, 2, "15"), "", false},  // gone already
      {ana, react(room, 1, "a", "16"), "", true},
      {mod, react(room, 1, "a", "17"), "", true},
      {mod, react(room, 1, "b", "18"), "chat_limit", false},
  };
  for (const auto& row : rows) {
    for (Peer* peer : {&ana, &ben, &mod}) peer->take();
    const std::string answer = reply(world, row.who, row.message);
    EXPECT_EQ(field(answer, "code"), row.code) << row.message;
    EXPECT_EQ(field(answer, "field").empty(), row.code[0] == 0) << answer;
    last += row.is_told;
    EXPECT_EQ(field(answer, "seq"), row.is_told ? std::to_string(last) : "") << row.message;
    const Peer& other = &row.who == &ben ? ana : ben;
    EXPECT_EQ(other.count(R"("type":"chat")"), row.is_told ? 1u : 0u) << row.message;
  }
  EXPECT_EQ(stats().chat_events, 9u);
}

TEST_P(StorePast, pages_tell_them_as_they_are_now) {
  say(ana, edit(room, 1, "uno"));
  say(ana, edit(room, 1, "eins"));
  say(ben, react(room, 1, "+"));
  say(ana, react(room, 2, "+"));
  say(mod, retract(room, 5));
  for (const bool later : {false, true}) {
    // The changes themselves leave the window.
    for (u32 i = 0; later && i < 40; ++i) {
      say(ana, text(room, std::string(400, 't')));
      world.run_for(1500, 500);
    }
    const std::string got = page(ben);
    EXPECT_NE(got.find(R"("payload":{"text":"eins"})"), std::string::npos) << got;
    EXPECT_NE(got.find(R"("reactions":[{"emoji":"+","count":1,"mine":true}])"), std::string::npos);
    EXPECT_NE(got.find(R"([{"emoji":"+","count":2,"mine":true}],"payload":{"text":"zwei"})"),
              std::string::npos);
    EXPECT_NE(got.find(R"("deleted":true,"payload":{})"), std::string::npos);
    EXPECT_EQ(got.find("three"), std::string::npos);
  }
}

TEST_P(StorePast, while_the_store_stands_still_only_the_change_waits) {
  store.held = true;
  ana.say(edit(room, 1, "uno", "1"));
  ana.say(edit(room, 1, "eins", "1"));  // the same id: the first counts
  ana.say(system("ping", R"("id":2)"));
  world.settle();
  EXPECT_TRUE(ana.has("pong"));
  EXPECT_FALSE(ana.has(R"("id":1)"));
  for (Peer* peer : {&ana, &ben, &mod}) world.disconnect(*peer);
  world.run_for(5000, 100);
  EXPECT_EQ(stats().rooms_removed, 0u);  // it is busy
  store.held = false;
  world.settle();
  EXPECT_EQ(store.rooms[room].messages.at(last + 1).target, 1u);
  EXPECT_EQ(store.rooms[room].last_seq, last + 1);
  world.run_for(5000, 100);
  EXPECT_EQ(stats().rooms_removed, 1u);
  EXPECT_EQ(store.bytes_used, 0u);
}

TEST_P(StorePast, what_the_store_cannot_take_is_told) {
  store.bytes_max = 0;
  EXPECT_EQ(field(reply(world, ana, edit(room, 1, "x", "1")), "code"), "overloaded");
  store.bytes_max = 1 << 20;
  store.refuses = true;
  const std::string answer = reply(world, ana, edit(room, 1, "x", "1"));
  if (first()) {
    EXPECT_EQ(field(answer, "code"), "store_unavailable");
    EXPECT_NE(page(ben).find("one"), std::string::npos);
  } else {  // delivered, and in every page, although it is not stored yet
    EXPECT_EQ(number(answer, "seq"), last + 1);
    EXPECT_EQ(store.rooms[room].last_seq, last);
    EXPECT_NE(page(ben).find(R"({"text":"x"})"), std::string::npos);
  }
  store.refuses = false;
  world.run_for(2000, 100);
  EXPECT_EQ(field(reply(world, ana, edit(room, 1, "y", "2")), "op"), "ack");
  EXPECT_NE(page(ben).find(R"({"text":"y"})"), std::string::npos);
}

TEST_P(StorePast, a_mute_counts_before_the_store_is_asked) {
  say(mod, system("mute", room_field(room) + R"(,"name":"ana")"));
  EXPECT_EQ(field(reply(world, ana, edit(room, 1, "x", "1")), "code"), "muted");
  EXPECT_EQ(stats().store_changes, 0u);
}

INSTANTIATE_TEST_SUITE_P(All, StorePast,
                         testing::Combine(testing::Values(ShardId{0}, ShardId{1}),
                                          testing::Values("commit", "async")));

TEST(StorePastNone, rooms_without_a_store_know_only_their_window) {
  FakeWorld world(1, [](Options& o) { o.chat_history = 4; });
  Peer& ana = world.connect();
  world.join(ana, "r");
  for (u32 i = 0; i < 40; ++i) {
    ana.say(text("r", std::string(400, 't')));
    world.run_for(1500, 500);
  }
  ana.take();
  EXPECT_EQ(field(reply(world, ana, edit("r", 1, "x", "4")), "code"), "unknown_message");
}

}  // namespace
}  // namespace perseid::test
