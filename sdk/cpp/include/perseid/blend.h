// What lies between two values: numbers in a line or a curve, angles by the short way, turns in
// space along the great circle.
// Thread: none; pure functions. Usable alone. Invariant: at 0 the first value, at 1 the second.
#pragma once

#include <perseid/value.h>

#include <cmath>

namespace perseid {
inline namespace sdk {

constexpr double kTurnRadians = 6.283185307179586;

constexpr double linear(double from, double to, double at) {
  return from + (to - from) * at;
}

// The short way; the result is in [-turn/2, turn/2].
inline double angle(double from, double to, double at, double turn = kTurnRadians) {
  return std::remainder(from + std::remainder(to - from, turn) * at, turn);
}

// A cubic with these slopes (per unit of `at`) at its ends.
constexpr double hermite(double from, double to, double slope_from, double slope_to, double at) {
  const double square = at * at;
  const double cube = square * at;
  return from * (2 * cube - 3 * square + 1) + slope_from * (cube - 2 * square + at) +
         to * (3 * square - 2 * cube) + slope_to * (cube - square);
}

// Spherical; the sign of a quaternion does not matter. Beyond 1 it turns on.
inline Quaternion slerp(const Quaternion& from, Quaternion to, double at) {
  double cosine = 0;
  for (std::size_t i = 0; i < 4; ++i) cosine += from[i] * to[i];
  if (cosine < 0) {
    for (double& part : to) part = -part;
    cosine = -cosine;
  }
  double weight_from = 1 - at;
  double weight_to = at;
  if (cosine < 0.9995) {  // nearer than that the quotient of sines loses its digits
    const double whole = std::acos(cosine);
    weight_from = std::sin((1 - at) * whole) / std::sin(whole);
    weight_to = std::sin(at * whole) / std::sin(whole);
  }
  Quaternion out;
  double square = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    out[i] = from[i] * weight_from + to[i] * weight_to;
    square += out[i] * out[i];
  }
  const double length = std::sqrt(square);
  if (length == 0) return from;
  for (double& part : out) part /= length;
  return out;
}

}  // namespace sdk
}  // namespace perseid
