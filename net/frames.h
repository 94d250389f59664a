// Frames: bytes of an open connection become messages for the rules or for /echo, and control
// frames are answered (RFC 6455 section 5.5).
// Thread: the shard's. One per shard: it serves one read at a time.
// Invariant: what was good before a bad frame of the same read has been handed on before the
// connection is told to close. The limits are those of the moment: what comes behind a message that
//   signed somebody in is read as a player's.
#pragma once

#include "engine/token_bucket.h"
#include "net/shard_core.h"

namespace perseid {

class Frames : public MessageSink {
 public:
  explicit Frames(ShardCore& core) : core_(core) {}

  void feed(Slot slot, Connection& connection, MutableBytes bytes);
  // What another shard has read: a message, a control frame, or that the stream went wrong.
  void take(Slot slot, Connection& connection, Opcode opcode, Error error, MutableBytes payload);

  Error on_message(Opcode opcode, MutableBytes payload) override;
  Error on_control(Opcode opcode, Bytes payload) override;
  Error on_waste(u64 bytes) override;
  void on_inflated(u64 from_bytes, u64 to_bytes) override;

 private:
  ReaderLimits limits(const Connection& connection) const;
  u64 message_bytes_max(const Connection& connection) const;
  u64 inflate_ratio_max() const;
  bool is_stranger(const Connection& connection) const;  // a token is asked of it first
  void pong(Bytes payload);

  ShardCore& core_;
  Slot slot_ = kNoSlot;
  Connection* connection_ = nullptr;
  ReaderLimits limits_;  // of the read in hand
  TokenBucket bombs_;    // what is inflated out of all proportion, of all connections together
};

}  // namespace perseid
