// Walker: somebody on foot, in metres: speeds up and slows down, turns before running, never jumps.
// Thread: none; plain value.
#pragma once

#include <algorithm>
#include <cmath>

#include "bench/state/dice.h"

namespace perseid::bench {

struct Place {
  double x = 0;
  double y = 0;
};

inline double distance(const Place& a, const Place& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

struct Walker {
  static constexpr double kAcceleration = 6;  // m/s2
  static constexpr double kTurn = 5;          // rad/s

  Place at;
  double heading = 0;  // radians
  double speed = 0;    // m/s
  double sway = 0;     // radians that it steers off its way, as hands and feet do

  double vx() const { return speed * std::cos(heading); }
  double vy() const { return speed * std::sin(heading); }

  // One step of `seconds` towards `goal`, at `speed_wanted` if that leads there.
  void step(const Place& goal, double speed_wanted, double seconds, Dice& dice) {
    const double far = distance(at, goal);
    sway = 0.95 * sway + dice.between(-0.08, 0.08);
    const double bearing = std::atan2(goal.y - at.y, goal.x - at.x) + sway;
    const double turn = std::remainder(bearing - heading, 2 * std::acos(-1.0));
    if (far > 0.05) heading += std::clamp(turn, -kTurn * seconds, kTurn * seconds);
    // As fast as still lets it stop there, and slowly round a corner.
    double wanted = std::min(speed_wanted, std::sqrt(2 * kAcceleration * far));
    if (std::abs(turn) > 1) wanted = std::min(wanted, 1.0);
    if (far <= 0.05) wanted = 0;
    wanted *= dice.between(0.97, 1.03);  // nobody keeps a speed to the centimetre
    speed += std::clamp(wanted - speed, -kAcceleration * seconds, kAcceleration * seconds);
    at.x += vx() * seconds;
    at.y += vy() * seconds;
  }
};

}  // namespace perseid::bench
