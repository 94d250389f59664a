// The cubes: our remake of the 901-cube scene of Glenn Fiedler's "Snapshot Compression", 60
// snapshots a second, quantised as that article says.
// Thread: none; pure functions, but one at a time (see CubesWorld).
#pragma once

#include <array>
#include <functional>

#include "bench/state/cubes_world.h"
#include "bench/state/recording.h"

namespace perseid::bench {

// x, y: 18 bits over 512 m; z: 14 bits over 32 m; the largest component's index: 2 bits; the other
// three components: 9 bits each.
constexpr u32 kCubeParts = 7;
constexpr std::array<u32, kCubeParts> kCubePartMax = {262143, 262143, 16383, 3, 511, 511, 511};

std::array<u32, kCubeParts> quantise_cube(const CubePose& pose);

// Told of each frame made.
using Progress = std::function<void(u32 done, u32 all)>;
Recording record_cubes(u64 seed, u32 frames, const Progress& progress);

}  // namespace perseid::bench
