#include <perseid/playout.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace perseid {
inline namespace sdk {
namespace {

constexpr double kWindowMs = 4000;
constexpr std::size_t kArrivalsMax = 256;
// A tick that is so much too late, and alone, was not held up: the room rested before it.
constexpr double kRestedMs = 1500;

}  // namespace

void PlayoutClock::arrived(u64 tick, double now_ms) {
  const double offset = now_ms - moment_of(tick);
  if (!arrivals_.empty() && std::abs(offset - base_ms_) > kRestedMs) arrivals_.clear();
  arrivals_.push_back({now_ms, offset});
  while (arrivals_.size() > kArrivalsMax || arrivals_.front().when_ms < now_ms - kWindowMs) {
    arrivals_.pop_front();
  }
  measure();
}

void PlayoutClock::measure() {
  std::vector<double> offsets;
  offsets.reserve(arrivals_.size());
  for (const Arrival& arrival : arrivals_) offsets.push_back(arrival.offset_ms);
  base_ms_ = *std::min_element(offsets.begin(), offsets.end());
  const double least = config_.delay_ms_min > 0 ? config_.delay_ms_min : config_.period_ms;
  if (!config_.adapt) {
    delay_ms_ = least;
    return;
  }
  const auto rank =
      static_cast<std::ptrdiff_t>(config_.quantile * static_cast<double>(offsets.size() - 1));
  std::nth_element(offsets.begin(), offsets.begin() + rank, offsets.end());
  const double late = offsets[static_cast<std::size_t>(rank)] - base_ms_;
  // One period besides, because what is shown lies between two ticks.
  delay_ms_ = std::clamp(late + config_.period_ms, least, std::max(least, config_.delay_ms_max));
}

double PlayoutClock::moment(double now_ms) {
  const double wanted = base_ms_ + delay_ms_;
  const double away = wanted - shown_offset_ms_;
  if (!shown_ || std::abs(away) > kJumpMs) {
    shown_offset_ms_ = wanted;
    shown_ = !arrivals_.empty();
  } else {
    const double most = std::max(0.0, now_ms - last_ms_) * kSlew;
    shown_offset_ms_ += std::clamp(away, -most, most);
  }
  last_ms_ = now_ms;
  return now_ms - shown_offset_ms_;
}

}  // namespace sdk
}  // namespace perseid
