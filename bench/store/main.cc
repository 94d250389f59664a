// perseid-store-bench: what durable publishing costs on this disk: one transaction per message,
// SQLite by itself in batches, and the relay's store with everything around it.
// One thread hands in publishes as a shard does, so many on their way at once, and takes the
// answers from its mailbox.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "engine/parcel.h"
#include "net/store/sqlite_backend.h"
#include "net/store/sqlite_schema.h"
#include "net/store/store_worker.h"

namespace perseid::bench {
namespace {

struct Config {
  std::string folder = "store-bench";
  u32 messages = 100'000;
  u32 singles = 2'000;
  u32 payload_bytes = 100;
  u32 window = 256;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string payload_of(const Config& config) {
  return "{\"text\":\"" + std::string(config.payload_bytes - 11, 'x') + "\"}";
}

void clear(const Config& config) {
  std::filesystem::remove_all(config.folder);
}

// SQLite and nothing else: the same rows, the same settings.
double sqlite_rate(const Config& config, u32 messages, u32 batch) {
  clear(config);
  std::filesystem::create_directories(config.folder);
  Sqlite db;
  const std::string problem =
      prepare_store(db, config.folder + "/" + kStoreFile, Sqlite::Mode::create);
  if (!problem.empty()) throw std::runtime_error(problem);
  (void)db.execute(
      "INSERT INTO rooms(name, epoch, first_seq, last_seq, bytes, action_seq, open, behind, "
      "used_unix_ms) VALUES('r', 'e', 1, 0, 0, 0, 1, 0, 0)");
  SqliteStatement begin, add, save, commit;
  bool ok = begin.prepare(db, "BEGIN") && commit.prepare(db, "COMMIT") &&
            add.prepare(db, "INSERT INTO messages VALUES(?1, ?2, ?3, ?4, ?5)") &&
            save.prepare(db, "UPDATE rooms SET last_seq = ?1, bytes = bytes + ?2 WHERE id = 1");
  const std::string payload = payload_of(config);
  const auto start = std::chrono::steady_clock::now();
  for (u64 seq = 0; ok && seq < messages;) {
    ok = begin.run();
    for (u32 i = 0; ok && i < batch; ++i) {
      ++seq;
      add.bind(1, u64{1}).bind(2, seq).bind(3, u64{1'700'000'000'000} + seq);
      ok = add.bind(4, u64{7}).bind(5, payload).run();
    }
    ok = ok && save.bind(1, seq).bind(2, u64{batch} * payload.size()).run() && commit.run();
  }
  if (!ok) throw std::runtime_error(db.message());
  return messages / seconds_since(start);
}

struct StoreRun {
  double rate = 0;
  double batch = 0;  // messages per transaction, on average
};

// One shard's side of it: a turn hands in what has room, then takes what has come.
class Publisher {
 public:
  explicit Publisher(const Config& config)
      : config_(config),
        payload_(payload_of(config)),
        worker_(std::make_unique<SqliteBackend>(config.folder, Retention{}), 1, 1u << 30),
        inbox_(2, ~0u),
        letters_(256) {
    worker_.start(
        [this](ShardId, Letter&& letter) { inbox_.post(1, std::move(letter), Post::control); },
        [this](ShardId) { (void)inbox_.claim_wake(); });
    auto job = std::make_unique<StoreJob>();
    job->body = store::OpenRoom{.name = "r", .fresh_epoch = "e", .events_max = 1, .bytes_max = 1};
    worker_.submit(std::move(job));
    while (room_ == 0) take();
  }

  StoreRun run() {
    const u64 commits_before = worker_.stats().store_commits.get();
    const auto start = std::chrono::steady_clock::now();
    while (done_ < config_.messages) {
      publish();
      if (!take()) std::this_thread::yield();
    }
    const u64 commits = worker_.stats().store_commits.get() - commits_before;
    return {config_.messages / seconds_since(start),
            static_cast<double>(config_.messages) / static_cast<double>(commits)};
  }

 private:
  void publish() {
    store::Append batch{.room = room_};
    const u64 turn_max = std::max(1u, config_.window / 4);  // what one turn reads
    while (seq_ < config_.messages && seq_ - done_ < config_.window &&
           batch.entries.size() < turn_max) {
      batch.entries.push_back({.seq = ++seq_,
                               .timestamp_unix_ms = 1'700'000'000'000 + seq_,
                               .sender = {7},
                               .parcel = parcels_.write({{}, "r", payload_})});
    }
    if (batch.entries.empty()) return;
    auto job = std::make_unique<StoreJob>();
    job->body = std::move(batch);
    worker_.submit(std::move(job));
  }
  bool take() {
    const std::size_t taken = inbox_.take(letters_);
    for (std::size_t i = 0; i < taken; ++i) {
      StoreJob& job = *std::get<std::unique_ptr<StoreJob>>(letters_[i].body);
      if (job.error != Error::ok) throw std::runtime_error("the store has refused a message");
      if (auto* open = std::get_if<store::OpenRoom>(&job.body)) room_ = open->room;
      if (auto* batch = std::get_if<store::Append>(&job.body)) done_ += batch->entries.size();
      letters_[i] = Letter{};
    }
    return taken > 0;
  }

  const Config& config_;
  const std::string payload_;
  SegmentPool pool_;
  ParcelWriter parcels_{pool_};
  StoreWorker worker_;
  Mailbox inbox_;
  std::vector<Letter> letters_;
  u64 room_ = 0;
  u64 seq_ = 0;
  u64 done_ = 0;
};

void run(Config config) {
  const double single = sqlite_rate(config, config.singles, 1);
  std::printf("%-46s %9.0f messages/s\n", "SQLite, one transaction per message", single);
  clear(config);
  const StoreRun store = Publisher(config).run();
  const u32 batch = std::max(1u, static_cast<u32>(store.batch + 0.5));
  std::printf("the store, %4u on their way, %6.1f per commit      %9.0f messages/s, %.1f times\n",
              config.window, store.batch, store.rate, store.rate / single);
  const double batched = sqlite_rate(config, config.messages / batch * batch, batch);
  std::printf(
      "SQLite by itself, %4u per transaction          %9.0f messages/s; the store: %.0f %%\n",
      batch, batched, 100 * store.rate / batched);
  clear(config);
}

}  // namespace
}  // namespace perseid::bench

int main(int argc, char** argv) {
  using namespace perseid::bench;
  Config config;
  CLI::App app("perseid-store-bench: what durable publishing costs on this disk.");
  app.add_option("--dir", config.folder, "Folder on the disk in question; emptied.")
      ->capture_default_str();
  app.add_option("--messages", config.messages, "How many, in batches.")->capture_default_str();
  app.add_option("--singles", config.singles, "How many, one by one.")->capture_default_str();
  app.add_option("--payload-bytes", config.payload_bytes, "Of each.")
      ->check(CLI::Range(16, 65536))
      ->capture_default_str();
  app.add_option("--window", config.window, "On their way at once.")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(config);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "perseid-store-bench: %s\n", problem.what());
    return 1;
  }
  return 0;
}
