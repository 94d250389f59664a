// What every database has to do as a store: what it keeps, in which order, what it refuses, what
// it removes. SQLite in a folder; PostgreSQL as a server of its own, where Debian's package is
// there.
#include <gtest/gtest.h>

#include "net/store/postgres_backend.h"
#include "tests/net/pg_server.h"
#include "tests/net/store_support.h"

namespace perseid::test {
namespace {

enum class Database : u8 { sqlite, postgresql };

class StoreBackends : public testing::TestWithParam<Database> {
 protected:
  static void TearDownTestSuite() { server().reset(); }
  void SetUp() override {
    if (GetParam() == Database::sqlite) return;
    if (!PgServer::installed()) GTEST_SKIP() << "PostgreSQL is not installed";
    if (server() == nullptr) server() = std::make_unique<PgServer>();
    begin_anew();
  }
  void begin_anew() {
    if (GetParam() == Database::sqlite) {
      folder_ = std::make_unique<Folder>();
    } else {
      Postgres db;
      EXPECT_TRUE(db.open(server()->uri())) << db.message();
      EXPECT_TRUE(db.execute("DROP SCHEMA IF EXISTS perseid CASCADE")) << db.message();
    }
  }
  std::unique_ptr<StoreBackend> backend(Retention retention = {}) {
    if (GetParam() == Database::sqlite) {
      return std::make_unique<SqliteBackend>(folder_->path(), retention);
    }
    return std::make_unique<PostgresBackend>(server()->uri(), retention);
  }

