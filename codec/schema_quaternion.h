// Quaternions as their smallest three: which component is largest (0 to 3), and the three others in
// order, with the sign that makes the largest positive, each quantised over
// [-1/sqrt2, 1/sqrt2] to [0, 2^bits-1].
// Thread: none; pure functions. Internal to codec.
// Invariant: what quantise gives, unpacked, printed to `decimals` and quantised again is the same.
#pragma once

#include <array>

#include "codec/bytes.h"

namespace perseid {

// False if `values` (x,y,z,w) has no direction: of length zero or beyond a double.
bool quantise_quaternion(std::array<double, 4> values, u8 bits, u8 decimals, u32* parts);
// The same of parts from elsewhere, in their ranges: changes them unless they are what quantise
// gives. In constant time.
void settle_quaternion(u8 bits, u8 decimals, u32* parts);
// A unit quaternion, up to rounding, of parts that quantise or settle gave.
std::array<double, 4> unpack_quaternion(u8 bits, const u32* parts);

}  // namespace perseid
