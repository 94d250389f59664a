// Counter: a number that one thread counts up and any thread may read.
// Thread: one writer; readers anywhere (relaxed: each value is right, a set of them is no snapshot
// of one moment). Invariant: no locked instruction, and no data race.
#pragma once

#include <atomic>

#include "codec/bytes.h"

namespace perseid {

class Counter {
 public:
  Counter() = default;
  Counter(const Counter& other) : value_(other.get()) {}
  Counter& operator=(const Counter& other) {
    value_.store(other.get(), std::memory_order_relaxed);
    return *this;
  }
  void add(u64 n = 1) { value_.store(get() + n, std::memory_order_relaxed); }
  Counter& operator++() {
    add(1);
    return *this;
  }
  Counter& operator+=(u64 n) {
    add(n);
    return *this;
  }
  u64 get() const { return value_.load(std::memory_order_relaxed); }
  operator u64() const { return get(); }  // NOLINT(google-explicit-constructor): it is a number

 private:
  std::atomic<u64> value_{0};
};

}  // namespace perseid
