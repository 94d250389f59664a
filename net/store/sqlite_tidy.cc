// SqliteBackend: retention, a few rooms and a few hundred messages at a time, so that nobody waits
// long behind it.
#include "net/store/sqlite_backend.h"

namespace perseid {
namespace {

constexpr u64 kRoomsPerLook = 256;
constexpr u64 kMessagesPerLook = 1000;

}  // namespace

StoreBackend::Tidied SqliteBackend::tidy(u64 now_unix_ms) {
  Tidied tidied;
  if (!db_.is_open()) return tidied;
  if (tidy_from_ == 0) tidied.removed = tidy_directs(now_unix_ms);
  tidied.more = tidied.removed > 0;
  if (tidied.more) return tidied;
  struct Row {
    u64 id, first, last, bytes;
  };
  std::vector<Row> rows;
  SqliteStatement& read = sql_.rooms_from;
  read.bind(1, tidy_from_).bind(2, kRoomsPerLook);
  while (read.row()) {
    rows.push_back({read.number(0), read.number(1), read.number(2), read.number(3)});
  }
  (void)read.reset();
  for (const Row& row : rows) {
    tidy_from_ = row.id + 1;
    Excess excess;
    if (!find_excess(row.id, row.first, row.last, row.bytes, now_unix_ms, excess)) continue;
    if (!remove(row.id, excess)) return tidied;
    tidied.removed = excess.count;
    tidied.more = true;
    if (excess.count >= kMessagesPerLook) tidy_from_ = row.id;  // there may be more of it
    return tidied;
  }
  tidied.more = rows.size() == kRoomsPerLook;
  if (!tidied.more) tidy_from_ = 0;
  return tidied;
}

// Of private messages the oldest go, whosever they are.
u64 SqliteBackend::tidy_directs(u64 now_unix_ms) {
  if (retention_.directs_max == 0 && retention_.age_ms_max == 0) return 0;
  const u64 newest = sql_.newest_direct.row() ? sql_.newest_direct.number(0) : 0;
  if (!sql_.newest_direct.reset()) return 0;
  DirectExcess excess{retention_, newest, now_unix_ms};
  SqliteStatement& oldest = sql_.oldest_directs;
  oldest.bind(1, kMessagesPerLook);
  while (oldest.row() && excess.take(oldest.number(0), oldest.number(1))) {
  }
  if (!oldest.reset() || excess.count == 0) return 0;
  if (sql_.drop_directs.bind(1, excess.end).run()) return excess.count;
  roll_back();
  return 0;
}

// The oldest, as long as there is too much.
bool SqliteBackend::find_excess(u64 room, Seq first, Seq last, u64 bytes, u64 now_unix_ms,
                                Excess& excess) {
  const u64 count = last + 1 - first;
  const bool by_count = retention_.messages_max != 0 && count > retention_.messages_max;
  const bool by_bytes = retention_.bytes_max != 0 && bytes > retention_.bytes_max;
  if (count == 0 || (!by_count && !by_bytes && retention_.age_ms_max == 0)) return false;
  SqliteStatement& oldest = sql_.oldest;
  oldest.bind(1, room).bind(2, kMessagesPerLook);
  while (oldest.row()) {
    const bool many =
        retention_.messages_max != 0 && count - excess.count > retention_.messages_max;
    const bool large = retention_.bytes_max != 0 && bytes > retention_.bytes_max + excess.bytes;
    const bool old =
        retention_.age_ms_max != 0 && oldest.number(1) + retention_.age_ms_max < now_unix_ms;
    if (!many && !large && !old) break;
    excess.seq = oldest.number(0) + 1;
    excess.bytes += oldest.number(2);
    ++excess.count;
  }
  return oldest.reset() && excess.count > 0;
}

// What it held becomes free pages, of which a few are given back to the disk.
bool SqliteBackend::remove(u64 room, const Excess& excess) {
  const bool done = sql_.begin.run() &&
                    sql_.drop_messages.bind(1, room).bind(2, excess.seq).run() &&
                    sql_.drop_events.bind(1, room).bind(2, excess.seq).run() &&
                    sql_.trim_room.bind(1, excess.seq).bind(2, excess.bytes).bind(3, room).run() &&
                    sql_.commit.run();
  if (!done) roll_back();
  return done && db_.execute("PRAGMA incremental_vacuum(64)");
}

}  // namespace perseid
