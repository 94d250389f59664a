// A store's backend for tests: a folder that is removed again, and jobs in one line each.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/parcel.h"
#include "net/store/sqlite_backend.h"
#include "tests/net/server_support.h"

namespace perseid::test {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "perseid-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::shared_ptr<const RoomRules> durable_rules() {
  RoomRules rules;
  EXPECT_EQ(rules.add(R"({"pattern":"commit*","durability":"commit"})"), "");
  EXPECT_EQ(rules.add(R"({"pattern":"async*","durability":"async"})"), "");
  return std::make_shared<const RoomRules>(rules);
}

inline std::vector<Seq> seqs(const std::vector<StoredMessage>& messages) {
  std::vector<Seq> out;
  for (const StoredMessage& message : messages) out.push_back(message.seq);
  return out;
}

class StoreTool {
 public:
  explicit StoreTool(const std::string& folder, Retention retention = {})
      : StoreTool(std::make_unique<SqliteBackend>(folder, retention)) {}
  explicit StoreTool(std::unique_ptr<StoreBackend> backend) : backend_(std::move(backend)) {
    EXPECT_EQ(backend_->open(), "");
  }
  StoreBackend& backend() { return *backend_; }

  void advance(u64 ms) { now_unix_ms_ += ms; }
  void run(const std::vector<std::unique_ptr<StoreJob>>& jobs) {
    backend_->run(jobs, now_unix_ms_);
  }
  Error run(std::unique_ptr<StoreJob>& job) {
    std::vector<std::unique_ptr<StoreJob>> jobs;
    jobs.push_back(std::move(job));
    run(jobs);
    job = std::move(jobs[0]);
    return job->error;
  }
  template <class Body>
  Error run_body(Body& body) {
    auto job = std::make_unique<StoreJob>();
    job->body = std::move(body);
    const Error error = run(job);
    body = std::move(std::get<Body>(job->body));
    return error;
  }

  store::OpenRoom open(const std::string& name, const std::string& epoch, u32 events_max = 1000) {
    store::OpenRoom ask{
        .name = name, .fresh_epoch = epoch, .events_max = events_max, .bytes_max = 1 << 20};
    EXPECT_EQ(run_body(ask), Error::ok);
    return ask;
  }
  Error open_error(const std::string& name) {
    store::OpenRoom ask{.name = name, .fresh_epoch = "e", .events_max = 1, .bytes_max = 1};
    return run_body(ask);
  }
  // Payloads "p1", "p2" and so on, by seq.
  std::unique_ptr<StoreJob> append_job(u64 room, Seq first, u32 count, bool behind = false) {
    auto job = std::make_unique<StoreJob>();
    store::Append batch{.room = room, .behind = behind};
    for (Seq seq = first; seq < first + count; ++seq) {
      const std::string payload = "\"p" + std::to_string(seq) + '"';
      batch.entries.push_back({.seq = seq,
                               .timestamp_unix_ms = 1'700'000'000'000 + seq,
                               .sender = {~u64{0} - 7},
                               .parcel = parcels_.write({{}, {}, payload})});
    }
    job->body = std::move(batch);
    return job;
  }
  Error append(u64 room, Seq first, u32 count, bool behind = false) {
    auto job = append_job(room, first, count, behind);
    return run(job);
  }
  store::ReadPage page(u64 room, Seq before, u32 limit, u32 bytes_max = 1 << 20) {
    store::ReadPage ask{.room = room, .before = before, .limit = limit, .bytes_max = bytes_max};
    EXPECT_EQ(run_body(ask), Error::ok);
    return ask;
  }
  void put(u64 room, const std::string& key, const std::string& value) {
    store::PutFact put{.room = room, .fact = {key, value}};
    EXPECT_EQ(run_body(put), Error::ok);
  }
  void drop(u64 room, const std::string& key) {
    store::DropFact drop{.room = room, .key = key};
    EXPECT_EQ(run_body(drop), Error::ok);
  }
  static std::unique_ptr<StoreJob> direct_job(const std::string& from, const std::string& to,
                                              const std::string& payload) {
    auto job = std::make_unique<StoreJob>();
    job->body = store::AppendDirect{
        .message = {
            .number = 0, .timestamp_unix_ms = 5, .from = from, .to = to, .payload = payload}};
    return job;
  }
  void direct(const std::string& from, const std::string& to, int text) {
    auto job = direct_job(from, to, std::to_string(text));
    EXPECT_EQ(run(job), Error::ok);
  }
  std::vector<StoredDirect> directs(const std::string& one, const std::string& other, u64 before,
                                    u32 limit, u32 bytes_max = 1 << 20) {
    store::ReadDirect ask{
        .one = one, .other = other, .before = before, .limit = limit, .bytes_max = bytes_max};
    EXPECT_EQ(run_body(ask), Error::ok);
    return ask.messages;
  }
  void close(u64 room, Seq last_seq, Seq action_seq) {
    store::CloseRoom close{.room = room, .last_seq = last_seq, .action_seq = action_seq};
    EXPECT_EQ(run_body(close), Error::ok);
  }

 private:
  u64 now_unix_ms_ = 1;
  SegmentPool pool_;
  ParcelWriter parcels_{pool_};
  std::unique_ptr<StoreBackend> backend_;
};

}  // namespace perseid::test
