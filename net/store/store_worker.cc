#include "net/store/store_worker.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>

#include "net/clock.h"

namespace perseid {

StoreWorker::StoreWorker(std::unique_ptr<StoreBackend> backend, u32 shards, u32 queue_bytes_max)
    : backend_(std::move(backend)),
      queue_bytes_max_(queue_bytes_max),
      inbox_(shards, ~0u),
      letters_(kJobsPerCommitMax),
      answered_(shards) {}

void StoreWorker::start(Answer answer, Wake wake) {
  answer_ = std::move(answer);
  wake_ = std::move(wake);
  thread_ = std::thread([this] { run(); });
}

void StoreWorker::stop() {
  if (!thread_.joinable()) return;
  bell_.command(ShardCommand::stop);
  thread_.join();
}

bool StoreWorker::reserve(u32 bytes, bool force) {
  const u64 before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
  // What is larger than the whole queue has to go through too.
  if (force || before == 0 || before + bytes <= queue_bytes_max_) return true;
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void StoreWorker::submit(std::unique_ptr<StoreJob> job) {
  const ShardId from = job->shard;
  inbox_.post(from, Letter(std::move(job)), Post::control);
  if (inbox_.claim_wake()) bell_.ring();
}

void StoreWorker::run() {
  (void)::pthread_setname_np(::pthread_self(), "store");
  tidy_at_ms_ = clock_ms(CLOCK_MONOTONIC) + kTidyEveryMs;
  for (;;) {
    if (take()) {
      run_taken();
      answer_taken();
    } else if (bell_.commanded() == ShardCommand::stop) {
      return;  // the shards have ended before: nothing comes any more
    } else {
      wait();
    }
    const u64 now_ms = clock_ms(CLOCK_MONOTONIC);
    if (now_ms >= tidy_at_ms_) tidy(now_ms);
  }
}

// All that waits, up to a bound: what came while the last transaction was written.
bool StoreWorker::take() {
  const std::size_t taken = inbox_.take(letters_);
  for (std::size_t i = 0; i < taken; ++i) {
    jobs_.push_back(std::move(std::get<std::unique_ptr<StoreJob>>(letters_[i].body)));
  }
  return taken > 0;
}

void StoreWorker::run_taken() {
  backend_->run(jobs_, clock_ms(CLOCK_REALTIME));
  stats_.store_jobs.add(jobs_.size());
  stats_.store_commits.add();
  stats_.store_failures.add(
      static_cast<u64>(std::count_if(jobs_.begin(), jobs_.end(), [](const auto& job) {
        return job->error == Error::store_unavailable;
      })));
}

void StoreWorker::answer_taken() {
  for (std::unique_ptr<StoreJob>& job : jobs_) {
    bytes_.fetch_sub(job->reserved_bytes, std::memory_order_relaxed);
    if (job->silent) continue;
    const ShardId shard = job->shard;
    answered_[shard] = 1;
    answer_(shard, Letter(std::move(job)));
  }
  jobs_.clear();
  for (std::size_t shard = 0; shard < answered_.size(); ++shard) {
    if (std::exchange(answered_[shard], u8{0}) != 0) wake_(static_cast<ShardId>(shard));
  }
}

void StoreWorker::wait() {
  if (!inbox_.begin_sleep()) return;
  pollfd bell{.fd = bell_.fd(), .events = POLLIN, .revents = 0};
  const u64 now_ms = clock_ms(CLOCK_MONOTONIC);
  const u64 wait_ms = tidy_at_ms_ > now_ms ? tidy_at_ms_ - now_ms : 0;
  if (bell_.commanded() != ShardCommand::stop && ::poll(&bell, 1, static_cast<int>(wait_ms)) > 0) {
    u64 rings = 0;
    (void)!::read(bell_.fd(), &rings, sizeof rings);
  }
  inbox_.end_sleep();
}

void StoreWorker::tidy(u64 now_ms) {
  const StoreBackend::Tidied tidied = backend_->tidy(clock_ms(CLOCK_REALTIME));
  stats_.store_removed.add(tidied.removed);
  tidy_at_ms_ = now_ms + (tidied.more ? kTidyPauseMs : kTidyEveryMs);
}

}  // namespace perseid
