#include "bench/state/cubes.h"

#include <algorithm>
#include <cmath>

namespace perseid::bench {
namespace {

constexpr double kUnitsPerMetre = 512;
constexpr double kBoundMetres = 256;
constexpr double kComponentMax = 0.70710678118654752440;  // of all but the largest: 1/sqrt(2)

// To the nearest unit.
u32 quantise(double value, double least, double units, u32 most) {
  return static_cast<u32>(
      std::clamp(std::floor((value - least) * units + 0.5), 0.0, static_cast<double>(most)));
}

}  // namespace

std::array<u32, kCubeParts> quantise_cube(const CubePose& pose) {
  std::array<u32, kCubeParts> parts{};
  for (u32 axis = 0; axis < 3; ++axis) {
    const double least = axis < 2 ? -kBoundMetres : 0;
    parts[axis] = quantise(pose.position[axis], least, kUnitsPerMetre, kCubePartMax[axis]);
  }
  u32 largest = 0;
  for (u32 i = 1; i < 4; ++i) {
    if (std::abs(pose.orientation[i]) > std::abs(pose.orientation[largest])) largest = i;
  }
  parts[3] = largest;
  const double sign = pose.orientation[largest] < 0 ? -1 : 1;  // q and -q are the same rotation
  u32 part = 4;
  for (u32 i = 0; i < 4; ++i) {
    if (i == largest) continue;
    const u32 most = kCubePartMax[part];
    parts[part++] =
        quantise(sign * pose.orientation[i], -kComponentMax, most / (2 * kComponentMax), most);
  }
  return parts;
}

Recording record_cubes(u64 seed, u32 frames, const Progress& progress) {
  Recording recording;
  recording.seed = seed;
  recording.entities = kCubes;
  recording.parts = kCubeParts;
  recording.frames_per_second = kCubesFramesPerSecond;
  recording.frames.reserve(frames);
  CubesWorld world(seed);
  CubesScript script(seed + 1000);
  for (u32 frame = 0; frame < frames; ++frame) {
    const CubePose player = world.pose(0);
    world.step(script.next(player.position[0], player.position[1]));
    std::vector<u32>& values = recording.frames.emplace_back();
    values.reserve(kCubes * kCubeParts);
    for (u32 cube = 0; cube < kCubes; ++cube) {
      const auto parts = quantise_cube(world.pose(cube));
      values.insert(values.end(), parts.begin(), parts.end());
    }
    if (progress) progress(frame + 1, frames);
  }
  return recording;
}

}  // namespace perseid::bench
