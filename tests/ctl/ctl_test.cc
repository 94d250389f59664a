// perseidctl: what goes out comes in again, byte for byte; what is wrong is found and named.
#include "tools/ctl/ctl.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "net/store/sqlite_schema.h"
#include "tests/net/store_support.h"

namespace perseid::test {
namespace {

class Ctl : public testing::Test {
 protected:
  void fill() {
    StoreTool store(from_.path());
    const u64 one = store.open("a \"room\" \xc3\xa9", "e1").room;
    EXPECT_EQ(store.append(one, 1, 30), Error::ok);
    const u64 two = store.open("two", "e2").room;
    auto job = store.append_job(two, 1, 3);
    auto& entries = std::get<store::Append>(job->body).entries;
    entries[1].target = 1;
    entries[2].sender = {0};
    EXPECT_EQ(store.run(job), Error::ok);
    store.put(two, "ban:ana", "{\"until\":5}");
    store.close(two, 3, 12);
    store.direct("ana", "bo", 1);
    store.direct("bo", "ana", 2);
  }
  static std::string exported(const Folder& folder, int code = 0) {
    std::ostringstream out;
    std::ostringstream problems;
    EXPECT_EQ(ctl::export_store(folder.path(), out, problems), code) << problems.str();
    return out.str();
  }
  std::string imported(const std::string& text, int code) {
    std::istringstream in(text);
    std::ostringstream problems;
    EXPECT_EQ(ctl::import_store(to_.path(), in, problems), code) << problems.str();
    return problems.str();
  }
  std::string checked(const Folder& folder, int code) {
    std::ostringstream out;
    std::ostringstream problems;
    EXPECT_EQ(ctl::check_store(folder.path(), out, problems), code);
    return problems.str() + out.str();
  }
  void spoil(const char* sql) {
    Sqlite db;
    ASSERT_TRUE(db.open(from_.path() + "/" + kStoreFile, Sqlite::Mode::existing));
    ASSERT_TRUE(db.execute(sql)) << db.message();
  }
  Folder from_, to_;
};

TEST_F(Ctl, an_export_is_imported_as_it_was) {
  fill();
  const std::string text = exported(from_);
  EXPECT_NE(text.find(R"({"seq":2,"target":1,"timestamp":)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("sender":"relay")"), std::string::npos);
  imported(text, 0);
  EXPECT_EQ(exported(to_), text);
  EXPECT_EQ(checked(to_, 0), "2 rooms, 33 messages, 153 bytes of payload: all is well\n");
  // The relay goes on with it.
  StoreTool store(to_.path());
  const store::OpenRoom room = store.open("two", "e9");
  EXPECT_EQ(room.epoch, "e2");
  EXPECT_EQ(room.action_seq, 12u);
  EXPECT_EQ(store.append(room.room, 4, 1), Error::ok);
}

TEST_F(Ctl, what_cannot_be_imported_is_named_and_leaves_nothing) {
  fill();
  const std::string text = exported(from_);
  const std::string head = text.substr(0, text.find('\n') + 1);
  const std::string room =
      R"({"room":"r","epoch":"e","first_seq":1,"last_seq":1,"action_seq":0,"open":false,)"
      R"("behind":false,"used":0})"
      "\n";
  const struct {
    const char* name;
    std::string text;
    const char* says;
  } rows[] = {
      {"no head", text.substr(head.size()), "line 1: not what"},
      {"another version", "{\"perseid_export\":2}\n", "line 1: not what"},
      {"two heads", head + head, "line 2: not what"},
      {"no JSON", head + "hello\n", "line 2: not a JSON object"},
      {"an array", head + "[]\n", "line 2: not a JSON object"},
      {"an empty line", head + "\n", "line 2: not a JSON object"},
      {"a message of no room", head + R"({"seq":1})" + "\n", "line 2: of no room"},
      {"a room without an epoch", head + R"({"room":"r"})" + "\n", "line 2: a field is missing"},
      {"a message without a payload",
       head + room + R"({"seq":1,"timestamp":1,"sender":"relay"})" + "\n", "line 3: a field"},
      {"a sender that is none",
       head + room + R"({"seq":1,"timestamp":1,"sender":"x","payload":1})" + "\n",
       "line 3: a field"},
      {"a lane with a hole", head + room, "0 messages for the seqs 1 to 1"},
      {"a room twice", text + room + room, "UNIQUE"},
  };
  for (const auto& row : rows) {
    const std::string said = imported(row.text, 1);
    EXPECT_NE(said.find(row.says), std::string::npos) << row.name << ": " << said;
    EXPECT_NE(said.find("nothing was imported"), std::string::npos);
    EXPECT_EQ(exported(to_), head) << row.name;
  }
}

TEST_F(Ctl, check_finds_what_does_not_hold) {
  const struct {
    const char* sql;
    const char* says;
  } rows[] = {
      {"DELETE FROM messages WHERE seq = 7", "29 messages for the seqs 1 to 30"},
      {"UPDATE events SET seq = 3", "a seq stands there twice"},
      {"UPDATE rooms SET bytes = 1 WHERE id = 1", "it says 1 bytes and has"},
      {"UPDATE messages SET seq = 31 WHERE seq = 30", "its seqs are not those it says"},
      {"UPDATE messages SET room = 9 WHERE room = 2", "messages of no room: 2"},
      {"INSERT INTO facts VALUES(77, 'k', 'v')", "facts of no room: 1"},
  };
  for (const auto& row : rows) {
    std::filesystem::remove_all(from_.path());
    fill();
    EXPECT_NE(checked(from_, 0).find("all is well"), std::string::npos);
    spoil(row.sql);
    const std::string said = checked(from_, 1);
    EXPECT_NE(said.find(row.says), std::string::npos) << row.sql << ": " << said;
  }
}

TEST_F(Ctl, a_damaged_file_is_exported_as_far_as_it_can_be_read) {
  {
    StoreTool store(from_.path());
    const u64 room = store.open("r", "e").room;
    for (Seq seq = 1; seq < 5000; seq += 100) EXPECT_EQ(store.append(room, seq, 100), Error::ok);
  }
  std::fstream file(from_.path() + "/" + kStoreFile,
                    std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(150'000);
  file << std::string(8192, 'x');
  file.close();
  checked(from_, 1);
  const std::string text = exported(from_, 1);
  EXPECT_NE(text.find("\"p100\""), std::string::npos);
}

TEST_F(Ctl, a_store_that_is_not_there_or_in_use_is_said_to_be) {
  EXPECT_NE(checked(from_, 1).find("there is no store"), std::string::npos);
  StoreTool store(from_.path());
  store.open("r", "e");
  EXPECT_NE(checked(from_, 1).find("in use by another process"), std::string::npos);
}

}  // namespace
}  // namespace perseid::test
