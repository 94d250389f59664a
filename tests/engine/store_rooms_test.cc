// Durable rooms: opening, the order of storing and delivering, restarts, older history.
#include <gtest/gtest.h>

#include "tests/engine/durable_rules.h"
#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

// Each test runs with the room's home on the member's shard, and on another.
class StoreRooms : public testing::TestWithParam<ShardId> {
 protected:
  void start(const FakeWorld::Tweak& tweak = {}) {
    world_ = std::make_unique<FakeWorld>(2, tweak, durable_rules(), nullptr, &store_);
  }
  // The relays end as after a drain, or as by SIGKILL.
  void restart(bool clean, const FakeWorld::Tweak& tweak = {}) {
    if (!clean) store_.crash();
    std::map<std::string, FakeStore::KeptRoom> kept = store_.rooms;
    world_.reset();
    if (clean) store_.run([](ShardId, Letter&&) {});
    if (!clean) store_.crash();
    if (!clean) store_.rooms = kept;
    start(tweak);
  }
  std::string room(std::string_view prefix) { return world_->room_at(GetParam(), prefix); }

  FakeStore store_;
  std::unique_ptr<FakeWorld> world_;
};

TEST_P(StoreRooms, with_commit_nobody_sees_what_is_not_stored) {
  start();
  const std::string name = room("commit");
  Peer& a = world_->connect(0);
  Peer& b = world_->connect(1);
  world_->join(a, name);
  world_->join(b, name);
  store_.held = true;
  for (int i = 1; i <= 3; ++i) a.say(chat(name, std::to_string(i), std::to_string(i)));
  world_->settle();
  EXPECT_EQ(a.count("\"op\":\"ack\"") + a.count("\"type\":\"chat\""), 0u);
  EXPECT_EQ(b.count("\"type\":\"chat\""), 0u);
  EXPECT_TRUE(store_.rooms[name].messages.empty());
  store_.held = false;
  world_->settle();
  EXPECT_EQ(store_.rooms[name].messages.size(), 3u);
  EXPECT_EQ(a.count("\"op\":\"ack\""), 3u);
  ASSERT_EQ(b.count("\"type\":\"chat\""), 3u);
  for (u32 i = 0; i < 3; ++i) EXPECT_EQ(number(b.messages[i], "seq"), i + 1);
  EXPECT_EQ(store_.bytes_used, 0u);
}

TEST_P(StoreRooms, with_async_the_ack_does_not_wait) {
  start();
  const std::string name = room("async");
  Peer& a = world_->connect(0);
  world_->join(a, name);
  store_.held = true;
  EXPECT_TRUE(world_->ask(a, chat(name, "1", "1")).size() == 2);
  EXPECT_TRUE(store_.rooms[name].messages.empty());
  store_.held = false;
  world_->settle();
  EXPECT_EQ(store_.rooms[name].messages.size(), 1u);
  EXPECT_EQ(store_.bytes_used, 0u);
}

TEST_P(StoreRooms, a_join_waits_for_the_store_and_all_behind_it_keeps_its_order) {
  start();
  const std::string name = room("commit");
  Peer& a = world_->connect(0);
  Peer& b = world_->connect(1);
  Peer& c = world_->connect(0);
  store_.held = true;
  a.say(system("join", room_field(name)));
  a.say(chat(name, "1", "1"));
  a.say(chat(name, "2", "2"));
  b.say(system("join", room_field(name)));
  b.say(system("leave", room_field(name)));
  c.say(system("join", room_field(name)));
  world_->settle();
  EXPECT_TRUE(a.messages.empty() && b.messages.empty());
  // Another room, on the same shards, knows nothing of it.
  Peer& d = world_->connect(0);
  EXPECT_NE(world_->join(d, world_->room_at(GetParam(), "other")), "");
  world_->disconnect(c);
  store_.held = false;
  world_->settle();
  EXPECT_TRUE(a.has("\"op\":\"joined\""));
  EXPECT_EQ(a.count("\"op\":\"ack\""), 2u);
  EXPECT_TRUE(b.has("\"op\":\"joined\"") && b.has("\"op\":\"left\""));
  a.take();
  const auto clients = world_->ask(a, system("discover", room_field(name)));
  ASSERT_EQ(clients.size(), 1u);
  EXPECT_EQ(clients[0].find("\"client\""), clients[0].rfind("\"client\""));  // a is alone
  EXPECT_EQ(store_.jobs.size(), 0u);
}

TEST_P(StoreRooms, after_a_crash_a_commit_room_goes_on_in_its_epoch) {
  start();
  const std::string name = room("commit");
  Peer& a = world_->connect(0);
  const std::string before = world_->join(a, name);
  for (int i = 1; i <= 5; ++i) a.say(chat(name, std::to_string(i), std::to_string(i)));
  world_->settle();
  restart(false);
  Peer& b = world_->connect(1);
  const std::string epoch = field(before, "epoch");
  b.say(system("join", room_field(name) + R"(,"since":{"epoch":")" + epoch + R"(","chat":3})"));
  world_->settle();
  const std::string joined = b.find("\"op\":\"joined\"");
  EXPECT_EQ(field(joined, "epoch"), epoch);
  EXPECT_EQ(field(joined, "recovered"), "true");
  ASSERT_EQ(b.count("\"type\":\"chat\""), 2u);
  EXPECT_TRUE(b.has("\"seq\":4") && b.has("\"payload\":5}"));
  b.take();
  EXPECT_EQ(number(world_->ask(b, chat(name, "6", "9")).back(), "seq"), 6u);
}

