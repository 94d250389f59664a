// PostgresBackend: its statements, and what each job does with them.
#include <algorithm>

#include "engine/parcel.h"
#include "net/store/page.h"
#include "net/store/postgres_backend.h"

namespace perseid {
namespace {

constexpr u64 kMessageBytes = 64;  // what a message is reckoned at, beside its payload
constexpr u64 kActionLifeBits = 32;
constexpr u64 kRoomsPerLook = 256;
constexpr u64 kMessagesPerLook = 1000;
constexpr u64 kNumberMax = ~u64{0} >> 1;

constexpr struct {
  const char* name;
  const char* sql;
} kStatements[] = {
    {"begin", "BEGIN"},
    {"commit", "COMMIT"},
    {"rollback", "ROLLBACK"},
    {"find_room",
     "SELECT id, epoch, last_seq, action_seq, open, behind FROM rooms WHERE name = $1"},
    {"count_rooms", "SELECT count(*) FROM rooms"},
    {"add_room",
     "INSERT INTO rooms(name, epoch, first_seq, last_seq, bytes, action_seq, open, behind, "
     "used_unix_ms) VALUES($1, $2, 1, 0, 0, 0, 1, 0, $3) RETURNING id"},
    {"open_room",
     "UPDATE rooms SET epoch = $2, action_seq = $3, open = 1, behind = 0, used_unix_ms = $4 "
     "WHERE id = $1"},
    {"close_room",
     "UPDATE rooms SET open = 0, behind = 0, action_seq = $2, used_unix_ms = $3 WHERE id = $1"},
    {"save_room", "UPDATE rooms SET last_seq = $2, behind = $3, bytes = bytes + $4 WHERE id = $1"},
    {"cut_room",
     "WITH gone AS (DELETE FROM messages WHERE room = $1 AND seq > $2 "
     "RETURNING octet_length(payload) AS bytes), "
     "more AS (DELETE FROM events WHERE room = $1 AND seq > $2 "
     "RETURNING octet_length(payload) AS bytes) "
     "UPDATE rooms SET last_seq = least(last_seq, $2), bytes = bytes - "
     "(SELECT coalesce(sum(bytes), 0) FROM gone) - (SELECT coalesce(sum(bytes), 0) FROM more) "
     "WHERE id = $1"},
    {"add_message", "INSERT INTO messages VALUES($1, $2, $3, $4, $5)"},
    {"add_event", "INSERT INTO events VALUES($1, $2, $6, $3, $4, $5)"},
    {"newest",
     "(SELECT seq, 0::bigint AS target, timestamp_unix_ms, sender, payload FROM messages "
     "WHERE room = $1 ORDER BY seq DESC LIMIT $2) UNION ALL "
     "(SELECT seq, target, timestamp_unix_ms, sender, payload FROM events "
     "WHERE room = $1 ORDER BY seq DESC LIMIT $2) ORDER BY seq DESC LIMIT $2"},
    {"page",
     "SELECT seq, 0::bigint, timestamp_unix_ms, sender, payload FROM messages "
     "WHERE room = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"},
    {"page_events",
     "SELECT seq, target, timestamp_unix_ms, sender, payload FROM events "
     "WHERE room = $1 AND target BETWEEN $2 AND $3 ORDER BY target DESC, seq DESC LIMIT $4"},
    {"facts", "SELECT key, value FROM facts WHERE room = $1"},
    {"put_fact",
     "INSERT INTO facts VALUES($1, $2, $3) ON CONFLICT(room, key) DO UPDATE SET value = $3"},
    {"drop_fact", "DELETE FROM facts WHERE room = $1 AND key = $2"},
    {"add_direct",
     "INSERT INTO directs(one, other, sender, timestamp_unix_ms, payload) "
     "VALUES($1, $2, $3, $4, $5) RETURNING number"},
    {"read_directs",
     "SELECT number, sender, timestamp_unix_ms, payload FROM directs "
     "WHERE one = $1 AND other = $2 AND number < $3 ORDER BY number DESC LIMIT $4"},
    {"cut_directs", "DELETE FROM directs WHERE number >= $1"},
    {"newest_direct", "SELECT coalesce(max(number), 0) FROM directs"},
    {"oldest_directs", "SELECT number, timestamp_unix_ms FROM directs ORDER BY number LIMIT $1"},
    {"drop_directs", "DELETE FROM directs WHERE number < $1"},
    {"rooms_from",
     "SELECT id, first_seq, last_seq, bytes FROM rooms WHERE id >= $1 ORDER BY id LIMIT $2"},
    {"oldest",
     "(SELECT seq, timestamp_unix_ms, octet_length(payload) FROM messages WHERE room = $1 "
     "ORDER BY seq LIMIT $2) UNION ALL "
     "(SELECT seq, timestamp_unix_ms, octet_length(payload) FROM events WHERE room = $1 "
     "ORDER BY seq LIMIT $2) ORDER BY seq LIMIT $2"},
    {"drop_messages", "DELETE FROM messages WHERE room = $1 AND seq < $2"},
    {"drop_events", "DELETE FROM events WHERE room = $1 AND seq < $2"},
    {"trim_room", "UPDATE rooms SET first_seq = $2, bytes = greatest(0, bytes - $3) WHERE id = $1"},
};

// Rows as far as they fit; the first in any case. Returns the target of the first that does
// not, or 0.
Seq take_rows(const PgRows& rows, u64 bytes_max, std::vector<StoredMessage>& out) {
  u64 bytes = 0;
  for (int row = 0; row < rows.size(); ++row) {
    bytes += rows.text(row, 4).size() + kMessageBytes;
    if (bytes > bytes_max && !out.empty()) return rows.number(row, 1);
    out.push_back({.seq = rows.number(row, 0),
                   .target = rows.number(row, 1),
                   .timestamp_unix_ms = rows.number(row, 2),
                   .sender = rows.number(row, 3),
                   .payload = std::string(rows.text(row, 4))});
  }
  return 0;
}

}  // namespace

bool PostgresBackend::prepare() {
  return std::all_of(std::begin(kStatements), std::end(kStatements),
                     [this](const auto& each) { return db_.prepare(each.name, each.sql); });
}

bool PostgresBackend::open_room(store::OpenRoom& ask, Error& error) {
  const PgRows rows = db_.ask("find_room", {std::string_view(ask.name)});
  if (!rows) return false;
  ask.found = rows.size() > 0;
  if (!ask.found) {
    if (!add_room(ask, error)) return false;
    if (error != Error::ok) return true;
  } else {
    ask.room = rows.number(0, 0);
    ask.epoch = rows.text(0, 1);
    ask.last_seq = rows.number(0, 2);
    ask.action_seq = rows.number(0, 3);
    if (rows.number(0, 5) != 0) {
      ask.epoch = ask.fresh_epoch;
      ask.action_seq = 0;
    } else if (rows.number(0, 4) != 0) {
      ask.action_seq = ((ask.action_seq >> kActionLifeBits) + 1) << kActionLifeBits;
    }
    if (!db_.send("open_room",
                  {ask.room, std::string_view(ask.epoch), ask.action_seq, now_unix_ms_})) {
      return false;
    }
  }
  KnownRoom& room = rooms_[ask.room];
  room = {.last_seq = ask.last_seq, .kept_seq = ask.last_seq, .touched = room.touched};
  return read_newest(ask);
}

bool PostgresBackend::add_room(store::OpenRoom& ask, Error& error) {
  const PgRows count = db_.ask("count_rooms", {});
  if (!count) return false;
  if (count.number(0, 0) >= retention_.rooms_max) {
    error = Error::room_limit;
    return true;
  }
  ask.epoch = ask.fresh_epoch;
  const PgRows added =
      db_.ask("add_room", {std::string_view(ask.name), std::string_view(ask.epoch), now_unix_ms_});
  if (!added) return false;
  ask.room = added.number(0, 0);
  return true;
}

bool PostgresBackend::read_newest(store::OpenRoom& ask) {
  ask.newest.clear();
  ask.facts.clear();
  const PgRows rows = db_.ask("newest", {ask.room, u64{ask.events_max}});
  const PgRows facts = db_.ask("facts", {ask.room});
  if (!rows || !facts) return false;
  (void)take_rows(rows, ask.bytes_max, ask.newest);
  std::reverse(ask.newest.begin(), ask.newest.end());
  for (int row = 0; row < facts.size(); ++row) {
    ask.facts.push_back({std::string(facts.text(row, 0)), std::string(facts.text(row, 1))});
  }
  return true;
}

bool PostgresBackend::append(store::Append& batch, Error& error) {
  const auto it = rooms_.find(batch.room);
  if (it == rooms_.end() || batch.entries.front().seq != it->second.last_seq + 1) {
    error = Error::store_unavailable;
    return true;
  }
  KnownRoom& room = it->second;
  touch(batch.room, room);
  for (const store::Entry& entry : batch.entries) {
    const std::string_view payload = open_parcel(entry.parcel).payload;
    const u64 at = entry.timestamp_unix_ms;
    const u64 sender = entry.sender.value;
    const bool sent =
        entry.target == 0
            ? db_.send("add_message", {batch.room, entry.seq, at, sender, payload})
            : db_.send("add_event", {batch.room, entry.seq, at, sender, payload, entry.target});
    room.last_seq = entry.seq;
    room.bytes_added += payload.size();
    if (!sent) return false;
  }
  room.behind |= batch.behind;
  room.changed = true;
  return true;
}

bool PostgresBackend::read_page(store::ReadPage& ask) {
  ask.messages.clear();
  ask.events.clear();
  const PgRows rows = db_.ask("page", {ask.room, std::min(ask.before, kNumberMax), u64{ask.limit}});
  if (!rows) return false;
  (void)take_rows(rows, ask.bytes_max, ask.messages);
  if (ask.messages.empty()) return true;
  std::reverse(ask.messages.begin(), ask.messages.end());
  // A row has some bytes at least, so that many more could not be taken.
  const u64 rows_max = ask.bytes_max / kMessageBytes + 2;
  const PgRows events = db_.ask(
      "page_events", {ask.room, ask.messages.front().seq, ask.messages.back().seq, rows_max});
  if (!events) return false;
  settle_page(ask, take_rows(events, ask.bytes_max, ask.events));
  return true;
}

bool PostgresBackend::add_direct(store::AppendDirect& ask) {
  const StoredDirect& message = ask.message;
  const PgRows rows =
      db_.ask("add_direct",
              {std::string_view(std::min(message.from, message.to)),
               std::string_view(std::max(message.from, message.to)), std::string_view(message.from),
               message.timestamp_unix_ms, std::string_view(message.payload)});
  if (!rows) return false;
  ask.message.number = rows.number(0, 0);
  if (directs_begun_ == 0) directs_begun_ = ask.message.number;
  return true;
}

bool PostgresBackend::read_directs(store::ReadDirect& ask) {
  ask.messages.clear();
  const PgRows rows = db_.ask("read_directs", {std::string_view(std::min(ask.one, ask.other)),
                                               std::string_view(std::max(ask.one, ask.other)),
                                               std::min(ask.before, kNumberMax), u64{ask.limit}});
  if (!rows) return false;
  u64 bytes = 0;
  for (int row = 0; row < rows.size(); ++row) {
    bytes += rows.text(row, 3).size() + kMessageBytes;
    if (bytes > ask.bytes_max && row > 0) break;
    const std::string from(rows.text(row, 1));
    ask.messages.push_back({.number = rows.number(row, 0),
                            .timestamp_unix_ms = rows.number(row, 2),
                            .from = from,
                            .to = from == ask.one ? ask.other : ask.one,
                            .payload = std::string(rows.text(row, 3))});
  }
  std::reverse(ask.messages.begin(), ask.messages.end());
  return true;
}

bool PostgresBackend::close_room(const store::CloseRoom& close) {
  const auto it = rooms_.find(close.room);
  if (it == rooms_.end()) return true;
  const bool whole = !it->second.behind || it->second.last_seq == close.last_seq;
  if (!save_rooms()) return false;
  touch(close.room, it->second);
  it->second.closed = true;
  return !whole || db_.send("close_room", {close.room, close.action_seq, now_unix_ms_});
}

StoreBackend::Tidied PostgresBackend::tidy(u64 now_unix_ms) {
  Tidied tidied;
  if (!db_.is_open()) return tidied;
  if (tidy_from_ == 0) {
    bool done = tidy_directs(now_unix_ms, tidied);
    done = db_.finish() && done;
    if (!done) return {};
    tidied.more = tidied.removed > 0;
    if (tidied.more) return tidied;
  }
  const PgRows rows = db_.ask("rooms_from", {tidy_from_, kRoomsPerLook});
  bool good = bool{rows};
  const int count = good ? rows.size() : 0;
  for (int row = 0; good && row < count && tidied.removed == 0; ++row) {
    tidy_from_ = rows.number(row, 0) + 1;
    good = tidy_room(rows, row, now_unix_ms, tidied);
  }
  good = db_.finish() && good;
  if (!good) return {};
  tidied.more = tidied.removed > 0 || static_cast<u64>(count) == kRoomsPerLook;
  if (!tidied.more) tidy_from_ = 0;
  return tidied;
}

// Of private messages the oldest go, whosever they are.
bool PostgresBackend::tidy_directs(u64 now_unix_ms, Tidied& tidied) {
  if (retention_.directs_max == 0 && retention_.age_ms_max == 0) return true;
  const PgRows newest = db_.ask("newest_direct", {});
  const PgRows oldest = db_.ask("oldest_directs", {kMessagesPerLook});
  if (!newest || !oldest) return false;
  DirectExcess excess{retention_, newest.number(0, 0), now_unix_ms};
  for (int row = 0; row < oldest.size(); ++row) {
    if (!excess.take(oldest.number(row, 0), oldest.number(row, 1))) break;
  }
  tidied.removed = excess.count;
  return excess.count == 0 || db_.send("drop_directs", {excess.end});
}

// The oldest, as long as there is too much. Outside of a transaction each statement is one.
bool PostgresBackend::tidy_room(const PgRows& rooms, int row, u64 now_unix_ms, Tidied& tidied) {
  const u64 room = rooms.number(row, 0);
  const u64 count = rooms.number(row, 2) + 1 - rooms.number(row, 1);
  const u64 bytes = rooms.number(row, 3);
  const bool by_count = retention_.messages_max != 0 && count > retention_.messages_max;
  const bool by_bytes = retention_.bytes_max != 0 && bytes > retention_.bytes_max;
  if (count == 0 || (!by_count && !by_bytes && retention_.age_ms_max == 0)) return true;
  const PgRows oldest = db_.ask("oldest", {room, kMessagesPerLook});
  if (!oldest) return false;
  Seq end = 0;
  u64 gone_bytes = 0;
  for (int i = 0; i < oldest.size(); ++i) {
    const bool many =
        retention_.messages_max != 0 && count - tidied.removed > retention_.messages_max;
    const bool large = retention_.bytes_max != 0 && bytes > retention_.bytes_max + gone_bytes;
    const bool old =
        retention_.age_ms_max != 0 && oldest.number(i, 1) + retention_.age_ms_max < now_unix_ms;
    if (!many && !large && !old) break;
    end = oldest.number(i, 0) + 1;
    gone_bytes += oldest.number(i, 2);
    ++tidied.removed;
  }
  if (tidied.removed == 0) return true;
  if (tidied.removed >= kMessagesPerLook) tidy_from_ = room;  // there may be more of it
  return db_.send("begin", {}) && db_.send("drop_messages", {room, end}) &&
         db_.send("drop_events", {room, end}) && db_.send("trim_room", {room, end, gone_bytes}) &&
         db_.send("commit", {});
}

}  // namespace perseid
