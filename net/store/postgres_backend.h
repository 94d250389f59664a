// PostgresBackend: the store in a PostgreSQL database, schema "perseid": the same rooms, messages
// and facts as in the SQLite file. One relay at a time, which holds an advisory lock.
// Thread: the worker's (see StoreBackend). Owns: the connection; what it knows of the rooms.
// Invariants: what was refused is not there: where a commit's answer was lost with the connection,
// what may have been written is removed before anything else is. A lost connection is made again
// with the next jobs.
#pragma once

#include <unordered_map>
#include <vector>

#include "net/store/backend.h"
#include "net/store/postgres.h"

namespace perseid {

class PostgresBackend final : public StoreBackend {
 public:
  PostgresBackend(std::string uri, Retention retention)
      : uri_(std::move(uri)), retention_(retention) {}

  bool exists() const override { return true; }
  std::string open() override;
  void run(std::span<const std::unique_ptr<StoreJob>> jobs, u64 now_unix_ms) override;
  Tidied tidy(u64 now_unix_ms) override;

 private:
  struct KnownRoom {
    Seq last_seq = 0;
    Seq kept_seq = 0;  // as of the last commit that was answered
    bool behind = false;
    bool changed = false;  // since it was saved
    bool touched = false;  // in touched_
    bool closed = false;
    u64 bytes_added = 0;
  };

  std::string make_schema();
  bool prepare();
  bool run_together(std::span<const std::unique_ptr<StoreJob>> jobs);
  void run_reads(std::span<const std::unique_ptr<StoreJob>> jobs);
  bool settle_doubts();
  bool save_rooms();
  void touch(u64 number, KnownRoom& room);
  void kept();
  void lost();
  bool run_one(StoreJob& job);
  bool open_room(store::OpenRoom& ask, Error& error);
  bool add_room(store::OpenRoom& ask, Error& error);
  bool read_newest(store::OpenRoom& ask);
  bool append(store::Append& batch, Error& error);
  bool read_page(store::ReadPage& ask);
  bool add_direct(store::AppendDirect& ask);
  bool read_directs(store::ReadDirect& ask);
  bool close_room(const store::CloseRoom& close);
  bool tidy_directs(u64 now_unix_ms, Tidied& tidied);
  bool tidy_room(const PgRows& rooms, int row, u64 now_unix_ms, Tidied& tidied);

  const std::string uri_;
  const Retention retention_;
  Postgres db_;
  std::unordered_map<u64, KnownRoom> rooms_;
  std::vector<u64> touched_;   // by the jobs of this transaction
  std::vector<u64> doubtful_;  // the database may hold more of them than kept_seq
  // Private messages have a number: the first that this transaction has added, and the first of
  // which the database may hold what was refused; 0: none.
  u64 directs_begun_ = 0;
  u64 directs_doubtful_ = 0;
  u64 now_unix_ms_ = 0;
  u64 tidy_from_ = 0;
  u64 retry_at_unix_ms_ = 0;  // a database that is not there is not asked for by every job
};

}  // namespace perseid
