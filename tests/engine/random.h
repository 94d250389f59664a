// Random: the tests' dice. A failing property test prints its seed, and with it runs again.
#pragma once

#include <gtest/gtest.h>

#include <random>

#include "codec/bytes.h"

namespace perseid::test {

class Random {
 public:
  explicit Random(u32 seed)
      : trace_(__FILE__, __LINE__, "seed " + std::to_string(seed)), engine_(seed) {}
  // 0 .. below-1
  u32 below(u32 below) { return std::uniform_int_distribution<u32>(0, below - 1)(engine_); }
  u64 wide(u64 below) { return std::uniform_int_distribution<u64>(0, below - 1)(engine_); }
  bool percent(u32 chance) { return this->below(100) < chance; }

 private:
  testing::ScopedTrace trace_;
  std::mt19937 engine_;
};

}  // namespace perseid::test
