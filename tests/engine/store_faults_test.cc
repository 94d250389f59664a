// Durable rooms while the store is full, refuses, or stands still: what is refused is told so, what
// is acknowledged is kept, other rooms notice nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/engine/durable_rules.h"
#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

class StoreFaults : public testing::TestWithParam<ShardId> {
 protected:
  std::string room(std::string_view prefix) { return world_.room_at(GetParam(), prefix); }
  Stats stats() {
    Stats sum;
    sum.add(world_.relay(0).stats());
    sum.add(world_.relay(1).stats());
    return sum;
  }
  FakeStore store_;
  FakeWorld world_{2, {}, durable_rules(), nullptr, &store_};
  Peer& a_ = world_.connect(0);
  Peer& b_ = world_.connect(1);
};

TEST_P(StoreFaults, what_the_store_refuses_is_refused_and_has_no_seq) {
  const std::string name = room("commit");
  world_.join(a_, name);
  world_.join(b_, name);
  world_.ask(a_, chat(name, "1", "1"));
  store_.refuses = store_.held = true;
  a_.say(chat(name, "2", "2"));
  world_.turn();
  a_.say(chat(name, "3", "3"));
  a_.say(chat(name, "3"));
  world_.settle();
  a_.take();
  b_.take();
  store_.held = false;
  world_.settle();
  EXPECT_EQ(a_.count(R"("code":"store_unavailable")"), 3u);
  EXPECT_EQ(a_.count(R"("retry_after_ms":1000)"), 3u);
  EXPECT_TRUE(b_.messages.empty());
  a_.take();
  store_.refuses = false;
  // The same id may be used again, and the seqs have no hole.
  EXPECT_EQ(number(world_.ask(a_, chat(name, "2", "2")).back(), "seq"), 2u);
  EXPECT_EQ(store_.rooms[name].last_seq, 2u);
  EXPECT_GE(stats().store_refused, 3u);
  EXPECT_EQ(store_.bytes_used, 0u);
}

// Batches behind a refused one are refused as well, even if the store is well again meanwhile.
TEST_P(StoreFaults, what_was_sent_behind_a_refused_batch_goes_with_it) {
  const std::string name = room("commit");
  world_.join(a_, name);
  world_.join(b_, name);
  store_.held = true;
  for (int i = 1; i <= 3; ++i) {
    a_.say(chat(name, std::to_string(i), std::to_string(i)));
    for (int turns = 0; turns < 4; ++turns) world_.turn();
  }
  ASSERT_EQ(store_.jobs.size(), 3u);
  const auto answer = [this](ShardId to, Letter&& letter) {
    world_.shard(to).from_store.push_back(std::move(letter));
  };
  store_.held = false;
  store_.refuses = true;
  store_.run(answer, 1);
  store_.refuses = false;
  store_.held = true;
  for (int turns = 0; turns < 4; ++turns) world_.turn();
  a_.say(chat(name, "4", "4"));  // while two are still on their way: it would come before them
  for (int turns = 0; turns < 4; ++turns) world_.turn();
  EXPECT_EQ(a_.count(R"("code":"store_unavailable")"), 2u);
  store_.held = false;
  world_.settle();
  EXPECT_EQ(a_.count(R"("code":"store_unavailable")"), 4u);
  EXPECT_TRUE(b_.messages.empty());
  EXPECT_EQ(number(world_.ask(a_, chat(name, "5", "5")).back(), "seq"), 1u);
  EXPECT_EQ(b_.count("\"seq\":1"), 1u);
}

TEST_P(StoreFaults, what_async_members_have_seen_is_tried_until_it_is_stored) {
  const std::string name = room("async");
  world_.join(a_, name);
  store_.refuses = true;
  world_.ask(a_, chat(name, "1", "1"));
  EXPECT_TRUE(world_.ask(a_, chat(name, "2", "2"))[0].find("store_unavailable") !=
              std::string::npos);
  world_.run_for(2000, 50);
  store_.refuses = false;
  world_.run_for(2000, 50);
  EXPECT_EQ(store_.rooms[name].messages.size(), 1u);
  EXPECT_EQ(number(world_.ask(a_, chat(name, "3", "3")).back(), "seq"), 2u);
  EXPECT_EQ(store_.rooms[name].messages.size(), 2u);
  EXPECT_EQ(store_.bytes_used, 0u);
}

