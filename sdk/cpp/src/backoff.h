// Backoff: how long to wait before each attempt to connect again.
// Thread: none; a plain value.
// Invariant: attempt n waits between half of and all of min(delay * 2^n, max).
#pragma once

#include <algorithm>

#include "sdk/cpp/src/random.h"

namespace perseid {
inline namespace sdk {

struct Backoff {
  u32 attempts_max = 5;
  u32 delay_ms = 1000;
  u32 delay_ms_max = 30000;
  u32 attempts = 0;  // since the link last stood

  bool exhausted() const { return attempts >= attempts_max; }
  // Of the next attempt, which it counts.
  double next_ms(Random& random) {
    const double whole = std::min<double>(
        delay_ms_max, static_cast<double>(delay_ms) * double(u64{1} << std::min(attempts, 20u)));
    ++attempts;
    return whole * (0.5 + random.unit() / 2);
  }
};

}  // namespace sdk
}  // namespace perseid
