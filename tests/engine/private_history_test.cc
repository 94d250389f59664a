// Private messages by name that are kept: stored before they are acknowledged, or behind it; read
// by the two whose they are, and by nobody else.
#include <gtest/gtest.h>

#include "tests/engine/chats.h"

namespace perseid::test {
namespace {

class PrivateHistory : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { start(); }
  void start(const FakeWorld::Tweak& more = {}) {
    world.reset();
    world = std::make_unique<FakeWorld>(
        3,
        [&](Options& o) {
          o.private_durability = GetParam();
          if (more) more(o);
        },
        nullptr, nullptr, &store);
  }
  bool first() const { return std::string_view(GetParam()) == "commit"; }
  Peer& come(std::string_view name, ShardId shard = 0, WireFormat format = kJson) {
    Peer& peer = world->connect(shard, format);
    greet(*world, peer, name);
    return peer;
  }
  std::string say(Peer& peer, std::string_view to, std::string_view words,
                  std::string_view id = "4") {
    return reply(*world, peer, direct("@" + std::string(to), in_quotes(words), id));
  }
  std::string read(Peer& peer, std::string_view with, std::string_view more = "") {
    return reply(
        *world, peer,
        system("history", R"("id":9,"to":"@)" + std::string(with) + '"' + std::string(more)));
  }
  // The payloads, in order, as one text.
  static std::string words(const std::string& answer) {
    std::string out;
    for (std::size_t at = answer.find(R"("payload":")"); at != std::string::npos;
         at = answer.find(R"("payload":")", at + 1)) {
      const std::size_t begin = at + 11;
      out += answer.substr(begin, answer.find('"', begin) - begin) + ' ';
    }
    return out;
  }

  FakeStore store;
  std::unique_ptr<FakeWorld> world;
};

TEST_P(PrivateHistory, both_read_it_from_any_shard_in_either_flavour_and_after_a_restart) {
  Peer& ana = come("ana", 0);
  Peer& ben = come("ben", 1);
  EXPECT_EQ(field(say(ana, "ben", "one"), "op"), "ack");
  EXPECT_EQ(field(say(ben, "ana", "two"), "op"), "ack");
  const u64 unix_ms = world->now.unix_ms;
  const std::string wanted =
      R"("messages":[{"type":"chat","to":"@ben","seq":1,"sender":"@ana","timestamp":)" +
      std::to_string(unix_ms) +
      R"(,"payload":"one"},{"type":"chat","to":"@ana","seq":2,"sender":"@ben","timestamp":)" +
      std::to_string(unix_ms) + R"(,"payload":"two"}]})";
  for (const bool restarted : {false, true}) {
    if (restarted) start();
    for (const ShardId shard : {ShardId{0}, ShardId{1}, ShardId{2}}) {
      const WireFormat format = shard == 2 ? kBin : kJson;
      EXPECT_EQ(read(come("ana", shard, format), "ben"),
                R"({"type":"system","op":"history","id":9,"to":"@ben",)" + wanted);
      EXPECT_EQ(read(come("ben", shard, format), "ana"),
                R"({"type":"system","op":"history","id":9,"to":"@ana",)" + wanted);
    }
  }
}

TEST_P(PrivateHistory, nobody_else_reads_it) {
  Peer& ana = come("ana");
  come("ben");
  say(ana, "ben", "secret");
  for (const char* name : {"cy", "an", "ben ", "anaben"}) {
    Peer& other = come(name, 1);
    for (const char* with : {"ana", "ben"}) EXPECT_EQ(words(read(other, with)), "") << name;
  }
  Peer& nobody = world->connect(0);  // has no name, so that nothing is its own
  EXPECT_EQ(field(read(nobody, "ana"), "op"), "history");
  EXPECT_EQ(words(read(nobody, "ana")), "");
  EXPECT_EQ(words(read(ana, "ben")), "secret ");
}

TEST_P(PrivateHistory, it_is_delivered_with_the_time_that_is_stored) {
  Peer& ana = come("ana", 0);
  Peer& ben = come("ben", 1);
  store.held = true;
  ana.say(direct("@ben", R"("later")", "4"));
  world->settle();
  EXPECT_EQ(ana.has("ack"), !first());
  EXPECT_EQ(ben.has("later"), !first());
  const std::string said_at = std::to_string(world->now.unix_ms);
  world->run_for(300, 100);
  store.held = false;
  world->settle();
  EXPECT_EQ(field(ana.find("ack"), "timestamp"), said_at);
  EXPECT_EQ(field(ben.find("later"), "timestamp"), said_at);
  EXPECT_EQ(ben.count("later"), 1u);
  EXPECT_EQ(field(read(ben, "ana"), "timestamp"), said_at);
}

TEST_P(PrivateHistory, it_waits_for_who_is_not_here) {
  Peer& ana = come("ana");
  EXPECT_EQ(field(say(ana, "ben", "are you there"), "op"), "ack");
  EXPECT_EQ(words(read(come("ben", 2), "ana")), "are you there ");
}

TEST_P(PrivateHistory, pages_go_back_by_seq_and_are_bounded) {
  Peer& ana = come("ana");
  come("cy");
  for (const char* text : {"a", "b", "c", "d", "e"}) {
    say(ana, "ben", text, std::string("\"") + text + '"');
    say(ana, "cy", "x", std::string("\"x") + text + '"');
  }
  EXPECT_EQ(words(read(ana, "ben", R"(,"limit":2)")), "d e ");
  EXPECT_EQ(number(read(ana, "ben", R"(,"limit":2)"), "seq"), 7u);
  EXPECT_EQ(words(read(ana, "ben", R"(,"limit":2,"before":7)")), "b c ");
  EXPECT_EQ(words(read(ana, "ben", R"(,"limit":2,"before":3)")), "a ");
  EXPECT_EQ(words(read(ana, "ben", R"(,"before":1)")), "");
  EXPECT_EQ(words(read(ana, "ben", R"(,"limit":0)")), "");
  start([](Options& o) { o.chat_history = 3; });
  EXPECT_EQ(words(read(come("ana"), "ben", R"(,"limit":100)")), "c d e ");
  start([](Options& o) { o.store_page_bytes_max = 8; });  // of payloads of three bytes
  EXPECT_EQ(words(read(come("ana"), "ben")), "d e ");
}

TEST_P(PrivateHistory, a_store_that_is_full_or_refuses_is_told_with_a_time) {
  Peer& ana = come("ana");
  Peer& ben = come("ben", 1);
  store.bytes_max = 0;
  std::string answer = say(ana, "ben", "full");
  EXPECT_EQ(field(answer, "code"), "overloaded");
  EXPECT_GT(number(answer, "retry_after_ms"), 0u);
  EXPECT_EQ(field(read(ana, "ben"), "code"), "overloaded");
  EXPECT_TRUE(ben.messages.empty());
  store.bytes_max = 1 << 20;
  store.refuses = true;
  answer = say(ana, "ben", "refused");
  store.refuses = false;
  if (first()) {
    EXPECT_EQ(field(answer, "code"), "store_unavailable");
    EXPECT_GT(number(answer, "retry_after_ms"), 0u);
    EXPECT_TRUE(ben.messages.empty());
  } else {  // it had been delivered
    EXPECT_EQ(field(answer, "op"), "ack");
    EXPECT_EQ(ben.count("refused"), 1u);
  }
  EXPECT_EQ(world->relay(0).stats().store_refused, 1u);
  EXPECT_EQ(words(read(ana, "ben")), "");
  // What was refused has left its id free.
  EXPECT_EQ(field(say(ana, "ben", "well again", first() ? "4" : "5"), "op"), "ack");
  EXPECT_EQ(words(read(ana, "ben")), "well again ");
  EXPECT_EQ(store.bytes_used, 0u);
}

TEST_P(PrivateHistory, a_repeat_is_kept_and_delivered_once) {
  Peer& ana = come("ana");
  Peer& ben = come("ben", 1);
  store.held = true;
  for (u32 i = 0; i < 2; ++i) ana.say(direct("@ben", R"("once")", "4"));
  world->settle();
  store.held = false;
  world->settle();
  ana.say(direct("@ben", R"("once")", "4"));
  world->settle();
  EXPECT_EQ(ana.count(R"("op":"ack","id":4)"), 3u);
  EXPECT_EQ(ben.count("once"), 1u);
  EXPECT_EQ(words(read(ana, "ben")), "once ");
}

TEST_P(PrivateHistory, what_passes_by_or_has_no_author_is_not_kept) {
  Peer& ana = come("ana");
  Peer& ben = come("ben");
  Peer& nobody = world->connect(1);
  EXPECT_EQ(field(say(nobody, "ben", "boo"), "op"), "ack");
  ana.say(direct("@ben", R"({"typing":true})", "5"));
  ana.say(R"({"type":"player_action","to":"@ben","payload":"hit","id":6})");
  world->settle();
  ana.say(direct(greet(*world, world->connect(2), "dot"), R"("by id")", "7"));
  world->settle();
  EXPECT_EQ(ana.count(R"("op":"ack")"), 3u);
  EXPECT_EQ(ben.count("boo") + ben.count("typing") + ben.count("hit"), 3u);
  EXPECT_TRUE(store.directs.empty());
}

TEST_P(PrivateHistory, who_leaves_before_it_is_stored_has_still_said_it) {
  Peer& ana = come("ana");
  Peer& ben = come("ben", 1);
  store.held = true;
  ana.say(direct("@ben", R"("last words")", "4"));
  ana.say(system("history", R"("to":"@ben")"));
  world->settle();
  world->disconnect(ana);
  store.held = false;
  world->settle();
  EXPECT_EQ(ben.count("last words"), 1u);
  EXPECT_EQ(words(read(ben, "ana")), "last words ");
}

TEST_P(PrivateHistory, a_mailbox_that_is_full_keeps_it_for_later) {
  const std::string far = world->room_at(1, "ben");  // hashed alike: its keeper is there
  Peer& ana = come("ana");
  Peer& ben = come(far, 1);
  world->shard(0).refuses_bulk = true;
  EXPECT_EQ(field(say(ana, far, "hm"), "op"), "ack");
  world->shard(0).refuses_bulk = false;
  EXPECT_EQ(ben.count("hm"), 0u);
  EXPECT_EQ(words(read(ben, "ana")), "hm ");
}

INSTANTIATE_TEST_SUITE_P(All, PrivateHistory, testing::Values("commit", "async"),
                         [](const auto& each) { return std::string(each.param); });

TEST(PrivateMessages, are_not_kept_unless_that_is_said) {
  FakeStore store;
  FakeWorld world(1, {}, nullptr, nullptr, &store);
  Peer& ana = world.connect();
  greet(world, ana, "ana");
  greet(world, world.connect(), "ben");
  EXPECT_EQ(field(reply(world, ana, direct("@ben", "1", "4")), "op"), "ack");
  EXPECT_EQ(field(reply(world, ana, direct("@cy", "1", "5")), "code"), "unknown_client");
  EXPECT_TRUE(store.directs.empty());
  EXPECT_EQ(reply(world, ana, system("history", R"("to":"@ben")")),
            R"({"type":"system","op":"history","to":"@ben","messages":[]})");
}

TEST(PrivateMessages, their_history_is_asked_for_by_name_and_of_no_room) {
  FakeWorld world(1);
  Peer& ana = world.connect();
  greet(world, ana, "ana");
  const struct {
    const char* fields;
    const char* code;
    const char* field;
  } rows[] = {
      {R"("to":"c0200008000003")", "bad_value", "to"},
      {R"("to":"ben")", "bad_value", "to"},
      {R"("to":"@")", "bad_value", "to"},
      {R"("to":7)", "wrong_type", "to"},
      {R"("to":"@ben","room":"r")", "bad_value", "to"},
      {R"("limit":3)", "missing_field", "room"},
      {R"("to":"@ben","before":-1)", "bad_value", "before"},
  };
  for (const auto& row : rows) {
    const std::string answer = reply(world, ana, system("history", row.fields));
    EXPECT_EQ(field(answer, "code"), row.code) << row.fields;
    EXPECT_EQ(field(answer, "field"), row.field) << row.fields;
  }
}

}  // namespace
}  // namespace perseid::test
