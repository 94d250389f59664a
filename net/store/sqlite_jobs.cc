// SqliteBackend: its statements, and what each job does with them.
#include <algorithm>
#include <utility>

#include "engine/parcel.h"
#include "net/store/page.h"
#include "net/store/sqlite_backend.h"

namespace perseid {
namespace {

constexpr u64 kMessageBytes = 64;  // what a message is reckoned at, beside its payload
constexpr u64 kActionLifeBits = 32;

StoredMessage message_of(const SqliteStatement& row) {
  return {.seq = row.number(0),
          .target = row.number(1),
          .timestamp_unix_ms = row.number(2),
          .sender = row.number(3),
          .payload = std::string(row.text(4))};
}

// Rows as far as they fit; the first in any case. `cut`: the target of the first that does not.
bool take_rows(SqliteStatement& rows, u64 bytes_max, std::vector<StoredMessage>& out, Seq& cut) {
  u64 bytes = 0;
  while (rows.row()) {
    bytes += rows.text(4).size() + kMessageBytes;
    if (bytes > bytes_max && !out.empty()) {
      cut = rows.number(1);
      break;
    }
    out.push_back(message_of(rows));
  }
  return rows.reset();
}

}  // namespace

bool SqliteBackend::prepare() {
  const struct {
    SqliteStatement& statement;
    const char* sql;
  } statements[] = {
      {sql_.begin, "BEGIN"},
      {sql_.commit, "COMMIT"},
      {sql_.rollback, "ROLLBACK"},
      {sql_.find_room,
       "SELECT id, epoch, last_seq, action_seq, open, behind FROM rooms WHERE name = ?1"},
      {sql_.load_room, "SELECT last_seq, behind FROM rooms WHERE id = ?1"},
      {sql_.count_rooms, "SELECT count(*) FROM rooms"},
      {sql_.add_room,
       "INSERT INTO rooms(name, epoch, first_seq, last_seq, bytes, action_seq, open, behind, "
       "used_unix_ms) VALUES(?1, ?2, 1, 0, 0, 0, 1, 0, ?3)"},
      {sql_.open_room,
       "UPDATE rooms SET epoch = ?1, action_seq = ?2, open = 1, behind = 0, used_unix_ms = ?3 "
       "WHERE id = ?4"},
      {sql_.close_room,
       "UPDATE rooms SET open = 0, behind = 0, action_seq = ?1, used_unix_ms = ?2 WHERE id = ?3"},
      {sql_.save_room,
       "UPDATE rooms SET last_seq = ?1, behind = ?2, bytes = bytes + ?3 WHERE id = ?4"},
      {sql_.add_message, "INSERT INTO messages VALUES(?1, ?2, ?3, ?4, ?5)"},
      {sql_.add_event, "INSERT INTO events VALUES(?1, ?2, ?6, ?3, ?4, ?5)"},
      {sql_.newest,
       "SELECT seq, 0, timestamp_unix_ms, sender, payload FROM messages WHERE room = ?1 UNION ALL "
       "SELECT seq, target, timestamp_unix_ms, sender, payload FROM events WHERE room = ?1 "
       "ORDER BY 1 DESC LIMIT ?2"},
      {sql_.page,
       "SELECT seq, 0, timestamp_unix_ms, sender, payload FROM messages "
       "WHERE room = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"},
      {sql_.page_events,
       "SELECT seq, target, timestamp_unix_ms, sender, payload FROM events "
       "WHERE room = ?1 AND target BETWEEN ?2 AND ?3 ORDER BY target DESC, seq DESC"},
      {sql_.facts, "SELECT key, value FROM facts WHERE room = ?1"},
      {sql_.put_fact, "INSERT OR REPLACE INTO facts VALUES(?1, ?2, ?3)"},
      {sql_.drop_fact, "DELETE FROM facts WHERE room = ?1 AND key = ?2"},
      {sql_.add_direct,
       "INSERT INTO directs(one, other, sender, timestamp_unix_ms, payload) "
       "VALUES(?1, ?2, ?3, ?4, ?5)"},
      {sql_.read_directs,
       "SELECT number, sender, timestamp_unix_ms, payload FROM directs "
       "WHERE one = ?1 AND other = ?2 AND number < ?3 ORDER BY number DESC LIMIT ?4"},
      {sql_.newest_direct, "SELECT coalesce(max(number), 0) FROM directs"},
      {sql_.oldest_directs,
       "SELECT number, timestamp_unix_ms FROM directs ORDER BY number LIMIT ?1"},
      {sql_.drop_directs, "DELETE FROM directs WHERE number < ?1"},
      {sql_.rooms_from,
       "SELECT id, first_seq, last_seq, bytes FROM rooms WHERE id >= ?1 ORDER BY id LIMIT ?2"},
      {sql_.oldest,
       "SELECT seq, timestamp_unix_ms, length(CAST(payload AS BLOB)) FROM messages "
       "WHERE room = ?1 UNION ALL "
       "SELECT seq, timestamp_unix_ms, length(CAST(payload AS BLOB)) FROM events "
       "WHERE room = ?1 ORDER BY 1 LIMIT ?2"},
      {sql_.drop_messages, "DELETE FROM messages WHERE room = ?1 AND seq < ?2"},
      {sql_.drop_events, "DELETE FROM events WHERE room = ?1 AND seq < ?2"},
      {sql_.trim_room, "UPDATE rooms SET first_seq = ?1, bytes = max(0, bytes - ?2) WHERE id = ?3"},
  };
  return std::all_of(std::begin(statements), std::end(statements),
                     [this](const auto& each) { return each.statement.prepare(db_, each.sql); });
}

bool SqliteBackend::open_room(store::OpenRoom& ask, Error& error) {
  SqliteStatement& find = sql_.find_room;
  ask.found = find.bind(1, ask.name).row();
  if (ask.found) {
    ask.room = find.number(0);
    ask.epoch = find.text(1);
    ask.last_seq = find.number(2);
    ask.action_seq = find.number(3);
    const bool was_open = find.number(4) != 0;
    if (find.number(5) != 0) {
      // Some of what members saw may be missing: a new epoch, behind what there is.
      ask.epoch = ask.fresh_epoch;
      ask.action_seq = 0;
    } else if (was_open) {
      // Nobody knows how many actions there were.
      ask.action_seq = ((ask.action_seq >> kActionLifeBits) + 1) << kActionLifeBits;
    }
  }
  if (!find.reset()) return false;
  if (!ask.found) {
    const bool counted = sql_.count_rooms.row();
    if (counted && sql_.count_rooms.number(0) >= retention_.rooms_max) error = Error::room_limit;
    if (!sql_.count_rooms.reset()) return false;
    if (error != Error::ok) return true;
    ask.epoch = ask.fresh_epoch;
    if (!sql_.add_room.bind(1, ask.name).bind(2, ask.epoch).bind(3, now_unix_ms_).run()) {
      return false;
    }
    ask.room = static_cast<u64>(db_.last_row());
  } else {
    sql_.open_room.bind(1, ask.epoch).bind(2, ask.action_seq).bind(3, now_unix_ms_);
    if (!sql_.open_room.bind(4, ask.room).run()) return false;
  }
  rooms_[ask.room] = {.last_seq = ask.last_seq};
  return read_newest(ask);
}

bool SqliteBackend::read_newest(store::OpenRoom& ask) {
  ask.newest.clear();
  ask.facts.clear();
  sql_.newest.bind(1, ask.room).bind(2, ask.events_max);
  Seq cut = 0;
  if (!take_rows(sql_.newest, ask.bytes_max, ask.newest, cut)) return false;
  std::reverse(ask.newest.begin(), ask.newest.end());
  sql_.facts.bind(1, ask.room);
  while (sql_.facts.row()) {
    ask.facts.push_back({std::string(sql_.facts.text(0)), std::string(sql_.facts.text(1))});
  }
  return sql_.facts.reset();
}

// A transaction that failed has made us forget the rooms.
SqliteBackend::KnownRoom* SqliteBackend::known(u64 number) {
  const auto it = rooms_.find(number);
  if (it != rooms_.end()) return &it->second;
  KnownRoom room;
  const bool found = sql_.load_room.bind(1, number).row();
  if (found) {
    room = {.last_seq = sql_.load_room.number(0), .behind = sql_.load_room.number(1) != 0};
  }
  if (!sql_.load_room.reset() || !found) return nullptr;
  return &(rooms_[number] = room);
}

bool SqliteBackend::append(store::Append& batch, Error& error) {
  KnownRoom* found = known(batch.room);
  if (found == nullptr || batch.entries.front().seq != found->last_seq + 1) {
    error = Error::store_unavailable;
    return true;
  }
  KnownRoom& room = *found;
  for (const store::Entry& entry : batch.entries) {
    const std::string_view payload = open_parcel(entry.parcel).payload;
    SqliteStatement& add = entry.target == 0 ? sql_.add_message : sql_.add_event;
    add.bind(1, batch.room).bind(2, entry.seq).bind(3, entry.timestamp_unix_ms);
    add.bind(4, entry.sender.value).bind(5, payload);
    if (entry.target != 0) add.bind(6, entry.target);
    if (!add.run()) return false;
    room.last_seq = entry.seq;
    room.bytes_added += payload.size();
  }
  room.behind |= batch.behind;
  if (!std::exchange(room.changed, true)) changed_.push_back(batch.room);
  return true;
}

bool SqliteBackend::read_page(store::ReadPage& ask) {
  ask.messages.clear();
  ask.events.clear();
  // SQLite counts below 2^63.
  const u64 before = std::min(ask.before, ~u64{0} >> 1);
  sql_.page.bind(1, ask.room).bind(2, before).bind(3, ask.limit);
  Seq cut = 0;
  if (!take_rows(sql_.page, ask.bytes_max, ask.messages, cut)) return false;
  if (ask.messages.empty()) return true;
  std::reverse(ask.messages.begin(), ask.messages.end());
  sql_.page_events.bind(1, ask.room).bind(2, ask.messages.front().seq);
  sql_.page_events.bind(3, ask.messages.back().seq);
  if (!take_rows(sql_.page_events, ask.bytes_max, ask.events, cut)) return false;
  settle_page(ask, cut);
  return true;
}

bool SqliteBackend::put_fact(const store::PutFact& put) {
  return sql_.put_fact.bind(1, put.room).bind(2, put.fact.key).bind(3, put.fact.value).run();
}

bool SqliteBackend::drop_fact(const store::DropFact& drop) {
  return sql_.drop_fact.bind(1, drop.room).bind(2, drop.key).run();
}

bool SqliteBackend::add_direct(store::AppendDirect& ask) {
  const StoredDirect& message = ask.message;
  sql_.add_direct.bind(1, std::min(message.from, message.to));
  sql_.add_direct.bind(2, std::max(message.from, message.to)).bind(3, message.from);
  if (!sql_.add_direct.bind(4, message.timestamp_unix_ms).bind(5, message.payload).run()) {
    return false;
  }
  ask.message.number = static_cast<u64>(db_.last_row());
  return true;
}

bool SqliteBackend::read_directs(store::ReadDirect& ask) {
  ask.messages.clear();
  SqliteStatement& read = sql_.read_directs;
  read.bind(1, std::min(ask.one, ask.other)).bind(2, std::max(ask.one, ask.other));
  read.bind(3, std::min(ask.before, ~u64{0} >> 1)).bind(4, ask.limit);
  u64 bytes = 0;
  while (read.row()) {
    bytes += read.text(3).size() + kMessageBytes;
    if (bytes > ask.bytes_max && !ask.messages.empty()) break;
    const std::string from(read.text(1));
    ask.messages.push_back({.number = read.number(0),
                            .timestamp_unix_ms = read.number(2),
                            .from = from,
                            .to = from == ask.one ? ask.other : ask.one,
                            .payload = std::string(read.text(3))});
  }
  std::reverse(ask.messages.begin(), ask.messages.end());
  return read.reset();
}

// Not if members have seen what is not here: the next opening then begins a new epoch.
bool SqliteBackend::close_room(const store::CloseRoom& close) {
  const KnownRoom* room = known(close.room);
  if (room == nullptr) return true;
  const bool whole = !room->behind || room->last_seq == close.last_seq;
  if (!save_rooms()) return false;
  rooms_.erase(close.room);
  if (!whole) return true;
  return sql_.close_room.bind(1, close.action_seq).bind(2, now_unix_ms_).bind(3, close.room).run();
}

}  // namespace perseid
