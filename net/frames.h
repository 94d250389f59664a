// Frames: bytes of an open connection become messages for the rules or for /echo, and control
// frames are answered (RFC 6455 section 5.5).
// Thread: the shard's. One per shard: it serves one read at a time.
// Invariant: what was good before a bad frame of the same read has been handed on before the
// connection is told to close.
#pragma once

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

 private:
  ReaderLimits limits(const Connection& connection) const;
  void pong(Bytes payload);

  ShardCore& core_;
  Slot slot_ = kNoSlot;
  Connection* connection_ = nullptr;
};

}  // namespace perseid
