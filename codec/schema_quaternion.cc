#include "codec/schema_quaternion.h"

#include <cmath>

namespace perseid {
namespace {

constexpr double kSqrt2 = 1.4142135623730951;

double component(u8 bits, u32 part) {
  const double steps = (1 << bits) - 1;
  return (2.0 * part - steps) / (steps * kSqrt2);
}

u32 part_of(u8 bits, double value) {
  const double steps = (1 << bits) - 1;
  const double part = (value * kSqrt2 + 1) / 2 * steps + 0.5;
  return part <= 0 ? 0 : part >= steps ? static_cast<u32>(steps) : static_cast<u32>(part);
}

bool normalise(std::array<double, 4>& values) {
  double largest = 0;
  for (const double value : values) largest = std::fmax(largest, std::fabs(value));
  if (!(largest > 0) || !std::isfinite(largest)) return false;
  double length = 0;
  for (double& value : values) {
    value /= largest;  // so that no square overflows, nor vanishes
    length += value * value;
  }
  length = std::sqrt(length);
  for (double& value : values) value /= length;
  return true;
}

// Whether the largest component leads by `margin` before the `worst` of the three.
bool leads(u8 bits, double margin, const u32* three, u32& worst) {
  double squares = 0;
  worst = 0;
  for (u32 i = 0; i < 3; ++i) {
    const double value = component(bits, three[i]);
    squares += value * value;
    if (std::fabs(value) > std::fabs(component(bits, three[worst]))) worst = i;
  }
  const double largest = squares < 1 ? std::sqrt(1 - squares) : 0;
  return std::fabs(component(bits, three[worst])) + margin <= largest;
}

double margin_of(u8 decimals) {
  return 2 * std::pow(10.0, -decimals);
}

// Where the largest component hardly differs from another, rounding may make it the smaller one,
// and who reads the value back would take the other for the largest. The offender goes a step
// towards 0 until the largest leads by more than what printing rounds off.
void settle(u8 bits, double margin, u32* three) {
  const u32 steps = (1u << bits) - 1;
  for (u32 worst = 0; !leads(bits, margin, three, worst);) {
    if (three[worst] * 2 > steps) {
      --three[worst];
    } else {
      ++three[worst];
    }
  }
}

}  // namespace

bool quantise_quaternion(std::array<double, 4> values, u8 bits, u8 decimals, u32* parts) {
  if (!normalise(values)) return false;
  u32 largest = 0;
  for (u32 i = 1; i < 4; ++i) {
    if (std::fabs(values[i]) > std::fabs(values[largest])) largest = i;
  }
  const double sign = values[largest] < 0 ? -1 : 1;
  u32 three[3] = {};
  for (u32 i = 0, k = 0; i < 4; ++i) {
    if (i != largest) three[k++] = part_of(bits, values[i] * sign);
  }
  settle(bits, margin_of(decimals), three);
  parts[0] = largest;
  for (u32 k = 0; k < 3; ++k) parts[k + 1] = three[k];
  return true;
}

void settle_quaternion(u8 bits, u8 decimals, u32* parts) {
  u32 worst = 0;
  if (leads(bits, margin_of(decimals), parts + 1, worst)) return;
  // By way of the values, which are near a good place, and not step by step from a bad one.
  quantise_quaternion(unpack_quaternion(bits, parts), bits, decimals, parts);
}

std::array<double, 4> unpack_quaternion(u8 bits, const u32* parts) {
  const u32 largest = parts[0] & 3;
  std::array<double, 4> values{};
  double squares = 0;
  for (u32 i = 0, k = 1; i < 4; ++i) {
    if (i == largest) continue;
    values[i] = component(bits, parts[k++]);
    squares += values[i] * values[i];
  }
  values[largest] = squares < 1 ? std::sqrt(1 - squares) : 0;
  return values;
}

}  // namespace perseid
