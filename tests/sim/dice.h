// Dice: the simulation's only source of chance (SplitMix64, Steele et al., OOPSLA 2014): a seed is
// a whole run. Thread: none; plain value.
#pragma once

#include "codec/bytes.h"

namespace perseid::sim {

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
  u32 below(u64 n) { return static_cast<u32>(next() % n); }
  // first .. last.
  u32 between(u32 first, u32 last) { return first + below(u64{last} - first + 1); }
  bool percent(u32 chance) { return below(100) < chance; }
  template <class T, std::size_t kCount>
  const T& pick(const T (&list)[kCount]) {
    return list[below(kCount)];
  }

 private:
  u64 state_;
};

}  // namespace perseid::sim
