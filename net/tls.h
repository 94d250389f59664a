// Tls: what a shard does with connections that are encrypted: a floor between the socket's bytes
// and those of upgrade, frames and sender, which do not know of it.
// Thread: the shard's. Owns: the TLS session of each such connection, by slot.
// Invariants: handshakes are shaken beside the turn, in the time that is left over (Handshaker), or
// take at most --tls-handshake-us of a turn, so that players wait for no flood of them; of what
// waits for a slow reader only one send is encrypted, at most
// --flush-bytes-max and half as much after each that the kernel did not take whole.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "codec/tls_hello.h"
#include "net/handshaker.h"
#include "net/shard_core.h"
#include "net/tls_context.h"
#include "net/tls_session.h"

namespace perseid {

// One encrypted connection.
struct TlsPeer {
  std::shared_ptr<const TlsContext> context;  // its callbacks are asked during the handshake
  std::unique_ptr<TlsSession> session;  // null before the first HandshakeJob, and while one has it
  TlsHelloReader hello{0};
  std::vector<u8> waiting;  // of a handshake that waits for its turn
  u32 handshake_bytes = 0;
  u32 send_bytes_max = 0;  // encrypted at one time
  bool queued = false;
  bool away = false;    // a HandshakeJob is under way
  bool stays = false;   // no other thread is to touch its session
  bool shaking = true;  // counted among the handshakes under way
  bool secure = false;  // its handshake is done
};

class Tls {
 public:
  explicit Tls(ShardCore& core);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  // A connection of the port with TLS; it is closed if too many shake hands.
  void begin(Slot slot, Connection& connection);
  // Ciphertext came.
  void feed(Slot slot, Connection& connection, Bytes bytes);
  void on_timeout(Slot slot, Connection& connection);
  void on_slot_freed(Slot slot);

  // Takes those that are done, gives away those that have come; does some itself if nobody else
  // does.
  void run_handshakes();
  // More than fitted into the turn.
  bool has_waiting() const { return behind_; }
  // When to see whether the thread has come to what it was given; never is ~0.
  u64 next_deadline_ms() const;

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
  // That what has come may still be the end of the handshake, so the end of the stream has to wait.
  // A first step never is.
  bool may_get_ready(Slot slot) {
    return peer(slot).away || (peer(slot).queued && peer(slot).session != nullptr);
  }
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
  // Given away at one time: one in hand, and what it goes on with while the shard's turn lasts. The
  // others wait here, where those whose connection ends before the first step cost nothing.
  static constexpr u32 kAwayMax = 4;
  // A thread from which nothing came back for so long has no processor. If somebody waits longer to
  // be given to it, the shard helps.
  static constexpr u64 kStandsMs = 10;
  static constexpr u64 kWaitMsMax = 50;

  struct Waiting {
    Handle handle;
    u64 since_ms;
  };

  TlsPeer& peer(Slot slot) { return *peers_[slot]; }
  bool is_too_long(const TlsPeer& peer) const;
  void wait_for_turn(Slot slot);
  HandshakeJobPtr next_job();
  void bury(std::unique_ptr<TlsSession> session, bool stays);
  void collect();
  void give(u64 end_ns);
  void help(u64 end_ns);
  bool stands_still() const;
  bool waits_long() const;
  void shake_here(HandshakeJob& job, u64 end_ns);
  void take_home(HandshakeJob& job);
  void take_step(Slot slot, Connection& connection);
  void go_on(Slot slot, Connection& connection);
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
  std::deque<Waiting> queue_;                    // handshakes that wait
  Handshaker* const handshaker_;                 // or null
  u32 away_ = 0;                                 // steps with the thread
  u64 last_back_ms_ = 0;                         // when one came back, or the first was given
  bool gave_ = false;                            // and the thread is to be woken
  bool behind_ = false;
  std::vector<u8> plain_ = std::vector<u8>(kTlsRecordBytesMax + kParsePaddingBytes);
  std::vector<u8> record_ = std::vector<u8>(kTlsRecordBytesMax);  // plaintext of the next one
  std::size_t record_bytes_ = 0;
};

}  // namespace perseid
