#include "net/store/sqlite_backend.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "net/store/sqlite_schema.h"

namespace perseid {
namespace {

// Says that there was a store here, so that one that is gone is missed.
constexpr const char* kMarkerFile = "STORE";
constexpr const char* kMarkerText = "What a perseid keeps lies here, in perseid.sqlite.\n";

bool is_read(const StoreJob& job) {
  return std::holds_alternative<store::ReadPage>(job.body) ||
         std::holds_alternative<store::ReadDirect>(job.body);
}

u64 size_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<u64>(info.st_size) : 0;
}

}  // namespace

bool SqliteBackend::has_marker() const {
  return ::access((folder_ + "/" + kMarkerFile).c_str(), F_OK) == 0;
}

bool SqliteBackend::exists() const {
  return has_marker() || ::access((folder_ + "/" + kStoreFile).c_str(), F_OK) == 0;
}

bool SqliteBackend::write_marker() const {
  std::FILE* file = std::fopen((folder_ + "/" + kMarkerFile).c_str(), "we");
  if (file == nullptr) return false;
  const bool written =
      std::fputs(kMarkerText, file) >= 0 && std::fflush(file) == 0 && ::fsync(::fileno(file)) == 0;
  return std::fclose(file) == 0 && written;
}

std::string SqliteBackend::open() {
  if (db_.is_open()) return {};
  std::error_code failure;
  std::filesystem::create_directories(folder_, failure);
  if (failure) return "--data-dir " + folder_ + ": " + failure.message();
  const std::string path = folder_ + "/" + kStoreFile;
  if (has_marker() && size_of(path) == 0) {
    return path + " is gone or empty, but " + folder_ + "/" + kMarkerFile +
           " says that a store was here. Bring it back, or to begin anew remove that file.";
  }
  std::string problem = prepare_store(db_, path, Sqlite::Mode::create);
  if (problem.empty() && !prepare()) problem = path + ": " + db_.message();
  if (problem.empty() && !has_marker() && !write_marker()) {
    problem = folder_ + "/" + kMarkerFile + ": " + std::strerror(errno);
  }
  if (problem.empty()) {
    db_.set_tidy_close(true);
  } else {
    sql_ = Statements{};
    db_.close();
  }
  return problem;
}

void SqliteBackend::run(std::span<const std::unique_ptr<StoreJob>> jobs, u64 now_unix_ms) {
  now_unix_ms_ = now_unix_ms;
  if (!open().empty()) {
    for (const auto& job : jobs) job->error = Error::store_unavailable;
    return;
  }
  if (run_together(jobs)) return;
  roll_back();
  run_reads(jobs);
}

// One transaction for all of them: a disk is waited for once.
bool SqliteBackend::run_together(std::span<const std::unique_ptr<StoreJob>> jobs) {
  if (!sql_.begin.run()) return false;
  for (const auto& job : jobs) {
    job->error = Error::ok;
    if (!run_one(*job)) return false;
  }
  return save_rooms() && sql_.commit.run();
}

void SqliteBackend::roll_back() {
  if (db_.in_transaction()) (void)sql_.rollback.run();
  rooms_.clear();
  changed_.clear();
}

// Nothing could be written. What only reads is done all the same.
void SqliteBackend::run_reads(std::span<const std::unique_ptr<StoreJob>> jobs) {
  for (const auto& job : jobs) {
    if (!is_read(*job) || !run_one(*job)) job->error = Error::store_unavailable;
  }
}

bool SqliteBackend::save_rooms() {
  for (const u64 number : changed_) {
    const auto it = rooms_.find(number);
    if (it == rooms_.end()) continue;  // closed since, and saved then
    KnownRoom& room = it->second;
    sql_.save_room.bind(1, room.last_seq).bind(2, u64{room.behind}).bind(3, room.bytes_added);
    if (!sql_.save_room.bind(4, number).run()) return false;
    room.changed = false;
    room.bytes_added = 0;
  }
  changed_.clear();
  return true;
}

bool SqliteBackend::run_one(StoreJob& job) {
  struct Visitor {
    SqliteBackend& backend;
    Error& error;
    bool operator()(store::OpenRoom& ask) const { return backend.open_room(ask, error); }
    bool operator()(store::Append& batch) const { return backend.append(batch, error); }
    bool operator()(store::ReadPage& ask) const { return backend.read_page(ask); }
    bool operator()(store::PutFact& put) const { return backend.put_fact(put); }
    bool operator()(store::DropFact& drop) const { return backend.drop_fact(drop); }
    bool operator()(store::AppendDirect& ask) const { return backend.add_direct(ask); }
    bool operator()(store::ReadDirect& ask) const { return backend.read_directs(ask); }
    bool operator()(store::CloseRoom& close) const { return backend.close_room(close); }
  };
  const bool done = std::visit(Visitor{*this, job.error}, job.body);
  // A question that the file cannot answer harms nobody else, unless it ended the transaction.
  if (done || !is_read(job) || !db_.in_transaction()) return done;
  job.error = Error::store_unavailable;
  return true;
}

}  // namespace perseid
