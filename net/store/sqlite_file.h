// StoreFile: a store's SQLite file while no relay has it: read whole, filled, checked.
// Thread: one. Owns: the connection.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/store.h"
#include "net/store/sqlite.h"

namespace perseid {

struct StoredRoom {
  u64 number = 0;
  std::string name;
  std::string epoch;
  Seq first_seq = 1;
  Seq last_seq = 0;
  u64 bytes = 0;
  Seq action_seq = 0;
  bool open = false;
  bool behind = false;
  u64 used_unix_ms = 0;
};

class StoreFile {
 public:
  // Looks at what is there, whatever its state; nothing is changed. What is wrong, or empty.
  std::string look(const std::string& folder);
  // To be filled: made if there is none.
  std::string make(const std::string& folder);

  // Each returns false if the file could not be read to the end.
  bool each_room(const std::function<void(const StoredRoom&)>& visit);
  bool each_message(u64 room, const std::function<void(const StoredMessage&)>& visit);
  bool each_fact(u64 room, const std::function<void(const StoredFact&)>& visit);
  bool each_direct(const std::function<void(const StoredDirect&)>& visit);

  bool begin() { return db_.execute("BEGIN IMMEDIATE"); }
  bool commit() { return db_.execute("COMMIT"); }
  bool add_room(StoredRoom& room);  // gives it its number
  bool add_message(u64 room, const StoredMessage& message);
  bool add_fact(u64 room, const StoredFact& fact);
  bool add_direct(const StoredDirect& message);

  // What does not hold, a sentence each; at most `max`.
  std::vector<std::string> check(u32 max);
  std::string message() const { return db_.message(); }

 private:
  void check_rows(const char* sql, std::vector<std::string>& found, u32 max);
  Sqlite db_;
  SqliteStatement add_message_;
  SqliteStatement add_event_;
};

}  // namespace perseid
