// ReadBack: whether a client has read the state it was sent, by pings that leave behind it. What
// the kernels and the network hold is out of reach and grows stale, be it for minutes on a slow
// link; so who does not answer in time is sent the next state when it has read the last, and then
// the newest. Thread: the shard's. Invariants: at most one question is open; a client that has
// never answered a ping is not waited for, nor is one for longer than kGiveUpMs.
#pragma once

#include <algorithm>

#include "codec/bytes.h"

namespace perseid {

class ReadBack {
 public:
  static constexpr u32 kAskEveryMs = 2000;
  static constexpr u32 kGiveUpMs = 30'000;
  static constexpr u32 kSlackMs = 200;  // a busy client, a full radio cell

  explicit ReadBack(u32 now_ms) : asked_ms_(now_ms) {}

  // Times are monotonic, modulo 2^32. True if state that leaves now should bear a question.
  bool is_due(u32 now_ms) const {
    return !asked_ && (lagging_ || now_ms - asked_ms_ >= kAskEveryMs);
  }
  void ask(u32 now_ms) {
    asked_ = true;
    asked_ms_ = now_ms;
  }
  // A pong came. True if state may have waited for it.
  bool answered(u32 now_ms) {
    answers_ = true;
    if (!asked_) return false;
    asked_ = false;
    const u32 took_ms = now_ms - asked_ms_;
    const bool waited = lagging_;
    lagging_ = lagging_ && took_ms > limit_ms();
    learn(took_ms);
    return waited;
  }
  // True while the next state has to wait for the answer.
  bool waits(u32 now_ms) {
    if (!asked_ || !answers_) return false;
    const u32 passed_ms = now_ms - asked_ms_;
    if (passed_ms >= kGiveUpMs) {
      asked_ = false;
      return false;
    }
    lagging_ = lagging_ || passed_ms > limit_ms();
    return lagging_;
  }
  bool is_lagging() const { return lagging_; }

 private:
  static constexpr u32 kUnknownMs = 0xffff;
  // A way may have become longer for good: believed little by little, as a slow link looks the same,
  // and no further than this.
  static constexpr u32 kLongerMsMax = 500;

  u32 limit_ms() const { return 2 * std::min<u32>(round_trip_ms_, 1000) + kSlackMs; }
  void learn(u32 took_ms) {
    u32 longest_ms = round_trip_ms_;
    if (longest_ms < kLongerMsMax) longest_ms += lagging_ ? 1 : longest_ms / 16 + 1;
    round_trip_ms_ = static_cast<u16>(std::min(took_ms, longest_ms));
  }

  u32 asked_ms_;
  u16 round_trip_ms_ = kUnknownMs;  // the least of late
  bool asked_ : 1 = false;
  bool answers_ : 1 = false;
  bool lagging_ : 1 = false;
};

}  // namespace perseid
