// Doorbell: how another thread speaks to a shard that may be asleep in its ring: an eventfd that
// the shard reads, and the commands of the server's own thread.
// Thread: ring() and command() from any; the rest from the shard. Owns: the eventfd.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

#include "codec/bytes.h"

namespace perseid {

enum class ShardCommand : u8 { run, drain, stop };

class Doorbell {
 public:
  Doorbell() : fd_(::eventfd(0, EFD_CLOEXEC)) {}
  ~Doorbell() {
    if (fd_ >= 0) ::close(fd_);
  }
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  // A command outranks those before it: stop after drain, never back.
  void command(ShardCommand command) {
    command_.store(command, std::memory_order_release);
    ring();
  }
  ShardCommand commanded() const { return command_.load(std::memory_order_acquire); }
  // Async-signal-safe.
  void ring() {
    const u64 one = 1;
    (void)!::write(fd_, &one, sizeof one);
  }
  int fd() const { return fd_; }

  // The target of IORING_OP_MSG_RING; -1 while the shard has no ring.
  void set_ring(int ring_fd) { ring_fd_.store(ring_fd, std::memory_order_release); }
  int ring_fd() const { return ring_fd_.load(std::memory_order_acquire); }

 private:
  const int fd_;
  std::atomic<ShardCommand> command_{ShardCommand::run};
  std::atomic<int> ring_fd_{-1};
};

}  // namespace perseid
