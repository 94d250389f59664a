// A room that rests now and then, over a bad link: its moments stand still meanwhile, which is no
// lateness. What is drawn after each rest, and how far from the truth it is. Virtual time, seeded.
// sdk/js has the same table (test/rests.test.ts), of the same matches.
#include <gtest/gtest.h>
#include <perseid/timeline.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

namespace perseid {
namespace {

constexpr int kLengthMs = 60'000;
constexpr double kHz = 20;
constexpr double kPeriodMs = 1000 / kHz;
constexpr double kFrameMs = 1000.0 / 60;
constexpr double kSkipMs = 3000;
constexpr int kWalkers = 10;

// Numbers from 0 to 1: sdk/js's dice.
class Dice {
 public:
  explicit Dice(u32 seed) : state_(seed) {}
  double operator()() {
    state_ += 0x6d2b79f5;
    u32 mixed = (state_ ^ (state_ >> 15)) * (1 | state_);
    mixed = (mixed + (mixed ^ (mixed >> 7)) * (61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >> 14)) / 4294967296.0;
  }

 private:
  u32 state_;
};

struct Point {
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

// Walkers who run, turn and stop, at 100 units a second; where each is in each millisecond.
class Match {
 public:
  Match() {
    Dice roll(1);
    for (int i = 0; i < kWalkers; ++i) paths_.push_back(walk(roll));
  }
  Point at(int walker, double ms) const {
    const std::vector<Point>& path = paths_[static_cast<std::size_t>(walker)];
    ms = std::clamp(ms, 0.0, double(kLengthMs));
    const auto low = static_cast<std::size_t>(ms);
    const Point& a = path[low];
    const Point& b = path[std::min<std::size_t>(kLengthMs, low + 1)];
    const double share = ms - std::floor(ms);
    return {a.x * (1 - share) + b.x * share, a.y * (1 - share) + b.y * share};
  }

 private:
  static std::vector<Point> walk(Dice& roll) {
    std::vector<Point> path;
    double x = roll() * 500;
    double y = roll() * 500;
    double heading = roll() * 6.28;
    double turn = 0;
    double speed = 100;
    for (int ms = 0; ms <= kLengthMs; ++ms) {
      if (roll() < 1.0 / 700) turn = (roll() - 0.5) * 0.008;  // radians a ms
      if (roll() < 1.0 / 1500) speed = roll() < 0.25 ? 0 : 60 + roll() * 80;
      heading += turn;
      x += std::cos(heading) * speed / 1000;
      y += std::sin(heading) * speed / 1000;
      path.push_back({x, y});
    }
    return path;
  }
  std::vector<std::vector<Point>> paths_;
};

// After each second or two of play all rest for `least_ms` to `most_ms`.
class Rests {
 public:
  Rests(double least_ms, double most_ms) {
    Dice roll(3);
    for (double time = 1000; time < kLengthMs; time += 1000 + std::floor(roll() * 20) * 50) {
      const double ms = least_ms + roll() * (most_ms - least_ms);
      all_.push_back({time, rested_ms_, ms});
      rested_ms_ += ms;
    }
  }
  // When state of this time is sent.
  double sent_at(double time) const {
    double now = time;
    for (const Rest& rest : all_) now += rest.time < time ? rest.ms : 0;
    return now;
  }
  // The state's time that the relay is at.
  double time_at(double now) const {
    const Rest* last = nullptr;
    for (const Rest& rest : all_) {
      if (rest.time + rest.rested_ms <= now) last = &rest;
    }
    return last == nullptr ? now : std::max(last->time, now - last->rested_ms - last->ms);
  }
  double end_ms() const { return kLengthMs + rested_ms_; }

