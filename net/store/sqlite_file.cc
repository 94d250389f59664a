#include "net/store/sqlite_file.h"

#include <unistd.h>

#include <algorithm>

#include "net/store/sqlite_backend.h"
#include "net/store/sqlite_schema.h"

namespace perseid {

std::string StoreFile::look(const std::string& folder) {
  const std::string path = folder + "/" + kStoreFile;
  if (::access(path.c_str(), F_OK) != 0) return path + ": there is no store.";
  bool ok = db_.open(path, Sqlite::Mode::existing) &&
            db_.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = 1");
  const std::string version = ok ? db_.text("PRAGMA user_version", ok) : "";
  if (!ok && db_.is_busy()) return path + " is in use by another process; stop the relay first.";
  if (!ok) return path + ": " + db_.message();
  if (version == std::to_string(kStoreVersion)) return {};
  return path + ": its version is " + version + ", this program's is " +
         std::to_string(kStoreVersion) + ".";
}

std::string StoreFile::make(const std::string& folder) {
  {
    SqliteBackend maker(folder, {});
    if (std::string problem = maker.open(); !problem.empty()) return problem;
  }
  const std::string path = folder + "/" + kStoreFile;
  if (std::string problem = prepare_store(db_, path, Sqlite::Mode::existing); !problem.empty()) {
    return problem;
  }
  db_.set_tidy_close(true);
  const bool ok = add_message_.prepare(db_, "INSERT INTO messages VALUES(?1, ?2, ?3, ?4, ?5)") &&
                  add_event_.prepare(db_, "INSERT INTO events VALUES(?1, ?2, ?6, ?3, ?4, ?5)");
  return ok ? "" : path + ": " + db_.message();
}

bool StoreFile::each_room(const std::function<void(const StoredRoom&)>& visit) {
  SqliteStatement rows;
  if (!rows.prepare(db_,
                    "SELECT id, name, epoch, first_seq, last_seq, bytes, action_seq, open, behind, "
                    "used_unix_ms FROM rooms ORDER BY id")) {
    return false;
  }
  while (rows.row()) {
    visit({.number = rows.number(0),
           .name = std::string(rows.text(1)),
           .epoch = std::string(rows.text(2)),
           .first_seq = rows.number(3),
           .last_seq = rows.number(4),
           .bytes = rows.number(5),
           .action_seq = rows.number(6),
           .open = rows.number(7) != 0,
           .behind = rows.number(8) != 0,
           .used_unix_ms = rows.number(9)});
  }
  return rows.reset();
}

bool StoreFile::each_message(u64 room, const std::function<void(const StoredMessage&)>& visit) {
  SqliteStatement rows;
  if (!rows.prepare(
          db_,
          "SELECT seq, 0, timestamp_unix_ms, sender, payload FROM messages WHERE room = ?1 "
          "UNION ALL SELECT seq, target, timestamp_unix_ms, sender, payload FROM events "
          "WHERE room = ?1 ORDER BY 1")) {
    return false;
  }
  rows.bind(1, room);
  while (rows.row()) {
    visit({.seq = rows.number(0),
           .target = rows.number(1),
           .timestamp_unix_ms = rows.number(2),
           .sender = rows.number(3),
           .payload = std::string(rows.text(4))});
  }
  return rows.reset();
}

bool StoreFile::each_fact(u64 room, const std::function<void(const StoredFact&)>& visit) {
  SqliteStatement rows;
  if (!rows.prepare(db_, "SELECT key, value FROM facts WHERE room = ?1 ORDER BY key")) return false;
  rows.bind(1, room);
  while (rows.row()) visit({std::string(rows.text(0)), std::string(rows.text(1))});
  return rows.reset();
}

bool StoreFile::each_direct(const std::function<void(const StoredDirect&)>& visit) {
  SqliteStatement rows;
  if (!rows.prepare(db_,
                    "SELECT number, timestamp_unix_ms, sender, CASE sender WHEN one THEN other "
                    "ELSE one END, payload FROM directs ORDER BY number")) {
    return false;
  }
  while (rows.row()) {
    visit({.number = rows.number(0),
           .timestamp_unix_ms = rows.number(1),
           .from = std::string(rows.text(2)),
           .to = std::string(rows.text(3)),
           .payload = std::string(rows.text(4))});
  }
  return rows.reset();
}

bool StoreFile::add_room(StoredRoom& room) {
  SqliteStatement add;
  if (!add.prepare(db_,
                   "INSERT INTO rooms(name, epoch, first_seq, last_seq, bytes, action_seq, open, "
                   "behind, used_unix_ms) VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8)")) {
    return false;
  }
  add.bind(1, room.name).bind(2, room.epoch).bind(3, room.first_seq).bind(4, room.last_seq);
  add.bind(5, room.action_seq).bind(6, u64{room.open}).bind(7, u64{room.behind});
  if (!add.bind(8, room.used_unix_ms).run()) return false;
  room.number = static_cast<u64>(db_.last_row());
  return true;
}

bool StoreFile::add_message(u64 room, const StoredMessage& message) {
  SqliteStatement& add = message.target == 0 ? add_message_ : add_event_;
  add.bind(1, room).bind(2, message.seq).bind(3, message.timestamp_unix_ms);
  add.bind(4, message.sender).bind(5, message.payload);
  if (message.target != 0) add.bind(6, message.target);
  if (!add.run()) return false;
  SqliteStatement grow;
  return grow.prepare(db_, "UPDATE rooms SET bytes = bytes + ?1 WHERE id = ?2") &&
         grow.bind(1, message.payload.size()).bind(2, room).run();
}

bool StoreFile::add_fact(u64 room, const StoredFact& fact) {
  SqliteStatement add;
  return add.prepare(db_, "INSERT INTO facts VALUES(?1, ?2, ?3)") &&
         add.bind(1, room).bind(2, fact.key).bind(3, fact.value).run();
}

bool StoreFile::add_direct(const StoredDirect& message) {
  SqliteStatement add;
  return add.prepare(db_,
                     "INSERT INTO directs(one, other, sender, timestamp_unix_ms, payload) "
                     "VALUES(?1, ?2, ?3, ?4, ?5)") &&
         add.bind(1, std::min(message.from, message.to))
             .bind(2, std::max(message.from, message.to))
             .bind(3, message.from)
             .bind(4, message.timestamp_unix_ms)
             .bind(5, message.payload)
             .run();
}

void StoreFile::check_rows(const char* sql, std::vector<std::string>& found, u32 max) {
  SqliteStatement rows;
  bool ok = rows.prepare(db_, sql);
  while (ok && found.size() < max && rows.row()) found.emplace_back(rows.text(0));
  if (!ok || (!rows.reset() && found.size() < max)) found.push_back(db_.message());
}

std::vector<std::string> StoreFile::check(u32 max) {
  std::vector<std::string> found;
  check_rows("SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'", found, max);
  if (!found.empty()) return found;
  // A lane: every seq from the first that is kept to the last, once.
  check_rows(R"(
WITH lane AS (SELECT room, seq, length(CAST(payload AS BLOB)) AS bytes FROM messages
              UNION ALL SELECT room, seq, length(CAST(payload AS BLOB)) FROM events),
     sums AS (SELECT room, count(*) AS n, count(DISTINCT seq) AS seqs, min(seq) AS least,
                     max(seq) AS most, sum(bytes) AS bytes FROM lane GROUP BY room)
SELECT 'room "' || name || '": ' || CASE
  WHEN coalesce(n, 0) <> coalesce(seqs, 0) THEN 'a seq stands there twice'
  WHEN coalesce(n, 0) <> last_seq - first_seq + 1 THEN
    coalesce(n, 0) || ' messages for the seqs ' || first_seq || ' to ' || last_seq
  WHEN n > 0 AND (least <> first_seq OR most <> last_seq) THEN 'its seqs are not those it says'
  ELSE 'it says ' || rooms.bytes || ' bytes and has ' || coalesce(sums.bytes, 0) END
FROM rooms LEFT JOIN sums ON sums.room = rooms.id
WHERE coalesce(n, 0) <> coalesce(seqs, 0) OR coalesce(n, 0) <> last_seq - first_seq + 1
   OR (n > 0 AND (least <> first_seq OR most <> last_seq))
   OR rooms.bytes <> coalesce(sums.bytes, 0))",
             found, max);
  check_rows(R"(
SELECT what || ' of no room: ' || n FROM (
  SELECT 'messages' AS what, count(*) AS n FROM messages WHERE room NOT IN (SELECT id FROM rooms)
  UNION ALL SELECT 'events', count(*) FROM events WHERE room NOT IN (SELECT id FROM rooms)
  UNION ALL SELECT 'facts', count(*) FROM facts WHERE room NOT IN (SELECT id FROM rooms))
WHERE n > 0)",
             found, max);
  return found;
}

}  // namespace perseid
