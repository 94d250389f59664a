// PostgresBackend and a server that is killed: what was refused is not there, what was acknowledged
// is, and the relay goes on by itself.
#include <gtest/gtest.h>

#include "net/store/postgres_backend.h"
#include "tests/net/pg_server.h"

namespace perseid::test {
namespace {

class StorePostgres : public testing::Test {
 protected:
  void SetUp() override {
    if (!PgServer::installed()) GTEST_SKIP() << "PostgreSQL is not installed";
    server_ = std::make_unique<PgServer>();
  }
  std::unique_ptr<StoreBackend> backend() const {
    return std::make_unique<PostgresBackend>(server_->uri(), Retention{});
  }
  std::unique_ptr<PgServer> server_;
};

// Runs until it is done; each try is a transaction of its own.
Error append_until_done(StoreTool& store, u64 room, Seq seq) {
  Error error = Error::store_unavailable;
  EXPECT_TRUE(wait_until([&] {
    store.advance(1000);
    error = store.append(room, seq, 1);
    return error == Error::ok;
  }));
  return error;
}

TEST_F(StorePostgres, a_server_that_is_killed_is_found_again) {
  StoreTool store(backend());
  const u64 room = store.open("r", "e").room;
  for (u32 round = 0; round < 5; ++round) {
    EXPECT_EQ(append_until_done(store, room, 2 * round + 1), Error::ok);
    server_->kill();
    EXPECT_EQ(store.append(room, 2 * round + 2, 1), Error::store_unavailable);
    EXPECT_EQ(store.append(room, 2 * round + 2, 1), Error::store_unavailable);
    server_->start();
    EXPECT_EQ(append_until_done(store, room, 2 * round + 2), Error::ok);
  }
  const store::OpenRoom got = store.open("r", "e");
  EXPECT_EQ(got.newest.size(), 10u);
  for (u32 i = 0; i < got.newest.size(); ++i) EXPECT_EQ(got.newest[i].seq, i + 1);
}

// As if the answer to a commit had been lost on the way: the rows are there, and were refused.
TEST_F(StorePostgres, what_was_refused_is_removed_before_anything_follows) {
  StoreTool store(backend());
  const u64 room = store.open("r", "e").room;
  EXPECT_EQ(store.append(room, 1, 2), Error::ok);
  server_->kill();
  EXPECT_EQ(store.append(room, 3, 2), Error::store_unavailable);
  server_->start();
  Postgres db;
  ASSERT_TRUE(db.open(server_->uri())) << db.message();
  for (const char* sql :
       {"INSERT INTO perseid.messages VALUES(1, 3, 1, 1, '\"lost\"'), (1, 4, 1, 1, '\"lost\"')",
        "UPDATE perseid.rooms SET last_seq = 4, bytes = bytes + 12"}) {
    ASSERT_TRUE(db.execute(sql)) << db.message();
  }
  EXPECT_EQ(store.append(room, 5, 1), Error::store_unavailable);  // it was sent behind them
  EXPECT_EQ(append_until_done(store, room, 3), Error::ok);
  const store::OpenRoom got = store.open("r", "e");
  ASSERT_EQ(got.newest.size(), 3u);
  EXPECT_EQ(got.newest.back().payload, "\"p3\"");
  const PgRows bytes = db.execute("SELECT bytes FROM perseid.rooms");
  EXPECT_EQ(bytes.number(0, 0), 12u);
}

// As above; the transaction fails behind the message, by text that the server does not take.
TEST_F(StorePostgres, private_messages_that_were_refused_are_removed_too) {
  StoreTool store(backend());
  store.direct("ana", "bo", 1);
  std::vector<std::unique_ptr<StoreJob>> jobs;
  jobs.push_back(store.direct_job("ana", "bo", "2"));
  jobs.push_back(store.direct_job("ana", "bo", "\xff"));
  store.run(jobs);
  for (const auto& job : jobs) EXPECT_EQ(job->error, Error::store_unavailable);
  const u64 number = std::get<store::AppendDirect>(jobs[0]->body).message.number;
  Postgres db;
  ASSERT_TRUE(db.open(server_->uri())) << db.message();
  const std::string sql = "INSERT INTO perseid.directs VALUES(" + std::to_string(number) +
                          ", 'ana', 'bo', 'ana', 1, '\"lost\"')";
  ASSERT_TRUE(db.execute(sql.c_str())) << db.message();
  store.direct("bo", "ana", 3);
  const auto got = store.directs("ana", "bo", ~u64{0}, 9);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].payload + got[1].payload, "13");
  store.direct("bo", "ana", 4);  // what is kept stays
  EXPECT_EQ(store.directs("ana", "bo", ~u64{0}, 9).size(), 3u);
}

TEST_F(StorePostgres, one_relay_at_a_time_and_no_password_in_what_is_said) {
  const auto first = backend();
  EXPECT_EQ(first->open(), "");
  EXPECT_NE(backend()->open().find("another relay has this database"), std::string::npos);
  PostgresBackend wrong("postgresql://u:secretword@127.0.0.1:1/db", {});
  const std::string problem = wrong.open();
  EXPECT_FALSE(problem.empty());
  EXPECT_EQ(problem.find("secretword"), std::string::npos) << problem;
}

TEST_F(StorePostgres, a_newer_schema_is_left_alone) {
  EXPECT_EQ(backend()->open(), "");
  Postgres db;
  ASSERT_TRUE(db.open(server_->uri()));
  ASSERT_TRUE(db.execute("INSERT INTO perseid.version VALUES(99)"));
  EXPECT_NE(backend()->open().find("newer perseid"), std::string::npos);
}

}  // namespace
}  // namespace perseid::test
