// ReplayWindow: which numbers of a sender were seen. Bounded: what is older than the window counts
// as seen. Thread: the owner's.
#pragma once

#include <algorithm>
#include <vector>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

class ReplayWindow {
 public:
  explicit ReplayWindow(u32 size) : seen_(std::max(1u, size)) {}

  // True the first time alone.
  bool take(u64 number) {
    const u64 size = seen_.size();
    const u64 next = number + 1;  // counted from one: newest_ 0 is none
    if (next + size <= newest_ || (next <= newest_ && seen_[next % size])) return false;
    if (next > newest_ + size) newest_ = next - size;
    while (newest_ < next) seen_[++newest_ % size] = false;
    seen_[next % size] = true;
    return true;
  }

 private:
  std::vector<bool> seen_;
  u64 newest_ = 0;
};

}  // namespace sdk
}  // namespace perseid
