// Mover: connections that go to another shard, because the session that their client asks for lives
// there. The kernel passes the socket from ring to ring (IORING_MSG_SEND_FD), and with it what we
// know of it: the unfinished message, what was read behind the hello, what it is owed.
// Thread: the shard's. Owns: what moves, until the kernel has passed it on.
// Invariants: nothing is in flight on a socket when it is passed on, so bytes stay in order, both
// ways; where the kernel does not pass it, it stays, and its client gets a new session.
#pragma once

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

#include "codec/wire_format.h"
#include "net/peers.h"
#include "net/shard_core.h"
#include "net/tls.h"

namespace perseid {

// A connection between two shards.
struct Moving {
  struct Item {
    Opcode opcode = Opcode::text;
    Error error = Error::ok;  // the stream cannot be read on
    std::vector<u8> bytes;    // padded
    std::size_t size = 0;
  };
  ShardId to = 0;
  u32 done = 0;  // requests of the first item
  std::vector<Item> items;
  std::size_t item_bytes = 0;
  MessageReader reader;
  std::vector<u8> replies;
  std::unique_ptr<TlsPeer> tls;  // or null
  WireFormat format;
  std::shared_ptr<const Grant> grant;  // of a token that came before any message
  u64 address_key = 0;
  PeerPlace place;
  bool inflates = false;
  bool counted = false;
  std::atomic<bool> ready{false};  // for the other shard: all of it is written
};

class Mover {
 public:
  explicit Mover(ShardCore& core) : core_(core) {}
  ~Mover();

  // What came is `message`, of which `done` requests are done. False if it has to stay.
  bool begin(Slot slot, Connection& connection, ShardId to, Opcode opcode, Bytes message, u32 done);
  // What was read behind it.
  Error keep(Slot slot, Opcode opcode, Bytes payload);
  void keep_error(Slot slot, Error error);
  // Passes it on when nothing is in flight any more.
  void advance(Slot slot, Connection& connection);
  void on_passed(Slot slot, Connection& connection, const Completion& done);
  // The socket broke meanwhile.
  void abandon(Slot slot);
  // One that came from another shard, as this file of our table.
  void adopt(Moving* moving, u32 file);

 private:
  void pack(Slot slot, Connection& connection, Moving& moving);
  void unpack(Slot slot, Connection& connection, Moving& moving);
  void replay(Slot slot, Connection& connection, Moving& moving);
  bool can_pass(ShardId to) const;

  // Once it is passed on, the other shard may have taken it and be done with it: it is looked at
  // again only if the kernel says that it refused.
  struct Entry {
    std::unique_ptr<Moving> moving;
    bool passed = false;  // the kernel has been asked to
  };

  ShardCore& core_;
  std::unordered_map<Slot, Entry> moving_;
};

}  // namespace perseid
