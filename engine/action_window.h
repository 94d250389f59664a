// ActionWindow: how long --action-window-ms auto lets player actions gather: not at all while the
// shard has time to spare, longer the busier it is. Thread: the shard's; load and time are
// arguments. Invariants: 0 until the smoothed load has reached kOpensAt, and again once it is below
// kShutsAt; never above the maximum; grows in a few steps, shrinks in many.
#pragma once

#include <algorithm>

#include "codec/bytes.h"

namespace perseid {

class ActionWindow {
 public:
  // Shares of 1000. A window makes the work less, and with it the load: two thresholds some way
  // apart, or else it would open and shut by turns.
  static constexpr u32 kOpensAt = 700;
  static constexpr u32 kShutsAt = 500;
  static constexpr u32 kGrowsFrom = 600;
  static constexpr u32 kLongestAt = 950;
  static constexpr u64 kStepMs = 100;

  // The share of the time since the last call that the shard was at work.
  void observe(u32 load_permille, u64 now_ms, u32 ms_max) {
    const u64 passed_ms = observed_ms_ == 0 ? kStepMs : now_ms - observed_ms_;
    observed_ms_ = now_ms;
    // A shard that has slept for long makes up for the steps that it slept through.
    const u64 steps = std::clamp<u64>(passed_ms / kStepMs, 1, kStepsMax);
    for (u64 i = 0; i < steps; ++i) step(std::min(load_permille, 1000u), ms_max);
  }
  u32 ms() const { return window_ms_; }
  u32 load_permille() const { return load_16ths_ / 16; }

 private:
  static constexpr u64 kStepsMax = 64;  // from any window to none

  void step(u32 load_permille, u32 ms_max) {
    load_16ths_ = (load_16ths_ * 3 + load_permille * 16) / 4;
    const u32 target_ms = target(ms_max);
    if (target_ms > window_ms_) {
      window_ms_ = std::min(target_ms, window_ms_ + std::max(1u, ms_max / 4));
    } else {
      window_ms_ -= std::min(window_ms_ - target_ms, std::max(1u, ms_max / 20));
    }
  }
  u32 target(u32 ms_max) const {
    const u32 load = load_permille();
    if (load < (window_ms_ == 0 ? kOpensAt : kShutsAt)) return 0;
    const u32 above = std::clamp(load, kGrowsFrom, kLongestAt) - kGrowsFrom;
    return std::max(1u, ms_max * above / (kLongestAt - kGrowsFrom));
  }

  u64 observed_ms_ = 0;
  u32 load_16ths_ = 0;  // smoothed, in sixteenths of a thousandth
  u32 window_ms_ = 0;
};

}  // namespace perseid
