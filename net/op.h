// Op: what a completion is about, packed into the 64 bits that the kernel hands back.
// Thread: none; plain values.
// Invariant: the generation tells a slot's tenants apart, so a completion that outlived its
// connection is recognised and dropped.
#pragma once

#include "engine/ids.h"

namespace perseid {

enum class OpKind : u8 {
  ignored = 0,  // cancels, wake-ups: only their failure interests, or nothing
  accept,
  accept_plain,
  recv_multishot,
  recv_once,
  poll,
  send,
  writable,
  shutdown,
  close,
  install_fd,
  control,  // the eventfd by which other threads speak to this one
  wake,     // sent by another shard's ring
  wake_sent,
  pass_on,      // a socket to another ring
  passed_here,  // one from another: the rest is its Moving's address
};

constexpr u32 kOpGenerationMask = 0xffffffu;

struct Op {
  OpKind kind = OpKind::ignored;
  u32 generation = 0;  // 24 bits
  Slot slot = 0;

  constexpr u64 pack() const {
    return u64{static_cast<u8>(kind)} << 56 | u64{generation & kOpGenerationMask} << 32 | slot;
  }
  static constexpr Op unpack(u64 user_data) {
    return {static_cast<OpKind>(user_data >> 56),
            static_cast<u32>(user_data >> 32) & kOpGenerationMask, static_cast<Slot>(user_data)};
  }
};

}  // namespace perseid
