// ReadBack: whether a client has read the state it was sent, by pings that leave behind it. What
// the kernels and the network hold is out of reach and grows stale, be it for minutes on a slow
// link; so who does not answer in time is sent the next state when it has read the last, and then
// the newest. Thread: the shard's. Invariants: at most one question is open, and only its own
// answer closes it (a pong without its number is a heartbeat's, or nobody's); who has never
// answered one is not waited for, nor is anybody for longer than kGiveUpMs. Times are monotonic ms,
// modulo 2^32.
#pragma once

#include <algorithm>

#include "codec/bytes.h"

namespace perseid {

class ReadBack {
 public:
  static constexpr u32 kGiveUpMs = 30'000;
  static constexpr u32 kSlackMs = 200;  // a busy client, a full radio cell

  // True if state that leaves now should bear a question: the first in any case.
  bool is_due(u32 now_ms, u32 every_ms) const {
    return !asked_ && (lagging_ || is_new_ || now_ms - asked_ms_ >= every_ms);
  }
  // Returns the question's number.
  u8 ask(u32 now_ms) {
    asked_ = true;
    is_new_ = false;
    asked_ms_ = now_ms;
    return ++number_;
  }
  // The question did not leave.
  void take_back() { asked_ = false; }

  struct Answer {
    bool fits = false;  // else it was no answer to this
    bool late = false;
    u32 took_ms = 0;
  };
  Answer answered(u32 now_ms, Bytes pong) {
    if (!asked_ || pong.size() != 1 || pong[0] != number_) return {};
    asked_ = false;
    answers_ = true;
    const u32 took_ms = now_ms - asked_ms_;
    lagging_ = took_ms > limit_ms();
    learn(took_ms);
    return {.fits = true, .late = lagging_, .took_ms = took_ms};
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
  // What it took so long for was more than it has to read from now on.
  void forgive() { lagging_ = false; }

 private:
  static constexpr u32 kUnknownMs = 0xffff;
  static constexpr u32 kFarMsMax = 300;  // with the slack a satellite's way is not too long
  // A way may have become longer for good: believed little by little, as a slow link looks the
  // same, and no further than this.
  static constexpr u32 kLongerMsMax = 500;

  u32 limit_ms() const { return 2 * std::min<u32>(round_trip_ms_, kFarMsMax) + kSlackMs; }
  void learn(u32 took_ms) {
    u32 longest_ms = round_trip_ms_;
    if (longest_ms < kLongerMsMax) longest_ms += lagging_ ? 1 : longest_ms / 16 + 1;
    round_trip_ms_ = static_cast<u16>(std::min({took_ms, longest_ms, kUnknownMs}));
  }

  u32 asked_ms_ = 0;
  u16 round_trip_ms_ = kUnknownMs;  // the least of late
  u8 number_ = 0;
  bool is_new_ : 1 = true;
  bool asked_ : 1 = false;
  bool answers_ : 1 = false;
  bool lagging_ : 1 = false;
};

}  // namespace perseid
