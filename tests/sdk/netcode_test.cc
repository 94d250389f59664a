// How far from the truth a game draws, by the seconds of a seeded, made-up network: latency 100 ms,
// jitter 30 ms, stalls. Virtual time: nothing here waits. The table is printed; README.md quotes
// it.
#include <gtest/gtest.h>
#include <perseid/prediction.h>
#include <perseid/timeline.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <vector>

namespace perseid {
namespace {

constexpr double kLatencyMs = 100;
constexpr double kJitterMs = 30;
constexpr double kPeriodMs = 50;
constexpr double kFrameMs = 1000.0 / 60;
constexpr double kSecondsMs = 120'000;

struct Point {
  double x = 0;
  double y = 0;
};
double distance(const Point& a, const Point& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

// A player of some 6 m/s that turns as players do.
Point truth(int player, double ms) {
  const double t = ms / 1000 + player * 17;
  return {9 * std::sin(0.61 * t) + 2.5 * std::sin(1.9 * t + player),
          8 * std::cos(0.47 * t + player) + 2 * std::cos(2.3 * t)};
}

// One direction of the network: in order, as TCP is, so that what is late holds up what follows.
class Network {
 public:
  explicit Network(u32 seed) : dice_(seed) {}
  double arrival(double sent_ms) {
    if (sent_ms >= next_stall_ms_) {
      stall_end_ms_ = sent_ms + std::uniform_real_distribution<>(150, 400)(dice_);
      next_stall_ms_ = sent_ms + std::uniform_real_distribution<>(3000, 8000)(dice_);
    }
    const double jitter = std::uniform_real_distribution<>(-kJitterMs, kJitterMs)(dice_);
    const double free = sent_ms < stall_end_ms_ ? stall_end_ms_ : sent_ms;
    last_ms_ = std::max(last_ms_, free + kLatencyMs + jitter);
    return last_ms_;
  }

 private:
  std::mt19937 dice_;
  double next_stall_ms_ = 3000;
  double stall_end_ms_ = 0;
  double last_ms_ = 0;
};

struct Errors {
  double mean = 0;
  double p95 = 0;
};
Errors errors_of(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  double sum = 0;
  for (const double error : all) sum += error;
  return {sum / static_cast<double>(all.size()), all[all.size() * 95 / 100]};
}

struct Arrival {
  double when_ms;
  u64 tick;
};

std::vector<Arrival> arrivals() {
  Network network(7);
  std::vector<Arrival> out;
  for (u64 tick = 0; static_cast<double>(tick) * kPeriodMs < kSecondsMs; ++tick) {
    out.push_back({network.arrival(static_cast<double>(tick) * kPeriodMs), tick});
  }
  return out;
}

constexpr int kPlayers = 8;
std::string key_of(int player) {
  return "p" + std::to_string(player);
}

// Calls for each frame, with the ticks that had come until then handed to `take`.
void each_frame(const std::function<void(u64 tick, double now)>& take,
                const std::function<void(double now)>& draw) {
  const std::vector<Arrival> all = arrivals();
  std::size_t next = 0;
  for (double now = 0; now < kSecondsMs; now += kFrameMs) {
    for (; next < all.size() && all[next].when_ms <= now; ++next) take(all[next].tick, now);
    if (now > 2000) draw(now);
  }
}

// The newest position as it comes. What it shows is compared with the truth of a constant time ago:
// the one that flatters it most.
struct Raw {
  Errors shown;
  Errors now;
};
Raw without() {
  Raw best{{1e9, 1e9}, {}};
  for (double ago = 60; ago < 220; ago += 5) {
    std::vector<double> shown;
    std::vector<double> present;
    u64 newest = 0;
    each_frame([&](u64 tick, double) { newest = tick; },
               [&](double now) {
                 for (int player = 0; player < kPlayers; ++player) {
                   const Point at = truth(player, static_cast<double>(newest) * kPeriodMs);
                   shown.push_back(distance(at, truth(player, now - ago)));
                   present.push_back(distance(at, truth(player, now)));
                 }
               });
    const Errors errors = errors_of(shown);
    if (errors.mean < best.shown.mean) best = {errors, errors_of(present)};
  }
  return best;
}

struct With {
  Errors shown;  // against the truth of the moment that is shown
  Errors now;    // against the truth of now
  double delay_ms = 0;
};
With with(TimelineConfig config) {
  config.period_ms = kPeriodMs;
  Timeline timeline(config);
  std::vector<std::string> keys;
  for (int player = 0; player < kPlayers; ++player) keys.push_back(key_of(player));
  std::vector<double> shown;
  std::vector<double> present;
  double delays = 0;
  double frames = 0;
  each_frame(
      [&](u64 tick, double now) {
        Entities entities;
        for (int player = 0; player < kPlayers; ++player) {
          const Point at = truth(player, static_cast<double>(tick) * kPeriodMs);
          entities[key_of(player)] = {{"x", at.x}, {"y", at.y}};
        }
        timeline.add(tick, entities, keys, {}, now);
      },
      [&](double now) {
        const double moment = timeline.playout().moment(now);
        const Entities entities = timeline.entities_at(moment);
        delays += now - moment;
        ++frames;
        for (int player = 0; player < kPlayers; ++player) {
          const Point at{value_at(entities, key_of(player), "x").number(),
                         value_at(entities, key_of(player), "y").number()};
          shown.push_back(distance(at, truth(player, moment)));
          present.push_back(distance(at, truth(player, now)));
        }
      });
  return {errors_of(shown), errors_of(present), delays / frames};
}

void print(const char* what, const Errors& shown, const Errors& now, double delay) {
  std::printf("  %-34s %7.3f %7.3f   %7.3f %7.3f   %5.0f\n", what, shown.mean, shown.p95, now.mean,
              now.p95, delay);
}

TEST(Netcode, RemotePlayersAreNearerToTheTruthWithTheTimeline) {
  const Raw raw = without();
  const With by_default = with({});
  const With linear = with({.numbers = {.blend = Blend::linear}});
  const With rigid = with({.adapt = false, .delay_ms_min = 100});
  const With modest = with({.extrapolate_ms_max = 100});
  const With timid = with({.extrapolate_ms_max = 0});
  std::printf(
      "  metres, of players at some 6 m/s      shown, mean p95      now, mean p95   behind ms\n");
  print("newest as it comes", raw.shown, raw.now, 0);
  print("timeline (default)", by_default.shown, by_default.now, by_default.delay_ms);
  print("  linear instead of hermite", linear.shown, linear.now, linear.delay_ms);
  print("  delay fixed at 100 ms", rigid.shown, rigid.now, rigid.delay_ms);
  print("  extrapolating up to 100 ms", modest.shown, modest.now, modest.delay_ms);
  print("  without extrapolation", timid.shown, timid.now, timid.delay_ms);
  EXPECT_LT(by_default.shown.mean, raw.shown.mean / 4);
  EXPECT_LT(by_default.shown.p95, raw.shown.p95 / 4);
  // The defaults are the better settings.
  EXPECT_LE(by_default.shown.mean, linear.shown.mean);
  EXPECT_LE(by_default.shown.p95, linear.shown.p95);
  EXPECT_LE(by_default.shown.mean, rigid.shown.mean);
  EXPECT_LE(by_default.shown.mean, modest.shown.mean);
  EXPECT_LE(by_default.shown.mean, timid.shown.mean);
}

// Own player: inputs at the frames' rate, an authority that acts on them when they arrive, tells
// its state 20 times a second, and now and then pushes the player, which no client can foresee.
struct Body {
  Point at;
  Point speed;
};
struct Step {
  double x = 0;
  double y = 0;
};
void act(Body& body, const Step& step) {
  constexpr double kSeconds = kFrameMs / 1000;
  body.speed.x += (step.x * 6 - body.speed.x) * 0.2;
  body.speed.y += (step.y * 6 - body.speed.y) * 0.2;
  body.at.x += body.speed.x * kSeconds;
  body.at.y += body.speed.y * kSeconds;
}

struct Told {
  double when_ms;
  u64 acknowledged;
  Body body;
};

struct Match {
  std::vector<Step> inputs;  // by frame
  std::vector<Body> after;   // the authority's state behind each input
  std::vector<Told> told;    // in the order of arrival
};

Match play() {
  Match match;
  Network up(11);
  Network down(13);
  std::mt19937 dice(17);
  Body body;
  double next_told = 0;
  double angle = 0;
  for (double now = 0; now < kSecondsMs; now += kFrameMs) {
    if (dice() % 40 == 0) angle = std::uniform_real_distribution<>(0, kTurnRadians)(dice);
    match.inputs.push_back({std::cos(angle), std::sin(angle)});
    const double acted = up.arrival(now);
    act(body, match.inputs.back());
    if (dice() % 480 == 0) body.at.x += 1;  // pushed
    match.after.push_back(body);
    if (acted < next_told) continue;
    match.told.push_back({down.arrival(acted), match.inputs.size(), body});
    next_told = acted + kPeriodMs;
  }
  return match;
}

PredictorConfig<Body, Step> rule() {
  PredictorConfig<Body, Step> config{.act = act};
  config.difference = [](const Body& a, const Body& b) {
    return Body{{a.at.x - b.at.x, a.at.y - b.at.y}, {}};
  };
  config.add = [](const Body& a, const Body& d, double part) {
    return Body{{a.at.x + d.at.x * part, a.at.y + d.at.y * part}, a.speed};
  };
  return config;
}

TEST(Netcode, TheOwnPlayerReactsInTheSameFrameAndStaysNearTheAuthority) {
  const Match match = play();
  Predictor<Body, Step> own(rule(), {});
  std::vector<double> with_prediction;
  std::vector<double> without_prediction;
  Body newest;
  std::size_t next = 0;
  for (std::size_t frame = 0; frame < match.inputs.size(); ++frame) {
    const double now = static_cast<double>(frame) * kFrameMs;
    for (; next < match.told.size() && match.told[next].when_ms <= now; ++next) {
      newest = match.told[next].body;
      own.reconcile(match.told[next].acknowledged, newest, now);
    }
    const Point before = own.predicted().at;
    EXPECT_EQ(own.input(match.inputs[frame]), frame + 1);
    ASSERT_GT(distance(before, own.predicted().at), 0) << "frame " << frame;
    with_prediction.push_back(distance(own.shown(now).at, match.after[frame].at));
    without_prediction.push_back(distance(newest.at, match.after[frame].at));
  }
  const Errors with = errors_of(with_prediction);
  const Errors without = errors_of(without_prediction);
  std::printf("  own player, metres from the authority's state after the same input: mean, p95\n");
  std::printf("  %-34s %7.3f %7.3f\n", "as the authority tells it", without.mean, without.p95);
  std::printf("  %-34s %7.3f %7.3f\n", "predicted and reconciled", with.mean, with.p95);
  EXPECT_LT(with.mean, without.mean / 4);
  EXPECT_LT(with.p95, without.p95 / 2);
}

}  // namespace
}  // namespace perseid
