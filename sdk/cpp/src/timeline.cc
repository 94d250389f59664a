#include <perseid/timeline.h>

#include <algorithm>

namespace perseid {
inline namespace sdk {
namespace {

constexpr double kPeriodMs = 50;
constexpr double kEndedKeptMs = 2000;

PlayoutConfig playout_config(const TimelineConfig& config) {
  return {.period_ms = config.period_ms > 0 ? config.period_ms : kPeriodMs,
          .adapt = config.adapt,
          .delay_ms_min = config.delay_ms_min,
          .delay_ms_max = config.delay_ms_max};
}

}  // namespace

Timeline::Timeline(TimelineConfig config)
    : config_(std::move(config)), playout_(playout_config(config_)) {}

void Timeline::clear() {
  lives_.clear();
  const double interval_ms = playout_.interval_ms();
  playout_ = PlayoutClock(playout_config(config_));
  playout_.come_each(interval_ms);
  begun_ = false;
}

void Timeline::rate(double sent_hz) {
  playout_.come_each(sent_hz > 0 ? 1000 / sent_hz : 0);
}

void Timeline::add(u64 tick, const Entities& entities, std::span<const std::string> touched,
                   std::span<const std::string> gone, double now_ms, u32 every) {
  const double moment = playout_.moment_of(tick);
  if (begun_ && moment < newest_ - kEndedKeptMs) clear();  // ticks began afresh
  // Another cell's may be behind, which says nothing of the link.
  if (!begun_ || moment >= newest_) playout_.arrived(tick, now_ms);
  for (const std::string& key : gone) {
    const auto life = lives_.find(key);
    if (life == lives_.end() || life->second.ended) continue;
    life->second.ended = true;
    life->second.end = moment;
  }
  for (const std::string& key : touched) {
    const auto entity = entities.find(key);
    if (entity == entities.end()) continue;
    Life& life = lives_[key];
    if (life.ended) life = {};
    if (life.tracks.empty()) life.begin = moment;
    life.every_ms = every > 1 ? every * playout_.interval_ms() : 0;
    add_entity(life, entity->second, moment);
  }
  if (!begun_ || moment > newest_) {
    before_ = begun_ ? newest_ : moment;
    newest_ = moment;
  }
  begun_ = true;
  forget_ended();
}

void Timeline::add_entity(Life& life, const Fields& fields, double moment) {
  std::erase_if(life.tracks, [&](const auto& track) { return !fields.contains(track.first); });
  for (const auto& [name, value] : fields) {
    Track& track = life.tracks[name];
    if (!track.empty() && track.back().moment >= moment) {  // a whole state may step back
      if (track.back().moment == moment) track.back().value = value;
      continue;
    }
    const double rested = track.empty() ? moment : rested_until(life, track.back().moment, moment);
    if (rested < moment) track.push_back({rested, track.back().value});
    track.push_back({moment, value});
    while (track.size() > kSamplesMax) track.pop_front();
  }
}

// Not touched by the message before this one: then it rested until then. `moment`: it did not.
double Timeline::rested_until(const Life& life, double since, double moment) const {
  if (life.every_ms > 0) {
    return moment - since > 1.5 * life.every_ms ? moment - life.every_ms : moment;
  }
  const double before = newest_ < moment ? newest_ : before_;
  return begun_ && since < before && before < moment ? before : moment;
}

void Timeline::forget_ended() {
  std::erase_if(lives_, [&](const auto& life) {
    return life.second.ended && life.second.end < newest_ - kEndedKeptMs;
  });
}

const FieldBlend& Timeline::how(std::string_view field) const {
  const auto found = config_.fields.find(field);
  return found == config_.fields.end() ? config_.numbers : found->second;
}

Entities Timeline::entities_at(double moment) const {
  Entities out;
  for (const auto& [key, life] : lives_) {
    if (moment < life.begin || (life.ended && moment >= life.end)) continue;
    Fields& fields = out[key];
    for (const auto& [name, track] : life.tracks) {
      fields.emplace(name, value_at(life, track, how(name), moment));
    }
  }
  return out;
}

Value Timeline::value_at(const Life& life, const Track& track, const FieldBlend& how,
                         double moment) const {
  if (moment >= track.back().moment) return beyond(life, track, how, moment);
  const auto after = std::upper_bound(track.begin(), track.end(), moment,
                                      [](double at, const Sample& s) { return at < s.moment; });
  if (after == track.begin()) return after->value;
  return between(track, static_cast<std::size_t>(after - track.begin()), how, moment);
}

// A cubic takes its slopes from parabolas through each sample and its neighbours.
Value Timeline::between(const Track& track, std::size_t right, const FieldBlend& how,
                        double moment) {
  const Sample& a = track[right - 1];
  const Sample& b = track[right];
  const double span = b.moment - a.moment;
  const double at = (moment - a.moment) / span;
  if (a.value.is_quaternion() && b.value.is_quaternion()) {
    return {slerp(a.value.quaternion(), b.value.quaternion(), at)};
  }
  if (!a.value.is_number() || !b.value.is_number() || how.blend == Blend::step) return a.value;
  const double from = a.value.number();
  const double to = b.value.number();
  if (how.blend == Blend::angle) return {angle(from, to, at, how.turn)};
  if (how.blend == Blend::linear) return {linear(from, to, at)};
  const double slope = (to - from) / span;
  double left_slope = slope;
  double right_slope = slope;
  if (right >= 2 && track[right - 2].value.is_number()) {
    const double before = a.moment - track[right - 2].moment;
    const double slope_before = (from - track[right - 2].value.number()) / before;
    left_slope = (slope_before * span + slope * before) / (before + span);
  }
  if (right + 1 < track.size() && track[right + 1].value.is_number()) {
    const double behind = track[right + 1].moment - b.moment;
    const double slope_behind = (track[right + 1].value.number() - to) / behind;
    right_slope = (slope_behind * span + slope * behind) / (behind + span);
  }
  return {hermite(from, to, left_slope * span, right_slope * span, at)};
}

// Behind the newest sample: as fast as it was last, for a while; then back, as fast. If nothing
// comes then it has rather stopped than moved on unseen.
Value Timeline::beyond(const Life& life, const Track& track, const FieldBlend& how,
                       double moment) const {
  const Sample& last = track.back();
  const bool is_at_rest = life.every_ms > 0 ? newest_ - last.moment >= life.every_ms  //
                                            : last.moment < newest_;
  if (track.size() < 2 || is_at_rest || how.blend == Blend::step) return last.value;
  const Sample& before = track[track.size() - 2];
  const double span = last.moment - before.moment;
  const double most = config_.extrapolate_ms_max;
  const double ahead = moment - last.moment;
  const double carried = std::max(0.0, std::min(ahead, 2 * most - ahead));
  const double at = 1 + carried / span;
  if (last.value.is_quaternion() && before.value.is_quaternion()) {
    return {slerp(before.value.quaternion(), last.value.quaternion(), at)};
  }
  if (!last.value.is_number() || !before.value.is_number()) return last.value;
  if (how.blend == Blend::angle) {
    return {angle(before.value.number(), last.value.number(), at, how.turn)};
  }
  return {linear(before.value.number(), last.value.number(), at)};
}

}  // namespace sdk
}  // namespace perseid
