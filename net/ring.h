// Ring: one io_uring of one shard; the only wrapper over liburing.
// Thread: the one that opened it (IORING_SETUP_SINGLE_ISSUER), from open() to destruction.
// Owns: the ring, its file table. Invariants: a completion is never lost (IORING_FEAT_NODROP, and
// what does not fit is taken over into overflow_); nothing is submitted from inside reap().
#pragma once

#include <liburing.h>
#undef BLOCK_SIZE  // a macro of linux/fs.h, and a name in moodycamel::ConcurrentQueue

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "codec/bytes.h"
#include "net/net_stats.h"

namespace perseid {

struct Completion {
  u64 user_data = 0;
  int result = 0;  // bytes, a descriptor, or -errno
  u32 flags = 0;
  bool more() const { return (flags & IORING_CQE_F_MORE) != 0; }
  bool has_buffer() const { return (flags & IORING_CQE_F_BUFFER) != 0; }
  u16 buffer() const { return static_cast<u16>(flags >> IORING_CQE_BUFFER_SHIFT); }
};

struct RingConfig {
  u32 submission_entries = 4096;
  u32 completion_entries = 16384;
  u32 files = 0;  // size of the table of direct descriptors; 0: none
};

class Ring {
 public:
  explicit Ring(NetStats& stats) : stats_(stats) {}
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // The reason in a person's words if it cannot be had; nullopt if all is well.
  std::optional<std::string> open(const RingConfig& config);

  // An empty submission entry. Never null: a full queue is submitted first. One that must keep
  // others company (a chain) asks for them with reserve().
  io_uring_sqe* sqe();

  // Submits everything and waits for so many completions, but no longer than `timeout_ns` (0: does
  // not wait at all, kForever: without end, and then for one). One system call.
  static constexpr u64 kForever = ~u64{0};
  void submit_and_wait(u64 timeout_ns, u32 completions = 1);

  // Takes completions in their order, at most out.size().
  std::size_t reap(std::span<Completion> out);
  // True if completions are waiting to be reaped.
  bool has_completions() const;
  // True if something is to be submitted.
  bool has_submissions() const { return io_uring_sq_ready(&ring_) > 0; }

  int fd() const { return ring_.ring_fd; }
  io_uring* raw() { return &ring_; }

 private:
  void take_over_completions();
  void count_overflow();

  NetStats& stats_;
  io_uring ring_{};
  bool open_ = false;
  bool overflowed_ = false;
  std::vector<Completion> overflow_;  // taken over when the queue had to be emptied inside a turn
  std::size_t overflow_next_ = 0;
};

}  // namespace perseid
