// The ruler: the least that a program can do on this kernel to echo bytes, or to send what one
// connection says to all the others. It is the standard that the relay is measured against, so it
// is written for speed and leaves out all that makes a relay.
// It does: raw TCP, one thread, one send in flight per connection, and that send takes whatever
//   has accumulated (the relay's own rule).
// It does not: speak a protocol, look at bytes, check anything, limit anything, time anything out.
// Thread: one. Owns: one listening socket and everything accepted from it.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "codec/bytes.h"

namespace perseid::ruler {

struct Config {
  std::string host = "127.0.0.1";
  u16 port = 0;
  u32 message_bytes = 64;       // fan-out: every message of a publisher has this size
  u32 connections_max = 18000;  // slots; one more is refused
};

struct Counters {
  u64 turns = 0;
  u64 bytes_in = 0;
  u64 bytes_out = 0;
  u64 sends = 0;
  u64 cut_off = 0;  // members that fell out of the log's window
};

// Set by SIGTERM and SIGINT; every engine leaves its loop when it is set.
extern volatile std::sig_atomic_t stop_requested;

// A listening socket (TCP_NODELAY, inherited by what it accepts); -1 with errno set on failure.
int listen_on(const Config& config, u16& port_out);

void echo_epoll(int listener, const Config& config, Counters& counters);
void echo_io_uring(int listener, const Config& config, Counters& counters);
void fanout_epoll(int listener, const Config& config, Counters& counters);
void fanout_io_uring(int listener, const Config& config, Counters& counters);

// What publishers have said, in order: a ring of bytes that every member reads at its own cursor.
// Positions only grow; a reader further behind than the window is lost and must be cut off.
class SharedLog {
 public:
  explicit SharedLog(u32 message_bytes) : message_bytes_(message_bytes), ring_(kBytes) {}
  void append(Bytes bytes);
  // Only whole messages may leave: the end of the last one.
  u64 end() const { return written_ - written_ % message_bytes_; }
  // Bytes from `position`, up to the end or to where the ring wraps.
  Bytes from(u64 position) const;
  bool lost(u64 position) const { return written_ - position > kBytes - kSlackBytes; }

 private:
  static constexpr u64 kBytes = 4 * MiB;
  static constexpr u64 kSlackBytes = 64 * KiB;  // one read more must not overwrite a live slice
  u32 message_bytes_;
  std::vector<u8> ring_;
  u64 written_ = 0;
};

}  // namespace perseid::ruler
