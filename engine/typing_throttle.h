// TypingThrottle: how often a room passes on who is typing.
// Thread: the room's home shard. Invariant: at most so many a second in all, and of one client the
// same thing at most once a second.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "engine/ids.h"
#include "engine/token_bucket.h"

namespace perseid {

class TypingThrottle {
 public:
  bool admit(SessionUid sender, std::string_view payload, u32 per_second, u64 now_ms) {
    constexpr u64 kSameAgainMs = 1000;
    const u64 what = std::hash<std::string_view>{}(payload);
    Last& last = of(sender);
    const bool again =
        last.sender == sender && last.what == what && now_ms - last.at_ms < kSameAgainMs;
    if (again || bucket_.take(1, per_second, now_ms) != 0) return false;
    last = {sender, what, now_ms};
    return true;
  }

 private:
  struct Last {
    SessionUid sender;
    u64 what = 0;
    u64 at_ms = 0;
  };
  // The sender's, or one that is given up for it.
  Last& of(SessionUid sender) {
    for (Last& last : lasts_) {
      if (last.sender == sender) return last;
    }
    return lasts_[next_++ % lasts_.size()];
  }

  TokenBucket bucket_;
  std::array<Last, 32> lasts_{};
  u32 next_ = 0;
};

}  // namespace perseid
