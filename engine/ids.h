// Names of things inside the relay: plain values, never pointers, so that they may pass between
// shards. Thread: none; plain values.
#pragma once

#include <compare>

#include "codec/bytes.h"

namespace perseid {

using ShardId = u16;  // 0 .. shard_count-1
using Seq = u64;      // of one lane of one room, from 1, without holes, per epoch; never wraps
using Slot = u32;     // index in a slab of one shard
constexpr Slot kNoSlot = 0xffffffffu;
constexpr ShardId kShardsMax = 256;

// A slot and the generation that lived in it: a stale handle never reaches a newer tenant.
struct Handle {
  Slot slot = kNoSlot;
  u32 generation = 0;
  auto operator<=>(const Handle&) const = default;
  explicit operator bool() const { return slot != kNoSlot; }
};

// One client's seat, unique on this node: shard (8 bits), slot (24 bits), generation (32 bits, from
// a random start). Its public text form is ClientId ("c" + 13 base32 digits), see
// codec/client_id.h.
struct SessionUid {
  u64 value = 0;
  auto operator<=>(const SessionUid&) const = default;
  explicit operator bool() const { return value != 0; }
  static SessionUid make(ShardId shard, Handle handle) {
    return {u64{shard} << 56 | u64{handle.slot & 0xffffffu} << 32 | handle.generation};
  }
  ShardId shard() const { return static_cast<ShardId>(value >> 56); }
  Handle handle() const {
    return {static_cast<Slot>(value >> 32 & 0xffffffu), static_cast<u32>(value)};
  }
};

}  // namespace perseid
