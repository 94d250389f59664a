// Tls: what a shard does with connections that are encrypted: a floor between the socket's bytes
// and those of upgrade, frames and sender, which do not know of it.
// Thread: the shard's. Owns: the TLS session of each such connection, by slot.
// Invariants: handshakes take at most --tls-handshake-us of a turn, so that players wait for no
// flood of them; of what waits for a slow reader only one send is encrypted, at most
// --flush-bytes-max and half as much after each that the kernel did not take whole.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "codec/tls_hello.h"
#include "net/shard_core.h"
#include "net/tls_context.h"
#include "net/tls_session.h"

namespace perseid {

// One encrypted connection.
struct TlsPeer {
  std::shared_ptr<const TlsContext> context;  // its callbacks are asked during the handshake
  std::unique_ptr<TlsSession> session;
  TlsHelloReader hello{0};
  std::vector<u8> waiting;  // of a handshake that waits for its turn
  u32 handshake_bytes = 0;
  u32 send_bytes_max = 0;  // encrypted at one time
  bool queued = false;
  bool shaking = true;  // counted among the handshakes under way
  bool secure = false;  // its handshake is done
};

class Tls {
 public:
  explicit Tls(ShardCore& core) : core_(core) {}
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  // A connection of the port with TLS; it is closed if too many shake hands.
  void begin(Slot slot, Connection& connection);
  // Ciphertext came.
  void feed(Slot slot, Connection& connection, Bytes bytes);
  void on_timeout(Slot slot, Connection& connection);
  void on_slot_freed(Slot slot);

  // The handshakes that have come, as far as their time in this turn goes.
  void run_handshakes();
  bool has_waiting() const { return !queue_.empty(); }

  // Encrypts the next part of what the send is for. False if the session has failed.
  bool seal(Slot slot, SendOp& op);
  // What the kernel took of it: all, or not all.
  void note_sent(Slot slot, bool whole);
  // Goes out behind what is being sent.
  void owe(Slot slot, Bytes plain);
  // Sends what the session itself has to say, if anything; nothing may be in flight.
  bool send_owed(Slot slot, Connection& connection);
  // Likewise, its last word. False if there is none.
  bool say_goodbye(Slot slot, Connection& connection);
  // That the peer said its last word, if it was heard elsewhere: no read will tell it again.
  bool has_ended(Slot slot) { return peer(slot).session->has_ended(); }

  // For those that move to another shard.
  std::unique_ptr<TlsPeer> take(Slot slot) { return std::move(peers_[slot]); }
  void put(Slot slot, Connection& connection, std::unique_ptr<TlsPeer> peer);

 private:
  // Of a handshake, beside its ClientHello: a client's certificates.
  static constexpr u32 kHandshakeBytesMore = 64 * KiB;
  static constexpr u32 kSendBytesFirst = 16 * KiB;
  static constexpr u32 kSendBytesMin = 4 * KiB;

  TlsPeer& peer(Slot slot) { return *peers_[slot]; }
  bool is_too_long(const TlsPeer& peer) const;
  bool begins_well(Slot slot, Connection& connection, Bytes bytes);
  void answer_http(Slot slot, Connection& connection);
  void decrypt(Slot slot, Connection& connection, Bytes bytes);
  void deliver(Slot slot, Connection& connection, MutableBytes bytes);
  void secured(Slot slot, Connection& connection);
  void ended(Slot slot, Connection& connection, TlsRead how);
  void fail(Slot slot, Connection& connection, std::string_view why);
  void stop_shaking(TlsPeer& peer, bool failed);
  bool seal_batch(TlsSession& session, SendOp& op, u32 bytes_max);
  bool add_to_record(TlsSession& session, Bytes plain, std::vector<u8>& out);
  bool end_record(TlsSession& session, std::vector<u8>& out);

  ShardCore& core_;
  std::vector<std::unique_ptr<TlsPeer>> peers_;  // by slot
  std::deque<Handle> queue_;                     // handshakes that wait
  std::vector<u8> plain_ = std::vector<u8>(kTlsRecordBytesMax + kParsePaddingBytes);
  std::vector<u8> record_ = std::vector<u8>(kTlsRecordBytesMax);  // plaintext of the next one
  std::size_t record_bytes_ = 0;
};

}  // namespace perseid
