#include <perseid/playout.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace perseid {
inline namespace sdk {
namespace {

constexpr double kWindowMs = 4000;   // what jitter is judged by
constexpr double kFastestMs = 1000;  // and the fastest way: clocks drift, and rooms rest
constexpr std::size_t kArrivalsMax = 256;
constexpr double kBeginMs = 250;  // what waited for this member has come by then
constexpr double kDoubtMs = 250;  // what was held up comes sooner after the first of it

}  // namespace

void PlayoutClock::arrived(u64 tick, double now_ms) {
  const double transit = now_ms - moment_of(tick);
  const double late = arrivals_.empty() ? 0 : transit - *base_ms_;
  if (rest_ && now_ms < rest_->when_ms + kDoubtMs && transit < rest_->refuted_ms) {
    go_on();
  } else if (late > interval_ms() + 2 * lateness(0.5)) {
    rested(transit, now_ms);
  } else if (late < -kJumpMs) {
    arrivals_.clear();  // ticks were left out
  }
  if (!began_ms_) began_ms_ = now_ms;
  if (now_ms < *began_ms_ + kBeginMs) begin(transit);
  push(transit, now_ms);
  while (arrivals_.size() > kArrivalsMax || arrivals_.front().when_ms < now_ms - kWindowMs) {
    arrivals_.pop_front();
  }
  measure(now_ms);
}

// A whole state is a few ticks old, and what followed it comes at once: the link is not that late.
void PlayoutClock::begin(double transit_ms) {
  std::erase_if(arrivals_, [&](const Arrival& each) { return each.transit_ms > transit_ms; });
}

void PlayoutClock::rested(double transit_ms, double now_ms) {
  rest_ = {.when_ms = now_ms,
           .transit_ms = transit_ms - lateness(0.5),
           .refuted_ms = (transit_ms + *base_ms_) / 2,
           .lag_ms = lag_ms_};
  jumps_ = true;
}

// The wire is a stream: what it had held up comes all at once, as a rule before the next frame.
void PlayoutClock::go_on() {
  if (!jumps_) lag_ms_ = rest_->lag_ms;
  rest_.reset();
  jumps_ = false;
}

// A tick is late by what any of the next second is faster: so no rest counts as lateness.
void PlayoutClock::push(double transit_ms, double now_ms) {
  for (auto each = arrivals_.rbegin(); each != arrivals_.rend(); ++each) {
    if (each->when_ms < now_ms - kFastestMs) break;
    each->fastest_ms = std::min(each->fastest_ms, transit_ms);
  }
  arrivals_.push_back({now_ms, transit_ms, transit_ms});
}

void PlayoutClock::measure(double now_ms) {
  late_.clear();
  for (const Arrival& each : arrivals_) late_.push_back(each.transit_ms - each.fastest_ms);
  std::sort(late_.begin(), late_.end());
  const bool is_rest_near = rest_ && rest_->when_ms > now_ms - kFastestMs;
  const double from = is_rest_near ? rest_->when_ms : now_ms - kFastestMs;
  double base = is_rest_near ? rest_->transit_ms : std::numeric_limits<double>::infinity();
  for (auto each = arrivals_.rbegin(); each != arrivals_.rend() && each->when_ms >= from; ++each) {
    base = std::min(base, each->transit_ms);
  }
  base_ms_ = base;
}

double PlayoutClock::lateness(double share) const {
  if (late_.empty()) return 0;
  const double last = static_cast<double>(late_.size() - 1);
  return late_[static_cast<std::size_t>(std::ceil(std::clamp(share, 0.0, 1.0) * last))];
}

// The time between two ticks besides, because what is shown lies between two ticks.
double PlayoutClock::delay_ms() const {
  const double least = config_.delay_ms_min > 0 ? config_.delay_ms_min : interval_ms();
  if (!config_.adapt) return least;
  return std::clamp(interval_ms() + jitter_ms(), least, std::max(least, config_.delay_ms_max));
}

double PlayoutClock::moment(double now_ms) {
  if (!base_ms_) return 0;
  const double wanted = *base_ms_ + delay_ms();
  const double away = lag_ms_ ? wanted - *lag_ms_ : -std::numeric_limits<double>::infinity();
  const bool begins = began_ms_ && now_ms < *began_ms_ + kBeginMs;
  if (std::abs(away) > kJumpMs || begins || (jumps_ && away > 0)) {
    lag_ms_ = wanted;
  } else {
    const double most = kSlew * std::max(0.0, now_ms - last_ms_);
    *lag_ms_ += std::clamp(away, -most, most);
  }
  jumps_ = false;
  last_ms_ = now_ms;
  return now_ms - *lag_ms_;
}

void PlayoutClock::restart() {
  arrivals_.clear();
  rest_.reset();
  began_ms_.reset();
}

}  // namespace sdk
}  // namespace perseid
