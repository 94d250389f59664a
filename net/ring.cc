#include "net/ring.h"

#include <cerrno>

#include "codec/assert.h"
#include "net/ring_probe.h"

namespace perseid {

Ring::~Ring() {
  if (open_) io_uring_queue_exit(&ring_);
}

std::optional<std::string> Ring::open(const RingConfig& config) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                 IORING_SETUP_SUBMIT_ALL;
  params.cq_entries = config.completion_entries;
  int result = io_uring_queue_init_params(config.submission_entries, &ring_, &params);
  if (result < 0) return explain_ring_failure(-result);
  open_ = true;
  constexpr u32 kNeeded = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_SUBMIT_STABLE;
  if ((params.features & kNeeded) != kNeeded) return explain_ring_failure(ENOSYS);
  if (config.files > 0) {
    result = io_uring_register_files_sparse(&ring_, config.files);
    if (result < 0) return explain_file_table_failure(-result, config.files);
  }
  // Spares the kernel a look-up at each enter; without it all works, a little slower.
  (void)io_uring_register_ring_fd(&ring_);
  return std::nullopt;
}

io_uring_sqe* Ring::sqe() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {
    stats_.ring_full_submits.add();
    int result = io_uring_submit(&ring_);
    // EBUSY: the kernel holds completions back and takes no more work until there is room.
    if (result == -EBUSY || result == -EAGAIN) take_over_completions();
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void Ring::submit_and_wait(u64 timeout_ns, u32 completions) {
  io_uring_cqe* unused = nullptr;
  if (timeout_ns == kForever) {
    (void)io_uring_submit_and_wait(&ring_, 1);
    return;
  }
  __kernel_timespec timeout{static_cast<i64>(timeout_ns / 1'000'000'000),
                            static_cast<i64>(timeout_ns % 1'000'000'000)};
  // A failure here is ETIME, EINTR or EBUSY: each of them means that the next turn tries again.
  (void)io_uring_submit_and_wait_timeout(&ring_, &unused, completions, &timeout, nullptr);
}

std::size_t Ring::reap(std::span<Completion> out) {
  count_overflow();
  std::size_t count = 0;
  while (count < out.size() && overflow_next_ < overflow_.size())
    out[count++] = overflow_[overflow_next_++];
  if (overflow_next_ == overflow_.size()) {
    overflow_.clear();
    overflow_next_ = 0;
  }
  if (count == out.size()) return count;
  unsigned head = 0;
  unsigned taken = 0;
  io_uring_cqe* entry = nullptr;
  io_uring_for_each_cqe(&ring_, head, entry) {
    if (count == out.size()) break;
    out[count++] = {entry->user_data, entry->res, entry->flags};
    ++taken;
  }
  io_uring_cq_advance(&ring_, taken);
  return count;
}

bool Ring::has_completions() const {
  return overflow_next_ < overflow_.size() || io_uring_cq_ready(&ring_) > 0;
}

void Ring::take_over_completions() {
  unsigned head = 0;
  unsigned taken = 0;
  io_uring_cqe* entry = nullptr;
  io_uring_for_each_cqe(&ring_, head, entry) {
    overflow_.push_back({entry->user_data, entry->res, entry->flags});
    ++taken;
  }
  io_uring_cq_advance(&ring_, taken);
  count_overflow();
  (void)io_uring_get_events(&ring_);  // lets the kernel hand out what it held back
}

void Ring::count_overflow() {
  bool now = (IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_CQ_OVERFLOW) != 0;
  if (now && !overflowed_) stats_.cq_overflows.add();
  overflowed_ = now;
}

}  // namespace perseid
