// Mover: somebody on foot in a square world, in metres: speeds up and slows down, turns, stops now
// and then, turns back before the edge, never jumps.
// Thread: none; plain value. Invariant: it stays within the world.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>

#include "codec/bytes.h"

namespace perseid::load {

constexpr double kWorldMetres = 512;  // from -512 to 512, both ways

class Mover {
 public:
  explicit Mover(u32 seed) : dice_(seed * 2654435761u % 2147483647u + 1) {
    dice_.discard(8);
    x_ = between(-kWorldMetres, kWorldMetres) * 0.95;
    y_ = between(-kWorldMetres, kWorldMetres) * 0.95;
    heading_ = between(-3, 3);
  }

  void step(double seconds) {
    if (between(0, 1) < 0.4 * seconds) wanted_ = between(0, 1) < 0.2 ? 0 : between(1.5, 6.5);
    if (between(0, 1) < 0.4 * seconds) turn_ = between(-0.8, 0.8);
    heading_ += turn_ * seconds;
    sway_ = 0.95 * sway_ + between(-0.08, 0.08);
    if (std::max(std::abs(x_), std::abs(y_)) > kWorldMetres * 0.96) {
      const double home = std::remainder(std::atan2(-y_, -x_) - heading_, 2 * std::acos(-1.0));
      heading_ += std::clamp(home, -2 * seconds, 2 * seconds);
    }
    const double change = wanted_ * between(0.97, 1.03) - speed_;
    speed_ += std::clamp(change, -6 * seconds, 6 * seconds);
    x_ = inside(x_ + speed_ * std::cos(heading_ + sway_) * seconds);
    y_ = inside(y_ + speed_ * std::sin(heading_ + sway_) * seconds);
  }
  double x() const { return x_; }
  double y() const { return y_; }

 private:
  double between(double least, double most) {
    return least + (most - least) * (static_cast<double>(dice_()) / 2147483646.0);
  }
  static double inside(double at) { return std::clamp(at, -kWorldMetres, kWorldMetres); }

  std::minstd_rand dice_;
  double x_ = 0;
  double y_ = 0;
  double heading_ = 0;
  double turn_ = 0;
  double sway_ = 0;  // that it steers off its way, as hands and feet do
  double speed_ = 0;
  double wanted_ = 4;
};

}  // namespace perseid::load