 private:
  static std::unique_ptr<PgServer>& server() {
    static std::unique_ptr<PgServer> server;
    return server;
  }
  std::unique_ptr<Folder> folder_ = std::make_unique<Folder>();
};

TEST_P(StoreBackends, a_room_begins_empty_and_goes_on_where_it_ended) {
  for (const u32 life : {0u, 1u, 2u}) {
    StoreTool store(backend());
    const store::OpenRoom room = store.open("r", "epoch" + std::to_string(life));
    EXPECT_EQ(room.found, life > 0);
    EXPECT_EQ(room.epoch, "epoch0");
    EXPECT_EQ(room.last_seq, life * 3);
    EXPECT_EQ(room.action_seq, u64{life} << 32);
    ASSERT_EQ(room.newest.size(), life * 3);
    for (u32 i = 0; i < room.newest.size(); ++i) {
      EXPECT_EQ(room.newest[i].seq, i + 1);
      EXPECT_EQ(room.newest[i].payload, "\"p" + std::to_string(i + 1) + "\"");
      EXPECT_EQ(room.newest[i].sender, ~u64{0} - 7);
    }
    EXPECT_EQ(store.append(room.room, life * 3 + 1, 3), Error::ok);
  }
}

TEST_P(StoreBackends, a_clean_end_keeps_the_actions_seq) {
  StoreTool store(backend());
  const u64 room = store.open("r", "e").room;
  store.close(room, 0, 17);
  EXPECT_EQ(store.open("r", "f").action_seq, 17u);
}

TEST_P(StoreBackends, what_members_saw_before_it_was_stored_ends_the_epoch_unless_it_is_all_there) {
  StoreTool store(backend());
  const u64 room = store.open("r", "first").room;
  EXPECT_EQ(store.append(room, 1, 2, true), Error::ok);
  store.close(room, 2, 0);
  EXPECT_EQ(store.open("r", "second").epoch, "first");
  EXPECT_EQ(store.append(room, 3, 1, true), Error::ok);
  store.close(room, 4, 0);  // one is missing
  const store::OpenRoom third = store.open("r", "third");
  EXPECT_EQ(third.epoch, "third");
  EXPECT_EQ(third.last_seq, 3u);
  EXPECT_EQ(third.newest.size(), 3u);
  EXPECT_EQ(store.open("r", "fourth").epoch, "third");  // nothing was written since
}

TEST_P(StoreBackends, a_batch_that_does_not_follow_is_refused_and_harms_no_other) {
  StoreTool store(backend());
  const u64 one = store.open("one", "e").room;
  const u64 two = store.open("two", "e").room;
  std::vector<std::unique_ptr<StoreJob>> jobs;
  jobs.push_back(store.append_job(one, 1, 2));
  jobs.push_back(store.append_job(two, 2, 1));
  jobs.push_back(store.append_job(one, 4, 1));
  jobs.push_back(store.append_job(one, 3, 1));
  jobs.push_back(store.append_job(99, 1, 1));
  store.run(jobs);
  const Error wanted[] = {Error::ok, Error::store_unavailable, Error::store_unavailable, Error::ok,
                          Error::store_unavailable};
  for (u32 i = 0; i < 5; ++i) EXPECT_EQ(jobs[i]->error, wanted[i]) << i;
  EXPECT_EQ(store.open("one", "e").last_seq, 3u);
}

TEST_P(StoreBackends, pages_bear_messages_and_what_is_about_them) {
  StoreTool store(backend());
  const u64 room = store.open("r", "e").room;
  // 1..10, 11 is about 3, 12 about 9, 13 about 3, 14..20.
  for (u32 seq = 1; seq <= 20; ++seq) {
    auto job = store.append_job(room, seq, 1);
    auto& entry = std::get<store::Append>(job->body).entries[0];
    if (seq >= 11 && seq <= 13) entry.target = seq == 12 ? 9 : 3;
    EXPECT_EQ(store.run(job), Error::ok);
  }
  const struct {
    u64 before;
    u32 limit;
    std::vector<Seq> messages, events;
  } rows[] = {
      {~u64{0}, 3, {18, 19, 20}, {}},
      {15, 2, {10, 14}, {}},
      {10, 2, {8, 9}, {12}},
      {10, 7, {3, 4, 5, 6, 7, 8, 9}, {11, 12, 13}},
      {4, 10, {1, 2, 3}, {11, 13}},
      {1, 10, {}, {}},
      {0, 10, {}, {}},
      {5, 0, {}, {}},
  };
  for (const auto& row : rows) {
    const store::ReadPage page = store.page(room, row.before, row.limit);
    EXPECT_EQ(seqs(page.messages), row.messages) << row.before;
    EXPECT_EQ(seqs(page.events), row.events) << row.before;
  }
  EXPECT_EQ(seqs(store.open("r", "e", 5).newest), (std::vector<Seq>{16, 17, 18, 19, 20}));
  EXPECT_EQ(store.open("r", "e", 9).newest.front().target, 9u);
  EXPECT_EQ(store.page(room, 9, 8, 1).messages.size(), 1u);  // bytes: at least one
}

// So many bytes hold so many changes (64 each and the payload's four); of what does not fit the
// newest message is told whole, or if it is the only one by the newest of its changes.
TEST_P(StoreBackends, a_page_has_no_message_without_all_that_is_about_it) {
  StoreTool store(backend());
  const u64 room = store.open("r", "e").room;
  // 1, 2, 3; then 4..9 are about 3, 1, 3, 2, 3, 3.
  const Seq targets[] = {0, 0, 0, 3, 1, 3, 2, 3, 3};
  for (Seq seq = 1; seq <= 9; ++seq) {
    auto job = store.append_job(room, seq, 1);
    std::get<store::Append>(job->body).entries[0].target = targets[seq - 1];
    EXPECT_EQ(store.run(job), Error::ok);
  }
  const struct {
    u64 changes_fit;
    std::vector<Seq> messages, events;
  } rows[] = {
      {6, {1, 2, 3}, {4, 5, 6, 7, 8, 9}},
      {5, {2, 3}, {4, 6, 7, 8, 9}},
      {4, {3}, {4, 6, 8, 9}},
      {3, {3}, {6, 8, 9}},
  };
  for (const auto& row : rows) {
    const store::ReadPage page = store.page(room, 10, 9, static_cast<u32>(row.changes_fit * 68));
    EXPECT_EQ(seqs(page.messages), row.messages) << row.changes_fit;
    EXPECT_EQ(seqs(page.events), row.events) << row.changes_fit;
  }
}

TEST_P(StoreBackends, facts_are_put_replaced_and_dropped) {
  StoreTool store(backend());
  const u64 room = store.open("r", "e").room;
  store.put(room, "ban:ana", "1");
  store.put(room, "ban:ana", "2");
  store.put(room, "read:bo", "7");
  store.put(store.open("s", "e").room, "ban:ana", "9");
  store.drop(room, "read:bo");
  store.drop(room, "never");
  const auto facts = store.open("r", "e").facts;
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].key + facts[0].value, "ban:ana2");
}

