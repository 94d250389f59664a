// CubesWorld: 900 small cubes at rest on a plane and one large one, as rigid bodies (ODE).
// Thread: one world at a time in a process: ODE's dice are a global. Owns: everything of ODE's.
// Invariant: the same seed and the same keys give the same motion, bit by bit, on the same machine.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "bench/state/cubes_script.h"

namespace perseid::bench {

constexpr u32 kCubesInARow = 30;
constexpr u32 kCubes = kCubesInARow * kCubesInARow + 1;  // 0 is the player's
constexpr u32 kCubesFramesPerSecond = 60;

struct CubePose {
  std::array<double, 3> position{};     // metres, z up
  std::array<double, 4> orientation{};  // x, y, z, w
};

class CubesWorld {
 public:
  explicit CubesWorld(u64 seed);
  ~CubesWorld();
  CubesWorld(const CubesWorld&) = delete;
  CubesWorld& operator=(const CubesWorld&) = delete;

  // One sixtieth of a second with these keys held.
  void step(const Keys& keys);
  CubePose pose(u32 cube) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perseid::bench
