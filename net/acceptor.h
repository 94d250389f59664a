// Acceptor: connections from the shard's own listening socket, by one multishot accept that puts
// each into the ring's table of direct descriptors.
// Thread: the shard's. Owns: the listening socket.
// Invariant: an accept that fails for want of descriptors is armed again when a slot is freed (or
// after kRetryMs, as the want may be another process's), so it never spins. An address is counted
// from accept to close, once.
#pragma once

#include <utility>

#include "net/shard_core.h"

namespace perseid {

class Acceptor {
 public:
  Acceptor(ShardCore& core, int listen_fd) : core_(core), listen_fd_(listen_fd) {}
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void start();
  void stop();  // lets go of the port; who is accepted stays
  // The kernel has let go of the port too: the accept in flight held the socket.
  bool stopped() const { return listen_fd_ < 0 && !armed_; }
  void on_accepted(const Completion& done);
  void on_address(Slot slot, Connection& connection, const Completion& done);
  void on_slot_freed(Slot slot);
  // The address that is counted for this slot goes with its connection; 0: none.
  u64 take_count(Slot slot) {
    return slot < counted_.size() ? std::exchange(counted_[slot], 0) : 0;
  }
  void set_count(Slot slot, u64 address_key) {
    if (address_key == 0) return;
    if (counted_.size() <= slot) counted_.resize(slot + 1);
    counted_[slot] = address_key;
  }
  // Arms a failed accept again when its time has come.
  void retry();
  u64 next_retry_ms() const { return retry_at_ms_; }

 private:
  static constexpr u64 kRetryMs = 100;
  void admit(u32 file);
  void ask_address(Slot slot, Connection& connection);

  ShardCore& core_;
  int listen_fd_;
  std::vector<u64> counted_;  // by slot: the address that is counted for it; 0: none
  bool armed_ = false;
  u64 retry_at_ms_ = ~u64{0};
};

}  // namespace perseid
