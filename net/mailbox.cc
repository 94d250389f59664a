#include "net/mailbox.h"

#include <utility>

#include "codec/assert.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define PSD_THREAD_SANITIZER
#endif
#endif

namespace perseid {
namespace {

constexpr u32 kLettersReserved = 1024;  // the queue grows beyond it, and keeps what it grew

// The queue orders its slots by fences (std::atomic_thread_fence), which the thread sanitizer does
// not follow: it is told here that a letter's bytes pass from sender to receiver
// (tests/tsan.supp has it be silent about the slots themselves).
#ifdef PSD_THREAD_SANITIZER
void handed_over(void* queue) {
  __tsan_release(queue);
}
void taken_over(void* queue) {
  __tsan_acquire(queue);
}
#else
void handed_over(void*) {}
void taken_over(void*) {}
#endif

}  // namespace

Mailbox::Mailbox(u32 senders, u32 letters_max)
    : queue_(kLettersReserved, senders, 0), receiver_(queue_), letters_max_(letters_max) {
  for (u32 i = 0; i < senders; ++i) senders_.emplace_back(queue_);
}

bool Mailbox::post(ShardId from, Letter&& letter, Post urgency) {
  if (urgency == Post::bulk && waiting_.load(std::memory_order_relaxed) >= i64{letters_max_})
    return false;
  handed_over(&queue_);
  const bool stored = queue_.enqueue(senders_[from], std::move(letter));
  PSD_ASSERT(stored);  // only if memory is at its end
  waiting_.fetch_add(1, std::memory_order_seq_cst);
  return true;
}

// Dekker's handshake with begin_sleep(): each side writes its own flag, then reads the other's, in
// one total order, so at least one of them sees the other.
bool Mailbox::claim_wake() {
  return sleeping_.load(std::memory_order_seq_cst) &&
         sleeping_.exchange(false, std::memory_order_seq_cst);
}

std::size_t Mailbox::take(std::span<Letter> out) {
  if (waiting_.load(std::memory_order_acquire) <= 0) return 0;
  const std::size_t taken = queue_.try_dequeue_bulk(receiver_, out.begin(), out.size());
  taken_over(&queue_);
  waiting_.fetch_sub(static_cast<i64>(taken), std::memory_order_relaxed);
  return taken;
}

bool Mailbox::begin_sleep() {
  sleeping_.store(true, std::memory_order_seq_cst);
  if (waiting_.load(std::memory_order_seq_cst) <= 0) return true;
  sleeping_.store(false, std::memory_order_relaxed);
  return false;
}

void Mailbox::end_sleep() {
  sleeping_.store(false, std::memory_order_relaxed);
}

}  // namespace perseid