// Simulation, seed 3892: the window had lost what the store had refused, and a history was handed
// out with a hole where it was.
TEST_P(StoreFaults, a_history_has_no_hole_where_the_store_is_behind) {
  FakeWorld world(
      2, [](Options& o) { o.chat_window_bytes = o.burst_window_bytes = 4096; }, durable_rules(),
      nullptr, &store_);
  Peer& a = world.connect(0);
  const std::string name = world.room_at(GetParam(), "async");
  world.join(a, name);
  world.ask(a, chat(name, "1", "1"));
  store_.held = store_.refuses = true;
  for (u32 i = 2; i <= 40; ++i) a.say(chat(name, in_quotes(std::string(600, 'x'))));
  world.turn();
  world.settle();
  store_.held = false;
  world.settle();
  world.run_for(3000, 50);  // what came within the last second stays as long
  const std::string ask = system("history", R"("id":7,"limit":40,)" + room_field(name));
  const auto seqs = [&] {
    std::vector<u64> out;
    const std::string answer = world.ask(a, ask).back();
    for (std::size_t at = 0; (at = answer.find("\"seq\":", at)) != std::string::npos; ++at) {
      out.push_back(std::stoull(answer.substr(at + 6)));
    }
    return std::pair(answer, out);
  };
  a.take();
  const auto [refused, none] = seqs();
  EXPECT_NE(refused.find(R"("code":"store_unavailable")"), std::string::npos) << refused;
  store_.refuses = false;
  world.run_for(2000, 50);
  a.take();
  const auto [answer, all] = seqs();
  ASSERT_EQ(all.size(), 40u) << answer.substr(0, 200);
  for (u64 i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i + 1);
}

TEST_P(StoreFaults, a_full_queue_refuses_with_a_time_and_disturbs_no_other_room) {
  const std::string name = room("commit");
  const std::string other = room("plain");
  world_.join(a_, name);
  world_.join(a_, other);
  world_.join(b_, other);
  store_.held = true;
  store_.bytes_max = 1000;
  for (int i = 0; i < 20; ++i) a_.say(chat(name, "1", std::to_string(i)));
  a_.say(chat(other, "7", "99"));
  world_.settle();
  EXPECT_GT(a_.count(R"("code":"overloaded")"), 5u);
  EXPECT_EQ(a_.count(R"("retry_after_ms":100)"), a_.count(R"("code":"overloaded")"));
  EXPECT_EQ(a_.count("\"op\":\"ack\""), 1u);  // of the other room
  EXPECT_TRUE(b_.has("\"payload\":7}"));
  EXPECT_GT(stats().store_overloaded, 5u);
  // A question and a join have to wait as well, or are told.
  EXPECT_TRUE(world_.join(b_, room("commit_more")).empty());
  store_.held = false;
  world_.settle();
  EXPECT_EQ(a_.count("\"op\":\"ack\"") + a_.count(R"("code":"overloaded")"), 21u);
  EXPECT_EQ(store_.bytes_used, 0u);
}

TEST_P(StoreFaults, a_room_that_cannot_be_opened_is_refused_to_all_who_wait) {
  const std::string name = room("commit");
  store_.refuses = store_.held = true;
  a_.say(system("join", R"("id":1,)" + room_field(name)));
  a_.say(chat(name, "1", "2"));
  b_.say(system("join", R"("id":1,)" + room_field(name)));
  b_.say(system("leave", R"("id":2,)" + room_field(name)));
  world_.settle();
  store_.held = false;
  world_.settle();
  EXPECT_EQ(a_.count(R"("code":"store_unavailable")"), 1u);
  EXPECT_EQ(a_.count(R"("code":"not_joined")"), 1u);
  EXPECT_EQ(b_.count(R"("code":"store_unavailable")"), 1u);
  EXPECT_EQ(b_.count("\"id\":2"), 1u);
  EXPECT_TRUE(b_.has("\"retry_after_ms\":1000"));
  store_.refuses = false;
  EXPECT_NE(world_.join(a_, name), "");
}

