// TokenBucket: a rate with a burst, in eight bytes (the generic cell rate algorithm, ITU-T I.371).
// Thread: the owner's; time is an argument.
// Invariant: over any interval of t seconds at most rate * (t + kBurstSeconds) tokens pass, plus
// one request
//   larger than the burst, which passes when the bucket is full so that it can pass at all.
#pragma once

#include <algorithm>

#include "codec/bytes.h"

namespace perseid {

class TokenBucket {
 public:
  static constexpr u64 kBurstSeconds = 2;

  // Takes `tokens` at `rate_per_second` (not 0); 0 if they were taken, else after how many ms to
  // try again.
  u32 take(u64 tokens, u64 rate_per_second, u64 now_ms) {
    const u32 wait_ms = wait(tokens, rate_per_second, now_ms);
    if (wait_ms == 0) charge(tokens, rate_per_second, now_ms);
    return wait_ms;
  }
  // What take() would say, without taking.
  u32 wait(u64 tokens, u64 rate_per_second, u64 now_ms) const {
    const u64 now_ns = now_ms * 1'000'000;
    const u64 busy_ns = busy_until_ns_ > now_ns ? busy_until_ns_ - now_ns : 0;
    const u64 cost_ns = tokens * 1'000'000'000 / rate_per_second;
    const u64 burst_ns = kBurstSeconds * 1'000'000'000;
    if (busy_ns == 0 || busy_ns + cost_ns <= burst_ns) return 0;
    const u64 wait_ns = std::min(busy_ns, busy_ns + cost_ns - burst_ns);
    return static_cast<u32>(std::min<u64>(wait_ns / 1'000'000 + 1, ~u32{0}));
  }
  // Takes tokens without asking: a debt that later requests pay.
  void charge(u64 tokens, u64 rate_per_second, u64 now_ms) {
    busy_until_ns_ =
        std::max(busy_until_ns_, now_ms * 1'000'000) + tokens * 1'000'000'000 / rate_per_second;
  }
  // Gives back what was charged and not used.
  void refund(u64 tokens, u64 rate_per_second) {
    busy_until_ns_ -= std::min(busy_until_ns_, tokens * 1'000'000'000 / rate_per_second);
  }
  // Milliseconds until the debt is within `within_ms`; 0 if it is now.
  u64 debt_ms(u64 now_ms, u64 within_ms) const {
    const u64 free_ms = now_ms + within_ms;
    return busy_until_ns_ / 1'000'000 > free_ms ? busy_until_ns_ / 1'000'000 - free_ms : 0;
  }

 private:
  u64 busy_until_ns_ = 0;
};

}  // namespace perseid
