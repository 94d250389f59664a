#include "bench/state/studio.h"

#include <cstdio>
#include <filesystem>

#include "bench/state/cubes.h"
#include "bench/state/scenes.h"

namespace perseid::bench {

const Take& Studio::take(const std::string& scene, u64 seed) {
  for (const Take& kept : kept_) {
    if (kept.scene.name == scene && kept.scene.seed == seed) return kept;
  }
  if (kept_.size() == 2) kept_.pop_front();
  return kept_.emplace_back(make(scene, seed));
}

Take Studio::make(const std::string& scene, u64 seed) {
  if (scene == "cubes") return make_cubes(seed);
  const bool football = scene == "football";
  const u32 rate = football ? kFootballFramesPerSecond : kPlayersFramesPerSecond;
  const u32 frames = static_cast<u32>(config_.seconds * rate);
  if (football) return {football_scene(seed, frames), {}};
  return {players_scene(seed, frames, scene == "players-late" ? kLatePercent : 0), {}};
}

Take Studio::make_cubes(u64 seed) {
  const std::string name = "cubes-" + std::to_string(seed);
  const u32 frames = static_cast<u32>(config_.seconds * kCubesFramesPerSecond);
  const Recording recording = record_cubes(seed, frames, [this, &name](u32 done, u32 all) {
    line_.show("simulating " + name, done, all);
  });
  if (!config_.recordings.empty()) {
    std::filesystem::create_directories(config_.recordings);
    write_recording(config_.recordings + "/" + name + ".rec", recording);
  }
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx", hash_of(recording) + 0ULL);
  Take take;
  take.hash = hash;
  take.scene = cubes_scene(recording, take.settled);
  return take;
}

}  // namespace perseid::bench
