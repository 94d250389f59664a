// Timeline: entities between their ticks: it keeps what states brought, and gives the entities of
// any moment: between two ticks blended, beyond the newest carried on for a bounded time.
// Thread: the owner's. Usable alone. Owns: up to kSamplesMax values of each field.
// Invariants: at a tick's own moment a field has that tick's value; who carried on and was told
// nothing returns to the last value that was.
#pragma once

#include <perseid/blend.h>
#include <perseid/playout.h>
#include <perseid/value.h>

#include <deque>
#include <map>
#include <span>
#include <string>

namespace perseid {
inline namespace sdk {

enum class Blend : u8 {
  step,  // the newest that is not in the future
  linear,
  hermite,  // a cubic through the samples, by their neighbours
  angle     // by the short way
};

struct FieldBlend {
  Blend blend = Blend::hermite;
  double turn = kTurnRadians;  // angle: a whole turn; 360 for degrees
};

struct TimelineConfig {
  double period_ms = 0;  // between ticks; 0: as the room says, or 50
  bool adapt = true;     // the delay follows the jitter; else it is delay_ms_min
  double delay_ms_min = 0;
  double delay_ms_max = 500;
  double extrapolate_ms_max = 250;
  FieldBlend numbers = {};  // of numbers that `fields` does not name
  std::map<std::string, FieldBlend, std::less<>> fields = {};  // quaternions are always slerped
};

class Timeline {
 public:
  explicit Timeline(TimelineConfig config);

  static constexpr std::size_t kSamplesMax = 64;

  // A state message that came at `now_ms`: `entities` as they are behind it. `every`: what it tells
  // of is told each so many ticks (a grid's far cells).
  void add(u64 tick, const Entities& entities, std::span<const std::string> touched,
           std::span<const std::string> gone, double now_ms, u32 every = 1);
  // The entities to show at `now_ms`: those of moment(now_ms).
  Entities at(double now_ms) { return entities_at(playout_.moment(now_ms)); }
  Entities entities_at(double moment_ms) const;
  // From now on so many states a second are sent, of those that there are. 0: all.
  void rate(double sent_hz);
  // Forgets everything: another session, another room.
  void clear();

  PlayoutClock& playout() { return playout_; }
  const PlayoutClock& playout() const { return playout_; }

 private:
  struct Sample {
    double moment;
    Value value;
  };
  using Track = std::deque<Sample>;
  struct Life {
    double begin = 0;
    double end = 0;
    bool ended = false;
    double every_ms = 0;  // between two of its states, if it moves; 0: it comes with each message
    std::map<std::string, Track, std::less<>> tracks;
  };
  void add_entity(Life& life, const Fields& fields, double moment);
  double rested_until(const Life& life, double since, double moment) const;
  Value value_at(const Life& life, const Track& track, const FieldBlend& how, double moment) const;
  Value beyond(const Life& life, const Track& track, const FieldBlend& how, double moment) const;
  static Value between(const Track& track, std::size_t right, const FieldBlend& how, double moment);
  const FieldBlend& how(std::string_view field) const;
  void forget_ended();

  TimelineConfig config_;
  PlayoutClock playout_;
  std::map<std::string, Life, std::less<>> lives_;
  double newest_ = 0;  // the moment of the last state message
  double before_ = 0;  // and of the last one of an earlier moment
  bool begun_ = false;
};

}  // namespace sdk
}  // namespace perseid
