#include "net/store/sqlite_schema.h"

namespace perseid {
namespace {

// One per version, never changed once it was published: from an empty file, each brings the one
// before it to its own.
//
// rooms.last_seq stays when retention has removed the messages; first_seq is the oldest kept.
// rooms.open: not closed cleanly yet. rooms.behind: members have seen what may not be stored.
// messages and events are one lane: a seq stands in one of them.
constexpr const char* kMigrations[kStoreVersion] = {
    R"(
CREATE TABLE rooms(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, bytes INTEGER NOT NULL,
  action_seq INTEGER NOT NULL, open INTEGER NOT NULL, behind INTEGER NOT NULL,
  used_unix_ms INTEGER NOT NULL);
CREATE TABLE messages(
  room INTEGER NOT NULL, seq INTEGER NOT NULL, timestamp_unix_ms INTEGER NOT NULL,
  sender INTEGER NOT NULL, payload TEXT NOT NULL, PRIMARY KEY(room, seq)) WITHOUT ROWID;
CREATE TABLE events(
  room INTEGER NOT NULL, seq INTEGER NOT NULL, target INTEGER NOT NULL,
  timestamp_unix_ms INTEGER NOT NULL, sender INTEGER NOT NULL, payload TEXT NOT NULL,
  PRIMARY KEY(room, seq)) WITHOUT ROWID;
CREATE INDEX events_by_target ON events(room, target, seq);
CREATE TABLE facts(
  room INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(room, key)) WITHOUT ROWID;
CREATE TABLE directs(
  number INTEGER PRIMARY KEY AUTOINCREMENT, one TEXT NOT NULL, other TEXT NOT NULL,
  sender TEXT NOT NULL, timestamp_unix_ms INTEGER NOT NULL, payload TEXT NOT NULL);
CREATE INDEX directs_by_pair ON directs(one, other, number);
)"};

// Every commit is on the disk when it returns; the log is copied back after some 16 MB.
constexpr const char* kSettings =
    "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;"
    "PRAGMA temp_store = MEMORY;";

std::string damaged(const std::string& path, const std::string& what) {
  const std::string folder = path.substr(0, path.find_last_of('/'));
  return path + " is damaged (" + what +
         "). Nothing was changed. To see what is left: perseidctl " + "check --data-dir " + folder +
         "; to save it: perseidctl export --data-dir " + folder +
         "; to begin anew: move it away, with its -wal file.";
}

std::string trouble(const Sqlite& db, const std::string& path) {
  if (db.is_damaged()) return damaged(path, db.message());
  if (db.is_busy()) {
    return path + " is in use by another process: one relay or tool at a time, or another " +
           "--data-dir.";
  }
  return path + ": " + db.message();
}

bool migrate(Sqlite& db, u32 from) {
  for (u32 version = from; version < kStoreVersion; ++version) {
    const std::string done = "PRAGMA user_version = " + std::to_string(version + 1);
    if (db.execute("BEGIN IMMEDIATE") && db.execute(kMigrations[version]) &&
        db.execute(done.c_str()) && db.execute("COMMIT")) {
      continue;
    }
    return false;
  }
  return true;
}

}  // namespace

std::string prepare_store(Sqlite& db, const std::string& path, Sqlite::Mode mode) {
  // Exclusive: no other process reads or writes, and no shared-memory file is needed.
  if (!db.open(path, mode) || !db.execute("PRAGMA locking_mode = EXCLUSIVE")) {
    return trouble(db, path);
  }
  bool ok = true;
  const std::string version = db.text("PRAGMA user_version", ok);
  if (!ok) return trouble(db, path);
  const u64 number = std::stoull(version);
  if (number > kStoreVersion) {
    return path + " was made by a newer perseid (its version is " + version +
           ", this program knows up to " + std::to_string(kStoreVersion) +
           "): run that one, or use another --data-dir.";
  }
  const std::string check = db.text("PRAGMA quick_check(1)", ok);
  if (!ok) return trouble(db, path);
  if (check != "ok") return damaged(path, check);
  if (number == 0 && db.text("SELECT count(*) FROM sqlite_schema", ok) != "0") {
    return path + " is another program's: use another --data-dir.";
  }
  if (mode == Sqlite::Mode::read_only) return number == kStoreVersion ? "" : path + " is empty.";
  if (!db.execute(kSettings) || !migrate(db, static_cast<u32>(number))) return trouble(db, path);
  return {};
}

}  // namespace perseid
