// Closer: the end of a connection, so that what was said is heard: replies, then the close frame,
// then the end of our stream, then the peer's; each step within a deadline (RFC 6455 section 7).
// Thread: the shard's. Owns: the close frames not yet sent.
// Invariants: nothing is sent behind a close frame; a slot is given back when the kernel has
// finished every operation on it and has closed its socket; Relay::closed() is called once.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/shard_core.h"

namespace perseid {

// For replies and the close frame to leave and the peer's close frame to come.
constexpr u64 kCloseWaitMsMax = 3000;
// For the peer to end its stream after we ended ours.
constexpr u64 kFinWaitMsMax = 2000;

constexpr std::string_view kPartingWords = "The relay shuts down.";

class Closer {
 public:
  explicit Closer(ShardCore& core) : core_(core) {}

  // The rules asked for it: their replies leave first, then a close frame with code and reason.
  // Calls nothing of theirs.
  void begin(Slot slot, Connection& connection, CloseCode code, std::string_view reason);
  // The same on our own account, of which the rules are told.
  void end(Slot slot, Connection& connection, CloseCode code, std::string_view reason);
  // What the peer sent cannot be read on.
  void on_bad_input(Slot slot, Connection& connection, Error error);
  void on_peer_close(Slot slot, Connection& connection, Bytes payload);
  void on_end_of_stream(Slot slot, Connection& connection);
  // Nothing is left to send.
  void on_drained(Slot slot, Connection& connection);
  void on_deadline(Slot slot, Connection& connection);

  void take_close_frame(Slot slot, Connection& connection, std::vector<u8>& out);
  // Ends our side of the stream and waits for the peer's.
  void shut_down(Slot slot, Connection& connection);
  // The same when TLS has said its own goodbye.
  void end_stream(Slot slot, Connection& connection);
  // Closes the socket now.
  void finish(Slot slot, Connection& connection);
  // Tells the rules that the connection is gone; nothing of theirs may be in flight.
  void detach(Connection& connection);
  // Gives the slot back if nothing is in flight any more. The connection may be gone after it.
  void release_if_done(Slot slot, Connection& connection);

 private:
  void start_closing(Slot slot, Connection& connection);
  void close_socket(Slot slot, Connection& connection);
  void keep_frame(Slot slot, Connection& connection, u16 code, std::string_view reason);

  ShardCore& core_;
  std::unordered_map<Slot, std::vector<u8>> frames_;
};

}  // namespace perseid
