// SqliteBackend: a disk that is full, and files that are not as they should be.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/store/sqlite_schema.h"
#include "tests/net/store_support.h"

namespace perseid::test {
namespace {

namespace fs = std::filesystem;

TEST(StoreSqlite, a_full_disk_refuses_and_leaves_no_trace) {
  Folder folder;
  StoreTool store(folder.path());
  const u64 room = store.open("r", "e").room;
  EXPECT_EQ(store.append(room, 1, 1), Error::ok);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &none);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(store.append(room, 2, 100), Error::store_unavailable);
  EXPECT_EQ(store.page(room, 9, 9).messages.size(), 1u);  // reading goes on
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(store.append(room, 2, 100), Error::ok);
  EXPECT_EQ(store.open("r", "e").last_seq, 101u);
}

// Files that are not as they should be: the start stops, and nothing in them is changed.
class StoreDamage : public testing::Test {
 protected:
  void SetUp() override {
    StoreTool store(folder_.path());
    const u64 room = store.open("r", "e").room;
    for (Seq seq = 1; seq <= 3000; seq += 100) EXPECT_EQ(store.append(room, seq, 100), Error::ok);
  }
  std::string file() const { return folder_.path() + "/" + kStoreFile; }
  std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const {
    std::ofstream out(file(), std::ios::binary | std::ios::trunc);
    out << text;
  }
  std::string opened() const { return SqliteBackend(folder_.path(), {}).open(); }
  Folder folder_;
};

TEST_F(StoreDamage, each_kind_is_told_with_what_to_do) {
  EXPECT_EQ(opened(), "");
  const std::string whole = bytes();
  ASSERT_GT(whole.size(), 100'000u);
  std::string torn = whole.substr(0, whole.size() / 2);
  std::string scribbled = whole;
  for (std::size_t at = 40'000; at < 60'000; ++at) scribbled[at] = 'x';
  std::string headless = whole;
  for (std::size_t at = 0; at < 64; ++at) headless[at] = 'x';
  const struct {
    const char* name;
    std::string content;
    const char* says;
  } rows[] = {
      {"torn", torn, "damaged"},
      {"scribbled over", scribbled, "damaged"},
      {"no database", headless, "damaged"},
      {"text", "hello\n", "damaged"},
      {"empty", "", "is gone or empty"},
  };
  for (const auto& row : rows) {
    write(row.content);
    const std::string problem = opened();
    EXPECT_NE(problem.find(row.says), std::string::npos) << row.name << ": " << problem;
    EXPECT_NE(problem.find(file()), std::string::npos) << row.name << ": " << problem;
    EXPECT_EQ(bytes(), row.content) << row.name;
    // And so does the whole server.
    Options options = test_options();
    options.data_dir = folder_.path();
    ServerConfig config;
    config.room_rules = durable_rules();
    Server server(options, config);
    const StartResult start = server.start();
    EXPECT_FALSE(start.ok) << row.name;
    EXPECT_EQ(start.error, problem) << row.name;
  }
  fs::remove(file());
  EXPECT_NE(opened().find("is gone or empty"), std::string::npos);
  write(whole);
  EXPECT_EQ(opened(), "");
}

TEST_F(StoreDamage, a_newer_version_and_another_programs_file_are_left_alone) {
  {
    Sqlite db;
    ASSERT_TRUE(db.open(file(), Sqlite::Mode::existing));
    ASSERT_TRUE(db.execute("PRAGMA user_version = 99"));
  }
  EXPECT_NE(opened().find("newer perseid"), std::string::npos) << opened();
  fs::remove(file());
  fs::remove(file() + "-wal");
  {
    Sqlite db;
    ASSERT_TRUE(db.open(file(), Sqlite::Mode::create));
    ASSERT_TRUE(db.execute("CREATE TABLE wine(name TEXT)"));
  }
  EXPECT_NE(opened().find("another program's"), std::string::npos) << opened();
}

TEST_F(StoreDamage, two_at_a_time_are_one_too_many) {
  SqliteBackend first(folder_.path(), {});
  EXPECT_EQ(first.open(), "");
  EXPECT_NE(opened().find("in use by another process"), std::string::npos) << opened();
}

}  // namespace
}  // namespace perseid::test
