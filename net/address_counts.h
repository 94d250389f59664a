// AddressCounts: how many connections each IP address holds, over all shards, without a lock and in
// constant memory (a count-min sketch, Cormode and Muthukrishnan 2005, of two rows).
// Thread: any; its counters are atomic, touched once at a connection's beginning and end, and only
// if
// --address-connections-max is set.
// Invariants: never counts an address too low; too high only if it meets others in both rows, as
// of ten thousand addresses about one does.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "codec/bytes.h"

namespace perseid {

class AddressCounts {
 public:
  // `key` is a keyed hash of the address, so that nobody can choose whom to collide with. False,
  // and nothing is counted, if it holds `most` already.
  bool enter(u64 key, u32 most) {
    std::atomic<u32>& one = count(0, key);
    std::atomic<u32>& two = count(1, key);
    const u32 before = std::min(one.fetch_add(1, std::memory_order_relaxed),
                                two.fetch_add(1, std::memory_order_relaxed));
    if (before < most) return true;
    leave(key);
    return false;
  }
  void leave(u64 key) {
    count(0, key).fetch_sub(1, std::memory_order_relaxed);
    count(1, key).fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  static constexpr u32 kRowBits = 20;
  using Row = std::array<std::atomic<u32>, 1u << kRowBits>;
  std::atomic<u32>& count(u32 row, u64 key) {
    return (*rows_)[row][key >> (row * kRowBits) & ((1u << kRowBits) - 1)];
  }
  std::unique_ptr<std::array<Row, 2>> rows_ = std::make_unique<std::array<Row, 2>>();
};

}  // namespace perseid
