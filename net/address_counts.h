// AddressCounts: how many connections each IP address holds, over all shards, without a lock and in
// constant memory (a count-min sketch, Cormode and Muthukrishnan 2005, of two rows).
// Thread: any; its counters are atomic, touched once at a connection's beginning and end.
// Invariants: counts an address too low by no more than the shards that ask for it in the same
// instant; too high if it meets others in both rows: of ten thousand addresses about one does, with
// a million connections of as many addresses 7 in 100 meet two more.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "codec/bytes.h"

namespace perseid {

class AddressCounts {
 public:
  // How many were counted for it before. `key` is a keyed hash of the address, so that nobody can
  // choose whom to collide with.
  u32 add(u64 key) {
    return std::min(count(0, key).fetch_add(1, std::memory_order_relaxed),
                    count(1, key).fetch_add(1, std::memory_order_relaxed));
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
