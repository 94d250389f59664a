#include "codec/state_predict.h"

#include <algorithm>

namespace perseid {
namespace {

// Fixed point of 14 bits: a quaternion's components, x, y, z, w.
using Turn = std::array<i64, 4>;
constexpr i64 kOne = 1 << 14;
constexpr i64 kSmallMax = 11585;  // 1 / sqrt 2

// The small ones stand in order, without the largest.
constexpr u32 place(u32 component, u32 largest) {
  return component < largest ? component : component - 1;
}

i64 root(i64 square) {
  i64 out = 0;
  for (i64 bit = kOne; bit > 0; bit /= 2) {
    if ((out + bit) * (out + bit) <= square) out += bit;
  }
  return out;
}

Turn turn_at(const StateTable& table, u32 slot, u32 part, u32 ago) {
  const u32 largest = table.part(slot, part, ago);
  const i64 max = table.schema().parts()[part + 1].max;
  Turn out{};
  i64 left = kOne * kOne;
  for (u32 i = 0; i < 4; ++i) {
    if (i == largest) continue;
    out[i] = (2 * i64{table.part(slot, part + 1 + place(i, largest), ago)} - max) * kSmallMax / max;
    left -= out[i] * out[i];
  }
  out[largest] = root(left);
  return out;
}

// Hamilton's product; rounded down to 14 bits, and bounded, for not every four parts are a turn.
Turn product(const Turn& a, const Turn& b) {
  const Turn sums = {a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
                     a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
                     a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
                     a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2]};
  Turn out{};
  for (u32 i = 0; i < 4; ++i) {
    const i64 rounded = sums[i] + kOne / 2;
    const i64 floor = rounded >= 0 ? rounded / kOne : -((kOne - 1 - rounded) / kOne);
    out[i] = std::clamp(floor, -2 * kOne, 2 * kOne);
  }
  return out;
}

// A quaternion and its negative are the same turn.
Turn with_positive(Turn turn, u32 component) {
  if (turn[component] < 0) {
    for (i64& value : turn) value = -value;
  }
  return turn;
}

}  // namespace

void note_errors(const Prediction& prediction, u32 value, PredictionErrors& errors) {
  for (u32 i = 0; i < kPredictors; ++i) {
    const u32 guess = prediction.values[i];
    const u32 error = std::min(value < guess ? guess - value : value - guess, 4095u);
    errors[i] = static_cast<u16>(errors[i] - (errors[i] >> 2) + error * 4);
  }
}

void choose_best(const PredictionErrors& errors, Prediction& out) {
  out.best = 0;
  for (u32 i = 1; i < kPredictors; ++i) {
    if (errors[i] < errors[out.best]) out.best = i;
  }
  u32 second = out.best == 0 ? 1 : 0;
  for (u32 i = 0; i < kPredictors; ++i) {
    if (i != out.best && errors[i] < errors[second]) second = i;
  }
  const u32 best_value = out.values[out.best];
  const u32 other = out.values[second];
  out.doubt = magnitude_class(other < best_value ? best_value - other : other - best_value);
  out.lean = other == best_value ? 0 : other < best_value ? 1 : 2;
}

Prediction predict_part(const StateTable& table, u32 slot, u32 part, u32 steady, i64 strayed) {
  const u32 distance = table.distance();
  const auto at = [&](u32 ago) { return i64{table.part(slot, part, distance - 1 + ago)}; };
  const i64 max = table.schema().parts()[part].max;
  const i64 ahead = distance;
  const i64 base = at(0);
  const i64 speed = steady >= 1 ? base - at(1) : 0;
  const i64 bend = steady >= 2 ? speed - (at(1) - at(2)) : 0;
  Prediction out;
  out.linear = base + speed * ahead;
  i64 smoothed = out.linear;
  if (steady >= 4) {
    const i64 now = base - at(2);
    const i64 change = now - (at(2) - at(4));
    smoothed = base + ((now * 4 + change) * ahead + change * ahead * ahead) / 8;
  }
  const auto clamped = [&](i64 value) { return static_cast<u32>(std::clamp<i64>(value, 0, max)); };
  out.values = {clamped(base), clamped(out.linear),
                clamped(out.linear + bend * (ahead * (ahead + 1) / 2)),
                clamped(out.linear + strayed), clamped(smoothed)};
  out.speed = magnitude_class(static_cast<u32>(speed < 0 ? -speed : speed));
  out.way = speed == 0 ? 0 : speed < 0 ? 1 : 2;
  out.follows = true;
  return out;
}

std::array<u32, 4> turn_on(const StateTable& table, u32 slot, u32 part, u32 largest) {
  const u32 base = table.distance() - 1;
  const i64 max = table.schema().parts()[part + 1].max;
  Turn turn = turn_at(table, slot, part, base);
  Turn back = turn_at(table, slot, part, base + 1);
  for (u32 i = 0; i < 3; ++i) back[i] = -back[i];
  const Turn step = with_positive(product(turn, back), 3);
  for (u32 i = 0; i < table.distance(); ++i) turn = product(step, turn);
  turn = with_positive(turn, largest);
  std::array<u32, 4> out{};
  for (u32 i = 0; i < 4; ++i) {
    const i64 doubled = turn[i] * max / kSmallMax + max + 1;
    out[i] = static_cast<u32>(std::clamp<i64>(doubled / 2, 0, max));
  }
  return out;
}

}  // namespace perseid