 private:
  struct Rest {
    double time;
    double rested_ms;  // until then
    double ms;
  };
  std::vector<Rest> all_;
  double rested_ms_ = 0;
};

struct Link {
  const char* name;
  double latency_ms;
  double jitter_ms;
  double stall_ms;
  double stall_every_ms;
};
constexpr Link kGood{"good", 20, 3, 0, std::numeric_limits<double>::infinity()};
constexpr Link kBad{"bad", 100, 30, 300, 4000};

struct Arrival {
  u64 tick;
  double now;
  Entities entities;
  std::vector<std::string> changed;
};

double to_cents(double value) {
  return std::floor(value * 100 + 0.5) / 100;
}

// When each tick comes. The wire is TCP: nothing overtakes, and a stall lets all out at once.
std::vector<Arrival> arrivals(const Match& truth, const Link& link, const Rests& rests) {
  Dice roll(2);
  std::vector<Arrival> out;
  std::vector<std::optional<Point>> last(kWalkers);
  Entities entities;
  double free_at = 0;
  double next_stall = link.stall_every_ms;
  for (u64 tick = 1; static_cast<double>(tick) * kPeriodMs <= kLengthMs; ++tick) {
    const double time = static_cast<double>(tick) * kPeriodMs;
    const double sent = rests.sent_at(time);
    std::vector<std::string> changed;
    for (int i = 0; i < kWalkers; ++i) {
      const Point exact = truth.at(i, time);
      const Point at{to_cents(exact.x), to_cents(exact.y)};
      if (last[static_cast<std::size_t>(i)] == at) continue;
      last[static_cast<std::size_t>(i)] = at;
      changed.push_back("e" + std::to_string(i));
      entities[changed.back()] = {{"x", at.x}, {"y", at.y}};
    }
    if (sent >= next_stall) {
      free_at = std::max(free_at, sent + link.stall_ms);
      next_stall += link.stall_every_ms * (0.5 + roll());
    }
    free_at = std::max(free_at, sent + link.latency_ms + roll() * link.jitter_ms);
    if (!changed.empty()) out.push_back({tick, free_at, entities, changed});
  }
  return out;
}

struct Spread {
  double mean = 0;
  double p95 = 0;
};
Spread spread_of(std::vector<double> list) {
  std::sort(list.begin(), list.end());
  const double sum = std::accumulate(list.begin(), list.end(), 0.0);
  return {sum / static_cast<double>(list.size()), list[list.size() * 95 / 100]};
}

struct Seen {
  Spread error;
  Spread age;
  double uninterpolated = 0;  // of frames while something moves
};

Seen measure(const Match& truth, double least_ms, double most_ms, const Link& link) {
  const Rests rests(least_ms, most_ms);
  const std::vector<Arrival> all = arrivals(truth, link, rests);
  Timeline timeline({.period_ms = kPeriodMs});
  std::vector<double> errors;
  std::vector<double> ages;
  std::size_t next = 0;
  double beyond = 0;
  double newest = 0;
  for (double now = 0; now < rests.end_ms(); now += kFrameMs) {
    for (; next < all.size() && all[next].now <= now; ++next) {
      const Arrival& each = all[next];
      timeline.add(each.tick, each.entities, each.changed, {}, each.now);
      newest = static_cast<double>(each.tick) * kPeriodMs;
    }
    if (now < kSkipMs) continue;
    const double time = timeline.playout().moment(now);
    const double present = rests.time_at(now);
    const Entities entities = timeline.entities_at(time);
    for (int i = 0; i < kWalkers; ++i) {
      const std::string key = "e" + std::to_string(i);
      if (!entities.contains(key)) continue;
      const Point at = truth.at(i, std::min(time, present));
      errors.push_back(std::hypot(value_at(entities, key, "x").number() - at.x,
                                  value_at(entities, key, "y").number() - at.y));
    }
    // Of frames while something moves, and of whose movement something has come of late.
    if (newest <= rests.time_at(now - 250) || present <= rests.time_at(now - 50)) continue;
    ages.push_back(present - time);
    beyond += time > newest ? 1 : 0;
  }
  const auto moving = static_cast<double>(ages.size());
  return {spread_of(errors), spread_of(ages), beyond / moving};
}

void expect_rests_are_told_apart(const Link& link) {
  const Match truth;
  const Seen never = measure(truth, 0, 0, link);
  constexpr double kRests[][2] = {{80, 200}, {200, 500}, {800, 800}, {500, 1400}, {2000, 4000}};
  for (const auto& [least, most] : kRests) {
    const Seen seen = measure(truth, least, most, link);
    std::printf(
        "  %-4s %4.0f-%4.0f mean, p95, age mean, p95 ms: %7.2f %7.2f %7.2f %7.2f, %.1f %%\n",
        link.name, least, most, seen.error.mean, seen.error.p95, seen.age.mean, seen.age.p95,
        100 * seen.uninterpolated);
    EXPECT_LT(seen.uninterpolated, never.uninterpolated + 0.1) << least << " to " << most;
    EXPECT_LT(seen.age.p95, never.age.p95 * 1.5) << least << " to " << most;
    // The first frames of a rest go on as before: nobody knows yet.
    EXPECT_LT(seen.error.p95, 20) << least << " to " << most;
  }
}

TEST(Rests, AreToldFromLatenessOnAGoodLink) {
  expect_rests_are_told_apart(kGood);
}

TEST(Rests, AreToldFromLatenessOnABadLink) {
  expect_rests_are_told_apart(kBad);
}

TEST(Rests, WhatAStallHeldUpComesAtOnceAndIsNoRest) {
  PlayoutClock clock({.period_ms = 50, .adapt = false, .delay_ms_min = 60});
  const auto behind = [&](double now) { return now - clock.moment(now); };
  for (u64 tick = 0; tick < 60; ++tick) clock.arrived(tick, 50.0 * double(tick));
  EXPECT_NEAR(behind(2950), 60, 1e-6);
  for (u64 tick = 60; tick < 76; ++tick) clock.arrived(tick, 3760);  // 800 ms without any
  EXPECT_NEAR(behind(3760), 60, 1e-6);
  clock.arrived(76, 4560);  // drawn before the others come: what is shown waits for a moment
  EXPECT_GT(behind(4560), 760);
  for (u64 tick = 77; tick < 92; ++tick) clock.arrived(tick, 4570);
  EXPECT_NEAR(behind(4570), 60, 5);
}

TEST(Rests, BehindOneTheFirstTickIsLedUpToAndTimeGoesOnFromThere) {
  PlayoutClock clock({.period_ms = 50});
  for (u64 tick = 0; tick < 60; ++tick) {
    clock.arrived(tick, 50.0 * double(tick));
    clock.moment(50.0 * double(tick));
  }
  constexpr double kRestedMs = 800;
  for (u64 tick = 60; tick < 80; ++tick) {
    const double now = 50.0 * double(tick) + kRestedMs;
    clock.arrived(tick, now);
    EXPECT_NEAR(clock.moment(now), 50.0 * double(tick) - 50, 1e-6);
  }
}

// What was missed over a reconnect comes at once, and is no jitter.
TEST(Rests, AnotherConnectionIsJudgedByItself) {
  PlayoutClock clock({.period_ms = 50});
  for (u64 tick = 0; tick < 60; ++tick) clock.arrived(tick, 50.0 * double(tick));
  const double before = clock.moment(3000);
  clock.restart();
  EXPECT_NEAR(clock.moment(3100), before + 100, 1e-6);
  for (u64 tick = 60; tick < 100; ++tick) clock.arrived(tick, 5000);
  for (u64 tick = 100; tick < 120; ++tick) clock.arrived(tick, 50.0 * double(tick) + 20);
  EXPECT_NEAR(clock.delay_ms(), 50, 1e-6);
}

}  // namespace
}  // namespace perseid
