// CubesScript: the hand on the player cube: which keys it holds in which frame.
// Thread: the owner's; pure: a seed and the cube's place are all it knows.
// Invariant: it turns back where the pile ends, so that the player goes on ploughing through it.
#pragma once

#include "bench/state/dice.h"

namespace perseid::bench {

// roll: the cube is only pushed about, and tumbles. push: it floats and blows away what is near.
// pull: what is near sticks to it.
enum class Grip : u8 { roll, push, pull };

struct Keys {
  int x = 0;  // -1, 0, 1: left, right
  int y = 0;  // down, up
  Grip grip = Grip::roll;
};

class CubesScript {
 public:
  explicit CubesScript(u64 seed) : dice_(seed) {}
  // The keys of the next frame; x and y are where the player is, in metres.
  Keys next(double x, double y);

 private:
  void pick_direction(double x, double y);
  void pick_grip();

  Dice dice_;
  Keys keys_;
  u32 direction_frames_ = 0;  // until another is picked
  u32 grip_frames_ = 0;
};

}  // namespace perseid::bench
