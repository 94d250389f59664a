// Dice: a scene's only source of chance (SplitMix64, Steele et al., OOPSLA 2014), so that a seed is
// a whole recording, whatever the standard library.
// Thread: none; plain value.
#pragma once

#include "codec/bytes.h"

namespace perseid::bench {

class Dice {
 public:
  explicit Dice(u64 seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  u64 next() {
    u64 z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // 0 .. n-1; n > 0.
  u32 below(u32 n) { return static_cast<u32>(next() % n); }
  // least <= x < most.
  double between(double least, double most) {
    return least + (most - least) * (static_cast<double>(next() >> 11) * 0x1p-53);
  }
  bool percent(u32 chance) { return below(100) < chance; }

 private:
  u64 state_;
};

}  // namespace perseid::bench