TEST_P(StoreFaults, the_members_may_all_be_gone_when_the_store_answers) {
  const std::string name = room("commit");
  world_.join(a_, name);
  store_.held = true;
  a_.say(chat(name, "1", "1"));
  world_.settle();
  world_.disconnect(a_);
  b_.say(system("join", room_field(room("commit_b"))));
  world_.settle();
  world_.disconnect(b_);
  world_.settle();
  store_.held = false;
  world_.run_for(120'000, 500);
  EXPECT_EQ(store_.rooms[name].messages.size(), 1u);
  EXPECT_FALSE(store_.rooms[name].open);
  EXPECT_FALSE(store_.rooms[room("commit_b")].open);
}

// Then nobody knows how many actions there were; nor, of what was delivered first, if all is there.
TEST_P(StoreFaults, a_close_that_is_refused_is_as_if_the_relay_had_been_killed) {
  world_.options.room_linger_ms = 100;
  for (const char* prefix : {"commit", "async"}) {
    const std::string name = room(prefix);
    const std::string before = world_.join(a_, name);
    world_.ask(a_, chat(name, "1", "1"));
    world_.ask(a_, action(name, "1", "2"));
    store_.refuses = true;
    world_.ask(a_, system("leave", room_field(name)));
    world_.run_for(5000, 100);
    EXPECT_TRUE(store_.rooms[name].open);
    store_.refuses = false;
    const std::string again = world_.join(a_, name);
    const bool is_commit = name.starts_with("commit");
    EXPECT_EQ(field(again, "epoch") == field(before, "epoch"), is_commit);
    EXPECT_NE(number(again, "room_number"), number(before, "room_number"));
    EXPECT_EQ(number(again, "chat"), 1u);
    EXPECT_EQ(number(again, "player_action"), is_commit ? u64{1} << 32 : 0);
  }
  EXPECT_EQ(store_.bytes_used, 0u);
}

INSTANTIATE_TEST_SUITE_P(Home, StoreFaults, testing::Values(ShardId{0}, ShardId{1}));

TEST(StoreNone, a_relay_without_a_store_keeps_nothing_and_says_so_to_creators) {
  FakeWorld world(1, [](Options& o) { o.creators_declare_rooms = true; });
  Peer& a = world.connect();
  const auto got = world.ask(a, system("join", R"("room":"r","create":{"durability":"commit"})"));
  EXPECT_NE(got[0].find("this relay keeps no store"), std::string::npos) << got[0];
}

// Of each message to a room without a store: after how many turns its sender has the ack, and
// another member the message. Beside it a durable room is written to as fast as it goes.
std::vector<u32> turns_taken(bool stalled) {
  FakeStore store;
  store.bytes_max = 20'000;
  FakeWorld world(2, {}, durable_rules(), nullptr, &store);
  Peer& ana = world.connect(0);
  Peer& ben = world.connect(1);
  const std::string plain = world.room_at(1, "plain");
  const std::string kept = world.room_at(1, "commit");
  for (Peer* peer : {&ana, &ben}) {
    world.join(*peer, plain);
    world.join(*peer, kept);
  }
  store.held = stalled;
  std::vector<u32> out;
  for (u32 i = 1; i <= 100; ++i) {
    for (u32 k = 0; k < 5; ++k) ana.say(chat(kept, in_quotes(std::string(100, 'k'))));
    ana.say(chat(plain, std::to_string(i), std::to_string(i)));
    u32 acked = 0;
    u32 seen = 0;
    for (u32 turn = 1; turn <= 20 && (acked == 0 || seen == 0); ++turn) {
      world.turn(1);
      if (acked == 0 && ana.has(R"("op":"ack","id":)" + std::to_string(i))) acked = turn;
      if (seen == 0 && ben.has(R"("room":")" + plain)) seen = turn;
    }
    out.insert(out.end(), {acked, seen});
    ana.take();
    ben.take();
  }
  EXPECT_EQ(world.relay(1).stats().store_overloaded > 0, stalled);
  return out;
}

TEST(StoreStalled, chat_without_a_store_takes_as_many_turns_as_ever) {
  const std::vector<u32> as_ever = turns_taken(false);
  EXPECT_EQ(std::count(as_ever.begin(), as_ever.end(), 0u), 0);
  EXPECT_EQ(turns_taken(true), as_ever);
}

}  // namespace
}  // namespace perseid::test
