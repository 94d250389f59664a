// StoreWorker: the store as the shards see it: a mailbox with a bound, one thread that empties it
// into the backend, everything that waits in one transaction, and answers by the shards' mailboxes.
// Thread: reserve() and submit() from the shards; start() and stop() from the server's own thread.
// Owns: backend, thread, jobs on their way. Invariants: jobs of one shard are done in their order;
// stop() returns when all that was submitted is done.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "net/doorbell.h"
#include "net/mailbox.h"
#include "net/net_stats.h"
#include "net/store/backend.h"

namespace perseid {

class StoreWorker final : public Store {
 public:
  // Hands an answer to a shard's mailbox; on the worker's thread.
  using Answer = std::function<void(ShardId, Letter&&)>;
  // Shards that were answered are to be woken.
  using Wake = std::function<void(ShardId)>;

  StoreWorker(std::unique_ptr<StoreBackend> backend, u32 shards, u32 queue_bytes_max);
  ~StoreWorker() override { stop(); }

  void start(Answer answer, Wake wake);
  void stop();
  const NetStats& stats() const { return stats_; }

  // Store.
  bool reserve(u32 bytes, bool force) override;
  void submit(std::unique_ptr<StoreJob> job) override;

 private:
  static constexpr std::size_t kJobsPerCommitMax = 1024;
  static constexpr u64 kTidyEveryMs = 10'000;
  static constexpr u64 kTidyPauseMs = 20;
  void run();
  bool take();
  void run_taken();
  void answer_taken();
  void wait();
  void tidy(u64 now_ms);

  std::unique_ptr<StoreBackend> backend_;
  const u32 queue_bytes_max_;
  Mailbox inbox_;
  Doorbell bell_;
  Answer answer_;
  Wake wake_;
  std::thread thread_;
  NetStats stats_;
  std::vector<Letter> letters_;
  std::vector<std::unique_ptr<StoreJob>> jobs_;
  std::vector<u8> answered_;  // by shard: to be woken
  u64 tidy_at_ms_ = 0;
  alignas(64) std::atomic<u64> bytes_{0};
};

}  // namespace perseid
