// PlayoutClock: which moment of a room to show now: as late as most ticks need to be there, behind
// the fastest way that they took. A room in which nothing changes counts no ticks: what comes after
// such a rest is told from what the link held up, which comes all at once.
// Thread: the owner's. Usable alone. Times are of the caller's clock, in milliseconds; moments are
// tick * period_ms.
// Invariants: the moment never runs back, but behind a rest or a jump of more than kJumpMs, and
// never faster or slower than time by more than kSlew; the delay stays between its bounds. sdk/js
// has the same rule (time/playback.ts).
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

struct PlayoutConfig {
  double period_ms = 50;
  bool adapt = true;        // else the delay is delay_ms_min
  double delay_ms_min = 0;  // 0: the time between two ticks that come
  double delay_ms_max = 500;
  double quantile = 0.95;  // of ticks that are there in time
};

class PlayoutClock {
 public:
  explicit PlayoutClock(PlayoutConfig config) : config_(config) {}

  void arrived(u64 tick, double now_ms);
  // The moment to show. Call it once per frame.
  double moment(double now_ms);
  double moment_of(u64 tick) const { return static_cast<double>(tick) * config_.period_ms; }
  double delay_ms() const;
  double jitter_ms() const { return lateness(config_.quantile); }  // most ticks are late by it
  double period_ms() const { return config_.period_ms; }
  // From now on a tick comes each so many ms, if not all of them do: a link that does not keep up.
  void come_each(double interval_ms) { interval_ms_ = interval_ms; }
  // Between two ticks that come.
  double interval_ms() const { return std::max(config_.period_ms, interval_ms_); }
  // Another connection: goes on as it is until a tick comes, and judges by those from then on.
  void restart();

  static constexpr double kSlew = 0.05;
  static constexpr double kJumpMs = 1000;

 private:
  struct Arrival {
    double when_ms;
    double transit_ms;  // by how much the caller's clock was ahead of the moment
    double fastest_ms;  // the least of this one and of those of the next second that have come
  };
  // A tick came so late that the room must have rested before it, if none catches up with it.
  struct Rest {
    double when_ms;
    double transit_ms;  // what it would have been without jitter of its own
    double refuted_ms;  // a tick this fast says that there was no rest: the link held them up
    std::optional<double> lag_ms;  // as it was before
  };
  void rested(double transit_ms, double now_ms);
  void go_on();
  void begin(double transit_ms);
  void push(double transit_ms, double now_ms);
  void measure(double now_ms);
  double lateness(double share) const;

  PlayoutConfig config_;
  double interval_ms_ = 0;
  std::deque<Arrival> arrivals_;
  std::vector<double> late_;       // by how much each was late; sorted
  std::optional<double> base_ms_;  // the transit of a tick that nothing held up
  std::optional<double> lag_ms_;   // the caller's clock less what is shown, as it is now
  double last_ms_ = 0;
  std::optional<Rest> rest_;
  bool jumps_ = false;
  std::optional<double> began_ms_;
};

}  // namespace sdk
}  // namespace perseid
