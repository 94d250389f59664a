// Predictions of a part's next value from those of the frames before: several, of which the one
// that has done best for this part of this entity is taken. Thread: none; pure functions of a
// table. Invariants: whole numbers below 2^53 only, so that JavaScript's numbers give the same;
// every prediction lies in the part's range.
#pragma once

#include <array>

#include "codec/state_table.h"

namespace perseid {

constexpr u32 kClasses = 16;  // of magnitudes: 0, or the bit width, capped

constexpr u32 magnitude_class(u32 magnitude) {
  u32 width = 0;
  while (magnitude != 0 && width < kClasses - 1) {
    magnitude >>= 1;
    ++width;
  }
  return width;
}

enum class Predictor : u8 {
  constant,
  linear,
  second_order,
  together,  // linear, and as the others have strayed from that in this frame; of a quaternion, the
             // turn continued
  smoothed   // second order, over steps of two frames
};
constexpr u32 kPredictors = 5;

struct Prediction {
  std::array<u32, kPredictors> values{};
  u32 best = 0;
  u32 speed = 0;         // class of how far it moves in a frame
  u32 way = 0;           // 0 at rest, 1 down, 2 up
  u32 doubt = 0;         // class of how far the second best lies from the best
  u32 lean = 0;          // on which side: 0 neither, 1 below, 2 above
  i64 linear = 0;        // unclamped
  bool follows = false;  // `linear` means something
};

// Decaying sums of how far each prediction was off.
using PredictionErrors = std::array<u16, kPredictors>;
void note_errors(const Prediction& prediction, u32 value, PredictionErrors& errors);
void choose_best(const PredictionErrors& errors, Prediction& out);

// Values going out from table.distance() frames before. `steady`: how many frames further back they
// belong together, 0 .. 4. `strayed`: what the entities before it in this frame have strayed from
// `linear`.
Prediction predict_part(const StateTable& table, u32 slot, u32 part, u32 steady, i64 strayed);

// A quaternion whose largest component stands in `part`, turned on as it turned in the frame before
// the base, for as many frames as lie between. The four components, each as a small one's part
// (that of the largest means nothing).
std::array<u32, 4> turn_on(const StateTable& table, u32 slot, u32 part, u32 largest);

}  // namespace perseid
