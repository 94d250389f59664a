// PlayoutClock: which moment of a room to show now: the newest, less a delay that hides the jitter
// with which ticks come, as measured.
// Thread: the owner's. Usable alone. Times are of the caller's clock, in milliseconds; moments are
// tick * period_ms.
// Invariants: the moment never runs back, but for a jump of more than kJumpMs, and never faster or
// slower than time by more than kSlew; the delay stays between its bounds.
#pragma once

#include <deque>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

struct PlayoutConfig {
  double period_ms = 50;
  bool adapt = true;        // else the delay is delay_ms_min
  double delay_ms_min = 0;  // 0: one period
  double delay_ms_max = 500;
  double quantile = 0.9;  // of ticks that are there in time
};

class PlayoutClock {
 public:
  explicit PlayoutClock(PlayoutConfig config) : config_(config) {}

  void arrived(u64 tick, double now_ms);
  // The moment to show. Call it once per frame.
  double moment(double now_ms);
  double moment_of(u64 tick) const { return static_cast<double>(tick) * config_.period_ms; }
  double delay_ms() const { return delay_ms_; }
  double period_ms() const { return config_.period_ms; }

  static constexpr double kSlew = 0.06;
  static constexpr double kJumpMs = 1000;

 private:
  struct Arrival {
    double when_ms;
    double offset_ms;  // by how much the caller's clock was ahead of the moment
  };
  void measure();

  PlayoutConfig config_;
  std::deque<Arrival> arrivals_;
  double base_ms_ = 0;  // the offset of a tick that nothing held up
  double delay_ms_ = 0;
  double shown_offset_ms_ = 0;
  double last_ms_ = 0;
  bool shown_ = false;
};

}  // namespace sdk
}  // namespace perseid