TEST_P(StoreBackends, private_messages_are_of_both) {
  StoreTool store(backend());
  for (int i = 0; i < 5; ++i) store.direct(i % 2 == 0 ? "ana" : "bo", i % 2 == 0 ? "bo" : "ana", i);
  store.direct("ana", "cy", 9);
  for (const bool swapped : {false, true}) {
    const auto got = store.directs(swapped ? "bo" : "ana", swapped ? "ana" : "bo", ~u64{0}, 3);
    ASSERT_EQ(got.size(), 3u);
    EXPECT_EQ(got[0].payload, "2");
    EXPECT_EQ(got[1].from, "bo");
    EXPECT_EQ(got[1].to, "ana");
    EXPECT_EQ(store.directs("ana", "bo", got[0].number, 9).size(), 2u);
  }
}

TEST_P(StoreBackends, a_page_of_private_messages_is_bounded_and_has_one_at_least) {
  StoreTool store(backend());
  for (int i = 0; i < 5; ++i) store.direct("ana", "bo", i);
  EXPECT_EQ(store.directs("ana", "bo", ~u64{0}, 9, 1).size(), 1u);
  const auto two = store.directs("ana", "bo", ~u64{0}, 9, 2 * 65);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].payload + two[1].payload, "34");
}

TEST_P(StoreBackends, private_messages_go_by_count_and_age_the_oldest_first) {
  const struct {
    const char* name;
    Retention retention;
    std::size_t left;
  } rows[] = {
      {"count", {.directs_max = 3}, 3},
      {"age", {.age_ms_max = 100}, 0},
      {"young", {.age_ms_max = 1000}, 1003},
      {"none", {}, 1003},
  };
  for (const auto& row : rows) {
    begin_anew();
    StoreTool store(backend(row.retention));
    for (int i = 0; i < 1003; ++i) store.direct("ana", "bo", i);  // more than goes at one time
    while (store.backend().tidy(500).more) {
    }
    const auto got = store.directs("ana", "bo", ~u64{0}, 2000);
    ASSERT_EQ(got.size(), row.left) << row.name;
    if (!got.empty()) {
      EXPECT_EQ(got.back().payload, "1002");
    }
    store.direct("bo", "ana", 1);
    EXPECT_EQ(store.directs("ana", "bo", ~u64{0}, 1).size(), 1u);
  }
}

TEST_P(StoreBackends, no_more_rooms_than_it_may_keep) {
  StoreTool store(backend({.rooms_max = 2}));
  EXPECT_EQ(store.open_error("a"), Error::ok);
  EXPECT_EQ(store.open_error("b"), Error::ok);
  EXPECT_EQ(store.open_error("c"), Error::room_limit);
  EXPECT_EQ(store.open_error("a"), Error::ok);
}

TEST_P(StoreBackends, retention_by_count_bytes_and_age_takes_the_oldest) {
  const struct {
    const char* name;
    Retention retention;
    Seq first;
  } rows[] = {
      {"count", {.messages_max = 10}, 41},
      {"bytes", {.bytes_max = 5 * 5}, 46},
      {"age", {.age_ms_max = 20'000}, 30},
      {"none", {}, 1},
  };
  for (const auto& row : rows) {
    begin_anew();
    StoreTool store(backend(row.retention));
    const u64 room = store.open("r", "e").room;
    for (Seq seq = 1; seq <= 50; ++seq) {
      auto job = store.append_job(room, seq, 1);  // payloads of 5 bytes from 10 on
      std::get<store::Append>(job->body).entries[0].timestamp_unix_ms = 1000 * seq;
      EXPECT_EQ(store.run(job), Error::ok);
    }
    store.backend().tidy(49'999);
    while (store.backend().tidy(49'999).more) {
    }
    const store::OpenRoom got = store.open("r", "e");
    ASSERT_FALSE(got.newest.empty()) << row.name;
    EXPECT_EQ(got.newest.front().seq, row.first) << row.name;
    EXPECT_EQ(got.last_seq, 50u);
    EXPECT_EQ(store.append(room, 51, 1), Error::ok);
  }
}

std::string name_of(const testing::TestParamInfo<Database>& info) {
  return info.param == Database::sqlite ? "sqlite" : "postgresql";
}
INSTANTIATE_TEST_SUITE_P(Of, StoreBackends, testing::Values(Database::sqlite, Database::postgresql),
                         name_of);

}  // namespace
}  // namespace perseid::test