TEST_P(StoreRooms, actions_of_an_earlier_life_are_not_taken_for_those_of_this_one) {
  start();
  const std::string name = room("commit");
  Peer& a = world_->connect(0);
  const std::string epoch = field(world_->join(a, name), "epoch");
  for (int i = 0; i < 3; ++i) world_->ask(a, action(name, "1"));
  world_->ask(a, chat(name, "1"));
  const std::string since =
      room_field(name) + R"(,"since":{"epoch":")" + epoch + R"(","chat":1,"player_action":)";
  restart(true);
  Peer& b = world_->connect(0);
  b.say(system("join", since + "3}"));
  world_->settle();
  EXPECT_EQ(field(b.find("joined"), "recovered"), "true");  // nothing was missed
  restart(false);
  for (const char* seen : {"0}", "2}", "3}", "4294967296}"}) {
    Peer& c = world_->connect(0);
    c.say(system("join", since + seen));
    world_->settle();
    const bool is_end = std::string_view(seen) == "4294967296}";
    EXPECT_EQ(field(c.find("joined"), "recovered"), is_end ? "true" : "false") << seen;
  }
}

TEST_P(StoreRooms, an_async_room_goes_on_after_a_clean_end_and_begins_anew_after_a_crash) {
  start();
  const std::string name = room("async");
  Peer& a = world_->connect(0);
  const std::string epoch = field(world_->join(a, name), "epoch");
  for (int i = 1; i <= 3; ++i) world_->ask(a, chat(name, std::to_string(i)));
  restart(true);
  Peer& b = world_->connect(0);
  EXPECT_EQ(field(world_->join(b, name), "epoch"), epoch);
  store_.held = true;
  world_->ask(b, chat(name, "4"));
  restart(false);
  store_.held = false;
  Peer& c = world_->connect(1);
  // It was read from the disk as unharmed: nothing of the second life had reached it.
  EXPECT_EQ(field(world_->join(c, name), "epoch"), epoch);
  world_->ask(c, chat(name, "5"));
  restart(false);
  Peer& d = world_->connect(1);
  const std::string joined = world_->join(d, name);
  EXPECT_NE(field(joined, "epoch"), epoch);
  EXPECT_EQ(number(joined, "chat"), 4u);
  const auto history = world_->ask(d, system("history", room_field(name)));
  EXPECT_NE(history[0].find("\"payload\":5}"), std::string::npos);
  EXPECT_NE(history[0].find("\"payload\":1}"), std::string::npos);
}

TEST_P(StoreRooms, history_beyond_the_window_is_read_from_the_store) {
  const auto few = [](Options& o) {
    o.chat_history = 4;
    o.chat_window_bytes = o.burst_window_bytes = 4096;
  };
  start(few);
  const std::string name = room("commit");
  Peer& a = world_->connect(0);
  world_->join(a, name);
  for (int i = 1; i <= 20; ++i) a.say(chat(name, std::to_string(i)));
  world_->settle();
  a.take();
  const struct {
    const char* fields;
    std::vector<u64> seqs;
  } rows[] = {
      {R"(,"limit":4)", {17, 18, 19, 20}},
      {R"(,"before":19,"limit":4)", {15, 16, 17, 18}},
      {R"(,"before":17,"limit":4)", {13, 14, 15, 16}},
      {R"(,"before":3,"limit":4)", {1, 2}},
      {R"(,"before":1,"limit":4)", {}},
      {R"(,"limit":0)", {}},
      {R"(,"before":10,"limit":1)", {9}},
  };
  for (const bool restarted : {false, true}) {
    if (restarted) restart(false, few);
    Peer& b = world_->connect(1);
    world_->join(b, name);
    for (const auto& row : rows) {
      const auto got =
          world_->ask(b, system("history", R"("id":7,)" + room_field(name) + row.fields));
      ASSERT_EQ(got.size(), 1u) << row.fields;
      std::vector<u64> seqs;
      for (std::size_t at = 0; (at = got[0].find("\"seq\":", at)) != std::string::npos; ++at) {
        seqs.push_back(number(got[0].substr(at), "seq"));
      }
      EXPECT_EQ(seqs, row.seqs) << row.fields << got[0];
      EXPECT_EQ(field(got[0], "id"), "7");
    }
  }
}

TEST_P(StoreRooms, an_empty_room_is_closed_and_opened_again) {
  start([](Options& o) { o.room_linger_ms = 100; });
  const std::string name = room("async");
  Peer& a = world_->connect(0);
  const std::string epoch = field(world_->join(a, name), "epoch");
  world_->ask(a, chat(name, "1", "1"));
  world_->ask(a, action(name, "1"));
  store_.held = true;
  world_->ask(a, chat(name, "2", "2"));
  world_->ask(a, system("leave", room_field(name)));
  world_->run_for(5000, 50);
  EXPECT_TRUE(store_.rooms[name].open);  // it waits for what is on its way
  store_.held = false;
  world_->run_for(3000, 50);
  EXPECT_FALSE(store_.rooms[name].open);
  const std::string again = world_->join(a, name);
  EXPECT_EQ(field(again, "epoch"), epoch);
  EXPECT_EQ(number(again, "chat"), 2u);
  EXPECT_EQ(number(again, "player_action"), 1u);
}

INSTANTIATE_TEST_SUITE_P(Home, StoreRooms, testing::Values(ShardId{0}, ShardId{1}));

}  // namespace
}  // namespace perseid::test
