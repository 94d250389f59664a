#include "net/mailbox.h"

#include <utility>

#include "codec/assert.h"

namespace perseid {
namespace {

constexpr u32 kLettersReserved = 1024;  // the queue grows beyond it, and keeps what it grew

}  // namespace

Mailbox::Mailbox(u32 senders, u32 letters_max)
    : queue_(kLettersReserved, senders, 0), receiver_(queue_), letters_max_(letters_max) {
  for (u32 i = 0; i < senders; ++i) senders_.emplace_back(queue_);
}

bool Mailbox::post(ShardId from, Letter&& letter, Post urgency) {
  if (urgency == Post::bulk && waiting_.load(std::memory_order_relaxed) >= i64{letters_max_})
    return false;
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
