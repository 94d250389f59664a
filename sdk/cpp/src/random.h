// Random: keys, masks and jitter; seeded by the system, or by a test.
// Thread: the owner's. Not for secrets.
#pragma once

#include <random>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

class Random {
 public:
  explicit Random(u64 seed) : state_(seed) {
    if (seed == 0) {
      std::random_device device;
      state_ = u64{device()} << 32 | device();
    }
  }
  u64 next() {  // splitmix64
    u64 z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)

 private:
  u64 state_;
};

}  // namespace sdk
}  // namespace perseid
