// The pieces of time, one by one: blends, the clock, the playout, the timeline, the predictor.
#include <gtest/gtest.h>
#include <perseid/blend.h>
#include <perseid/clock.h>
#include <perseid/prediction.h>
#include <perseid/timeline.h>

namespace perseid {
namespace {

constexpr double kTiny = 1e-9;

TEST(Blends, AnglesTakeTheShortWay) {
  EXPECT_NEAR(angle(350, 10, 0.5, 360), 0, kTiny);
  EXPECT_NEAR(angle(10, 350, 0.25, 360), 5, kTiny);
  EXPECT_NEAR(std::abs(angle(-3.1, 3.1, 0.5)), kTurnRadians / 2, 1e-6);
  EXPECT_NEAR(angle(0, 90, 1, 360), 90, kTiny);
}

TEST(Blends, ACubicGoesThroughItsEndsWithItsSlopes) {
  EXPECT_EQ(hermite(1, 5, 9, -9, 0), 1);
  EXPECT_EQ(hermite(1, 5, 9, -9, 1), 5);
  EXPECT_NEAR((hermite(1, 5, 9, -9, 1e-6) - 1) / 1e-6, 9, 1e-3);
  // Of a parabola, whose slopes are known, it is the parabola itself.
  EXPECT_NEAR(hermite(0, 1, 0, 2, 0.3), 0.09, kTiny);
}

TEST(Blends, TurnsGoAlongTheGreatCircleWhateverTheSign) {
  const double half = std::sqrt(0.5);
  const Quaternion none{0, 0, 0, 1};
  const Quaternion quarter{0, 0, half, half};
  const Quaternion opposite{0, 0, -half, -half};  // the same turn
  for (const Quaternion& to : {quarter, opposite}) {
    const Quaternion mid = slerp(none, to, 0.5);
    EXPECT_NEAR(mid[2], std::sin(kTurnRadians / 16), kTiny);
    EXPECT_NEAR(mid[3], std::cos(kTurnRadians / 16), kTiny);
  }
  EXPECT_NEAR(slerp(none, quarter, 2)[2], 1, kTiny);  // it turns on
  EXPECT_NEAR(slerp(none, none, 0.5)[3], 1, kTiny);
}

TEST(Clock, TheQuickestAnswerTellsTheOffset) {
  ClockSync clock;
  EXPECT_FALSE(clock.ready());
  clock.add(1000, 1010, 51005);  // offset 50000, to the half millisecond
  clock.add(2000, 2200, 52010);  // held up on the way back
  EXPECT_NEAR(clock.offset_ms(), 50000, 1);
  for (int i = 0; i < 40; ++i) clock.add(3000, 3100, 53050);
  EXPECT_NEAR(clock.rtt_ms(), 100, 3);
  EXPECT_EQ(clock.percentiles().p50_ms, 100);
  EXPECT_EQ(clock.percentiles().p99_ms, 100);
}

Entities one(double x) {
  return {{"e", {{"x", x}}}};
}
const std::string kKey[] = {"e"};

TimelineConfig fixed(Blend blend) {
  return {.period_ms = 50, .adapt = false, .delay_ms_min = 100, .numbers = {.blend = blend}};
}

double x_at(const Timeline& timeline, double moment) {
  return value_at(timeline.entities_at(moment), "e", "x").number(-1);
}

TEST(Timelines, BlendsBetweenTicksAndHitsThem) {
  Timeline line(fixed(Blend::linear));
  Timeline curve(fixed(Blend::hermite));
  for (u64 tick = 0; tick < 10; ++tick) {
    const auto x = static_cast<double>(tick * tick);
    line.add(tick, one(x), kKey, {}, 1000 + 50.0 * static_cast<double>(tick));
    curve.add(tick, one(x), kKey, {}, 1000 + 50.0 * static_cast<double>(tick));
  }
  EXPECT_NEAR(x_at(line, 225), 20.5, kTiny);
  EXPECT_NEAR(x_at(curve, 225), 20.25, kTiny);  // the parabola itself
  EXPECT_NEAR(x_at(curve, 250), 25, kTiny);
  EXPECT_EQ(curve.at(1450 + 100).at("e").at("x"), Value(81.0));
}

TEST(Timelines, WhoRestedBeginsToMoveWhenItMoved) {
  Timeline line(fixed(Blend::linear));
  line.add(0, one(0), kKey, {}, 0);
  for (u64 tick = 1; tick < 10; ++tick) line.add(tick, one(0), {}, {}, 50.0 * double(tick));
  line.add(10, one(5), kKey, {}, 500);
  EXPECT_NEAR(x_at(line, 440), 0, kTiny);
  EXPECT_NEAR(x_at(line, 475), 2.5, kTiny);
}

// A grid's far cells are told each few ticks, between the near ones' messages.
TEST(Timelines, WhoIsFarAndMovesDoesNotRestBetweenItsTicks) {
  Timeline line(fixed(Blend::linear));
  const std::string near[] = {"n"};
  for (u64 tick = 0; tick <= 20; ++tick) {
    const double x = tick < 13 ? double(tick) : 12;
    Entities both = one(x);
    both["n"] = {{"x", 0}};
    line.add(tick, both, near, {}, 50.0 * double(tick));
    if (tick % 4 == 0 && tick < 13) line.add(tick, both, kKey, {}, 50.0 * double(tick), 4);
    if (tick == 14) {
      EXPECT_NEAR(x_at(line, 700), 14, kTiny) << "it goes on";
    }
  }
  for (const double tick : {1.0, 3.0, 6.5, 11.0}) EXPECT_NEAR(x_at(line, 50 * tick), tick, kTiny);
  EXPECT_NEAR(x_at(line, 1000), 12, kTiny) << "it rests";
  Entities moved = one(20);
  moved["n"] = {{"x", 0}};
  line.add(24, moved, kKey, {}, 1200, 4);
  EXPECT_NEAR(x_at(line, 1000), 12, kTiny);
  EXPECT_NEAR(x_at(line, 1100), 16, kTiny);
}

// Two cells of a tick: who rested in the second one rested until the tick before.
TEST(Timelines, WhoRestedIsToldByWhicheverMessageOfATick) {
  Timeline line(fixed(Blend::linear));
  const std::string near[] = {"n"};
  Entities both = one(0);
  both["n"] = {{"x", 0}};
  line.add(0, both, kKey, {}, 0);
  for (u64 tick = 1; tick < 10; ++tick) line.add(tick, both, near, {}, 50.0 * double(tick));
  both["e"] = {{"x", 5}};
  line.add(10, both, near, {}, 500);
  line.add(10, both, kKey, {}, 500);
  EXPECT_NEAR(x_at(line, 440), 0, kTiny);
  EXPECT_NEAR(x_at(line, 475), 2.5, kTiny);
}

TEST(Timelines, CarriesOnForABoundedTimeAndReturns) {
  TimelineConfig config = fixed(Blend::hermite);
  config.extrapolate_ms_max = 100;
  Timeline line(config);
  line.add(0, one(0), kKey, {}, 0);
  line.add(1, one(10), kKey, {}, 50);
  EXPECT_NEAR(x_at(line, 100), 20, kTiny);
  EXPECT_NEAR(x_at(line, 150), 30, kTiny);
  EXPECT_LT(x_at(line, 200), 30);
  EXPECT_NEAR(x_at(line, 5000), 10, kTiny);
}

TEST(Timelines, EntitiesComeAndGoAtTheirMoment) {
  Timeline line(fixed(Blend::linear));
  line.add(4, one(1), kKey, {}, 200);
  line.add(8, {}, {}, kKey, 400);
  EXPECT_FALSE(line.entities_at(199).contains("e"));
  EXPECT_TRUE(line.entities_at(200).contains("e"));
  EXPECT_TRUE(line.entities_at(399).contains("e"));
  EXPECT_FALSE(line.entities_at(400).contains("e"));
}

TEST(Timelines, WhatIsNoNumberSteps) {
  Timeline line(fixed(Blend::linear));
  line.add(0, {{"e", {{"act", "idle"}, {"on", true}}}}, kKey, {}, 0);
  line.add(1, {{"e", {{"act", "run"}, {"on", false}}}}, kKey, {}, 50);
  EXPECT_EQ(value_at(line.entities_at(49), "e", "act").text(), "idle");
  EXPECT_EQ(value_at(line.entities_at(50), "e", "act").text(), "run");
  EXPECT_TRUE(value_at(line.entities_at(49), "e", "on").boolean());
}

TEST(Playout, TheDelayFollowsTheJitterAndTheMomentNeverRunsBack) {
  PlayoutClock clock({.period_ms = 50});
  for (u64 tick = 0; tick < 100; ++tick) clock.arrived(tick, 1000 + 50.0 * double(tick));
  EXPECT_NEAR(clock.delay_ms(), 50, kTiny);  // without jitter one period
  double before = clock.moment(6000);
  for (u64 tick = 100; tick < 300; ++tick) {
    clock.arrived(tick, 1000 + 50.0 * double(tick) + (tick % 5 == 0 ? 40 : 0));
    const double now = clock.moment(1050 + 50.0 * double(tick));
    EXPECT_GE(now, before);
    before = now;
  }
  EXPECT_NEAR(clock.delay_ms(), 90, 1);
  for (u64 tick = 300; tick < 400; ++tick) clock.arrived(tick, 1000 + 50.0 * double(tick));
  EXPECT_NEAR(clock.delay_ms(), 50, kTiny);
}

TEST(Playout, ARoomThatRestedIsNotLate) {
  PlayoutClock clock({.period_ms = 50});
  for (u64 tick = 0; tick < 100; ++tick) clock.arrived(tick, 50.0 * double(tick));
  clock.arrived(100, 60000);  // nothing had changed for a minute
  clock.arrived(101, 60050);
  EXPECT_NEAR(clock.delay_ms(), 50, kTiny);
}

using IntPredictor = Predictor<double, double>;

IntPredictor predictor() {
  return IntPredictor({.act = [](double& state, const double& input) { state += input; },
                       .difference = [](double a, double b) { return a - b; },
                       .add = [](double a, double d, double part) { return a + d * part; },
                       .half_life_ms = 50,
                       .inputs_max = 4},
                      0);
}

TEST(Predictions, AnInputActsAtOnceAndIsReplayedBehindTheAuthority) {
  IntPredictor own = predictor();
  EXPECT_EQ(own.input(1), 1u);
  EXPECT_EQ(own.input(2), 2u);
  EXPECT_EQ(own.predicted(), 3);
  own.reconcile(1, 1, 0);  // as predicted: nothing to see
  EXPECT_EQ(own.predicted(), 3);
  EXPECT_EQ(own.shown(0), 3);
  EXPECT_EQ(own.waiting(), 1u);
}

TEST(Predictions, ACorrectionFades) {
  IntPredictor own = predictor();
  own.input(1);
  own.reconcile(1, 101, 1000);  // the authority moved us
  EXPECT_EQ(own.predicted(), 101);
  EXPECT_NEAR(own.shown(1000), 1, kTiny);
  EXPECT_NEAR(own.shown(1050), 51, kTiny);
  EXPECT_EQ(own.shown(3000), 101);
  own.reconcile(0, 7, 3000);  // overtaken by a newer one
  EXPECT_EQ(own.predicted(), 101);
}

TEST(Predictions, InputsHaveABoundAndTheirNumbersGoOn) {
  IntPredictor own = predictor();
  for (int i = 0; i < 4; ++i) EXPECT_NE(own.input(1), 0u);
  EXPECT_EQ(own.input(1), 0u);
  EXPECT_EQ(own.predicted(), 4);
  own.reconcile(4, 4, 0);
  EXPECT_EQ(own.input(1), 5u);
}

}  // namespace
}  // namespace perseid
