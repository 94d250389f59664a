#include "net/store/postgres_backend.h"

#include <utility>

namespace perseid {
namespace {

constexpr u32 kVersion = 1;
constexpr u64 kReconnectMs = 500;

// As in sqlite_schema.cc; one per version.
constexpr const char* kMigrations[kVersion] = {
    R"(
CREATE TABLE perseid.rooms(
  id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, epoch text NOT NULL,
  first_seq bigint NOT NULL, last_seq bigint NOT NULL, bytes bigint NOT NULL,
  action_seq bigint NOT NULL, open bigint NOT NULL, behind bigint NOT NULL,
  used_unix_ms bigint NOT NULL);
CREATE TABLE perseid.messages(
  room bigint NOT NULL, seq bigint NOT NULL, timestamp_unix_ms bigint NOT NULL,
  sender bigint NOT NULL, payload text NOT NULL, PRIMARY KEY(room, seq));
CREATE TABLE perseid.events(
  room bigint NOT NULL, seq bigint NOT NULL, target bigint NOT NULL,
  timestamp_unix_ms bigint NOT NULL, sender bigint NOT NULL, payload text NOT NULL,
  PRIMARY KEY(room, seq));
CREATE INDEX events_by_target ON perseid.events(room, target, seq);
CREATE TABLE perseid.facts(
  room bigint NOT NULL, key text NOT NULL, value text NOT NULL, PRIMARY KEY(room, key));
CREATE TABLE perseid.directs(
  number bigserial PRIMARY KEY, one text NOT NULL, other text NOT NULL,
  sender text NOT NULL, timestamp_unix_ms bigint NOT NULL, payload text NOT NULL);
CREATE INDEX directs_by_pair ON perseid.directs(one, other, number);
)"};

bool is_read(const StoreJob& job) {
  return std::holds_alternative<store::ReadPage>(job.body) ||
         std::holds_alternative<store::ReadDirect>(job.body);
}

}  // namespace

// The URI may bear a password, so it is not told.
std::string PostgresBackend::open() {
  if (db_.is_open()) return {};
  std::string problem;
  if (!db_.open(uri_)) {
    problem = db_.message();
  } else {
    problem = make_schema();
    if (problem.empty() && !(prepare() && db_.begin_pipeline())) problem = db_.message();
  }
  if (problem.empty()) return {};
  db_.close();
  return "--store postgresql: " + problem;
}

std::string PostgresBackend::make_schema() {
  // Of a relay that was just killed the server may not have noticed yet.
  if (!db_.execute("SET lock_timeout = '2s'")) return db_.message();
  if (!db_.execute("SELECT pg_advisory_lock(hashtext('perseid store'))")) {
    return "another relay has this database; one at a time. (" + db_.message() + ")";
  }
  if (!db_.execute("CREATE SCHEMA IF NOT EXISTS perseid") ||
      !db_.execute("CREATE TABLE IF NOT EXISTS perseid.version(number bigint NOT NULL)")) {
    return db_.message();
  }
  const PgRows rows = db_.execute("SELECT coalesce(max(number), 0) FROM perseid.version");
  if (!rows) return db_.message();
  const u64 version = rows.number(0, 0);
  if (version > kVersion) return "the schema was made by a newer perseid; run that one.";
  for (u64 next = version; next < kVersion; ++next) {
    const std::string sql = "BEGIN;" + std::string(kMigrations[next]) +
                            "INSERT INTO perseid.version VALUES(" + std::to_string(next + 1) +
                            "); COMMIT;";
    if (!db_.execute(sql.c_str())) return db_.message();
  }
  // Whatever the server's default is: acknowledged means on the disk.
  return db_.execute("SET synchronous_commit = on; SET search_path = perseid") ? "" : db_.message();
}

void PostgresBackend::run(std::span<const std::unique_ptr<StoreJob>> jobs, u64 now_unix_ms) {
  now_unix_ms_ = now_unix_ms;
  bool usable = db_.is_open();
  if (!usable && now_unix_ms >= retry_at_unix_ms_) {
    usable = open().empty();
    if (!usable) retry_at_unix_ms_ = now_unix_ms + kReconnectMs;
  }
  if (usable && run_together(jobs)) return kept();
  lost();
  for (const auto& job : jobs) {
    if (!is_read(*job)) job->error = Error::store_unavailable;
  }
  run_reads(jobs);
}

bool PostgresBackend::run_together(std::span<const std::unique_ptr<StoreJob>> jobs) {
  bool good = db_.send("begin", {}) && settle_doubts();
  for (const auto& job : jobs) {
    job->error = Error::ok;
    good = good && run_one(*job);
  }
  good = good && save_rooms() && db_.send("commit", {});
  const bool finished = db_.finish();
  if (good && finished) return true;
  if (db_.is_open()) {  // the transaction may still be open
    (void)db_.send("rollback", {});
    (void)db_.finish();
  }
  return false;
}

void PostgresBackend::run_reads(std::span<const std::unique_ptr<StoreJob>> jobs) {
  for (const auto& job : jobs) {
    if (!is_read(*job)) continue;
    const bool read = db_.is_open() && run_one(*job);
    const bool finished = db_.finish();
    job->error = read && finished ? Error::ok : Error::store_unavailable;
  }
}

void PostgresBackend::kept() {
  for (const u64 number : touched_) {
    const auto it = rooms_.find(number);
    if (it == rooms_.end()) continue;
    it->second.kept_seq = it->second.last_seq;
    it->second.touched = false;
    if (it->second.closed) rooms_.erase(it);
  }
  touched_.clear();
  doubtful_.clear();
  directs_begun_ = directs_doubtful_ = 0;
}

// Whether the commit came through is not known: what it wrote must not be there, for it was
// refused.
void PostgresBackend::lost() {
  for (const u64 number : touched_) {
    KnownRoom& room = rooms_[number];
    if (room.last_seq != room.kept_seq) doubtful_.push_back(number);
    room.last_seq = room.kept_seq;
    room.touched = room.changed = room.closed = false;
    room.bytes_added = 0;
  }
  touched_.clear();
  const u64 begun = std::exchange(directs_begun_, u64{0});
  if (directs_doubtful_ == 0) directs_doubtful_ = begun;
}

void PostgresBackend::touch(u64 number, KnownRoom& room) {
  if (!std::exchange(room.touched, true)) touched_.push_back(number);
}

bool PostgresBackend::settle_doubts() {
  for (const u64 number : doubtful_) {
    if (!db_.send("cut_room", {number, rooms_[number].kept_seq})) return false;
  }
  // Nobody else writes here: what has a greater number is of the same transactions.
  return directs_doubtful_ == 0 || db_.send("cut_directs", {directs_doubtful_});
}

bool PostgresBackend::save_rooms() {
  for (const u64 number : touched_) {
    KnownRoom& room = rooms_[number];
    if (!std::exchange(room.changed, false)) continue;
    const u64 bytes = std::exchange(room.bytes_added, 0);
    if (!db_.send("save_room", {number, room.last_seq, u64{room.behind}, bytes})) return false;
  }
  return true;
}

bool PostgresBackend::run_one(StoreJob& job) {
  struct Visitor {
    PostgresBackend& backend;
    Error& error;
    bool operator()(store::OpenRoom& ask) const { return backend.open_room(ask, error); }
    bool operator()(store::Append& batch) const { return backend.append(batch, error); }
    bool operator()(store::ReadPage& ask) const { return backend.read_page(ask); }
    bool operator()(store::PutFact& put) const {
      return backend.db_.send("put_fact", {put.room, put.fact.key, put.fact.value});
    }
    bool operator()(store::DropFact& drop) const {
      return backend.db_.send("drop_fact", {drop.room, drop.key});
    }
    bool operator()(store::AppendDirect& ask) const { return backend.add_direct(ask); }
    bool operator()(store::ReadDirect& ask) const { return backend.read_directs(ask); }
    bool operator()(store::CloseRoom& close) const { return backend.close_room(close); }
  };
  return std::visit(Visitor{*this, job.error}, job.body);
}

}  // namespace perseid
