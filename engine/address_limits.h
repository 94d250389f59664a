// AddressLimits: one inbound bucket for all sessions of an IP address on this shard.
// Thread: the shard's. Owns: an entry per address while it has sessions.
// Invariant: empty unless --address-messages-per-second is set, so it costs nothing by default.
#pragma once

#include <unordered_map>

#include "engine/slab.h"
#include "engine/token_bucket.h"

namespace perseid {

class AddressLimits {
 public:
  Slot enter(u64 address_key) {
    auto [it, is_new] = slots_.try_emplace(address_key, kNoSlot);
    if (is_new) it->second = entries_.acquire(address_key);
    ++entries_[it->second].sessions;
    return it->second;
  }
  void leave(Slot slot) {
    if (--entries_[slot].sessions > 0) return;
    slots_.erase(entries_[slot].key);
    entries_.release(slot);
  }
  u64 key(Slot slot) const { return entries_[slot].key; }
  TokenBucket& bucket(Slot slot) { return entries_[slot].messages; }

 private:
  struct Entry {
    explicit Entry(u64 address_key) : key(address_key) {}
    u64 key;
    u32 sessions = 0;
    TokenBucket messages;
  };
  Slab<Entry> entries_;
  std::unordered_map<u64, Slot> slots_;
};

}  // namespace perseid
