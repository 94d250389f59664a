// SqliteBackend: the embedded store: one SQLite file in a directory, write-ahead log, every commit
// synced to the disk.
// Thread: the worker's (see StoreBackend). Owns: connection, statements, what it knows of the rooms
// that are open. Invariant: what it knows of a room is as on disk, or forgotten.
#pragma once

#include <unordered_map>
#include <vector>

#include "net/store/backend.h"
#include "net/store/sqlite.h"

namespace perseid {

class SqliteBackend final : public StoreBackend {
 public:
  SqliteBackend(std::string folder, Retention retention)
      : folder_(std::move(folder)), retention_(retention) {}

  bool exists() const override;
  std::string open() override;
  void run(std::span<const std::unique_ptr<StoreJob>> jobs, u64 now_unix_ms) override;
  Tidied tidy(u64 now_unix_ms) override;

 private:
  struct KnownRoom {
    Seq last_seq = 0;
    bool behind = false;
    bool changed = false;
    u64 bytes_added = 0;
  };
  struct Statements {
    SqliteStatement begin, commit, rollback;
    SqliteStatement find_room, load_room, count_rooms, add_room, open_room, close_room, save_room;
    SqliteStatement add_message, add_event, newest, page, page_events;
    SqliteStatement facts, put_fact, drop_fact, add_direct, read_directs;
    SqliteStatement newest_direct, oldest_directs, drop_directs;
    SqliteStatement rooms_from, oldest, drop_messages, drop_events, trim_room;
  };

  bool prepare();
  bool has_marker() const;
  bool write_marker() const;
  bool run_together(std::span<const std::unique_ptr<StoreJob>> jobs);
  void run_reads(std::span<const std::unique_ptr<StoreJob>> jobs);
  bool save_rooms();
  void roll_back();
  KnownRoom* known(u64 room);  // null if the file does not know it, or cannot be read
  // Each: false if the database failed, which fails the transaction; else the job has its error.
  bool run_one(StoreJob& job);
  bool open_room(store::OpenRoom& ask, Error& error);
  bool read_newest(store::OpenRoom& ask);
  bool append(store::Append& batch, Error& error);
  bool read_page(store::ReadPage& ask);
  bool put_fact(const store::PutFact& put);
  bool drop_fact(const store::DropFact& drop);
  bool add_direct(store::AppendDirect& ask);
  bool read_directs(store::ReadDirect& ask);
  bool close_room(const store::CloseRoom& close);
  // What of a room is to go: everything before `seq`.
  struct Excess {
    Seq seq = 0;
    u64 bytes = 0;
    u64 count = 0;
  };
  bool find_excess(u64 room, Seq first, Seq last, u64 bytes, u64 now_unix_ms, Excess& excess);
  bool remove(u64 room, const Excess& excess);
  u64 tidy_directs(u64 now_unix_ms);  // how many are gone

  const std::string folder_;
  const Retention retention_;
  Sqlite db_;
  Statements sql_;
  std::unordered_map<u64, KnownRoom> rooms_;
  std::vector<u64> changed_;  // rooms to be saved before the commit
  u64 now_unix_ms_ = 0;
  u64 tidy_from_ = 0;  // the room that is looked at next
};

}  // namespace perseid
