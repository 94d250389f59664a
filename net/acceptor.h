// Acceptor: connections from the shard's own listening sockets, by one multishot accept each that
// puts them into the ring's table of direct descriptors.
// Thread: the shard's. Owns: the listening sockets.
// Invariant: an accept that fails for want of descriptors is armed again when a slot is freed (or
// after kRetryMs, as the want may be another process's), so it never spins.
#pragma once

#include <array>

#include "net/shard_core.h"

namespace perseid {

// Of one shard; -1: there is none.
struct ListenSockets {
  int main = -1;   // --port
  int plain = -1;  // --plain-port
};

class Acceptor {
 public:
  Acceptor(ShardCore& core, ListenSockets sockets);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void start();
  void stop();  // lets go of the port; who is accepted stays
  // The kernel has let go of the port too: the accept in flight held the socket.
  bool stopped() const;
  void on_accepted(OpKind door, const Completion& done);
  void on_address(Slot slot, Connection& connection, const Completion& done);
  void on_slot_freed();
  // Arms a failed accept again when its time has come.
  void retry();
  u64 next_retry_ms() const;

 private:
  static constexpr u64 kRetryMs = 100;
  // A way in: a listening socket and its accept.
  struct Door {
    OpKind kind = OpKind::accept;
    int fd = -1;
    bool tls = false;
    bool proxied = false;  // a PROXY header comes first
    bool armed = false;
    u64 retry_at_ms = ~u64{0};
  };
  void start(Door& door);
  void stop(Door& door);
  void admit(u32 file, const Door& door);
  void ask_address(Slot slot, Connection& connection);
  void begin(Slot slot, Connection& connection);

  ShardCore& core_;
  std::array<Door, 2> doors_;
};

}  // namespace perseid
