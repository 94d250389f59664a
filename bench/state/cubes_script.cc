#include "bench/state/cubes_script.h"

#include <cmath>

namespace perseid::bench {
namespace {

constexpr double kTurnBackMetres = 13;  // the pile reaches to 15

}  // namespace

Keys CubesScript::next(double x, double y) {
  const bool astray =
      (x > kTurnBackMetres && keys_.x >= 0) || (x < -kTurnBackMetres && keys_.x <= 0) ||
      (y > kTurnBackMetres && keys_.y >= 0) || (y < -kTurnBackMetres && keys_.y <= 0);
  if (astray || direction_frames_ == 0) pick_direction(x, y);
  if (grip_frames_ == 0) pick_grip();
  --direction_frames_;
  --grip_frames_;
  return keys_;
}

// Eight directions and, one time in nine, no key at all.
void CubesScript::pick_direction(double x, double y) {
  keys_.x = static_cast<int>(dice_.below(3)) - 1;
  keys_.y = static_cast<int>(dice_.below(3)) - 1;
  if (std::abs(x) > kTurnBackMetres) keys_.x = x > 0 ? -1 : 1;
  if (std::abs(y) > kTurnBackMetres) keys_.y = y > 0 ? -1 : 1;
  direction_frames_ = 15 + dice_.below(75);
}

void CubesScript::pick_grip() {
  const u32 chance = dice_.below(100);
  keys_.grip = chance < 65 ? Grip::pull : chance < 90 ? Grip::push : Grip::roll;
  grip_frames_ = 240 + dice_.below(720);
}

}  // namespace perseid::bench
