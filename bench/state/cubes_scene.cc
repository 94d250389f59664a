#include <algorithm>
#include <stdexcept>

#include "bench/state/cubes.h"
#include "bench/state/scene_build.h"
#include "bench/state/scenes.h"
#include "codec/assert.h"

namespace perseid::bench {
namespace {

// [-256, 256) and [0, 32) m in steps of 1/512 m.
constexpr std::string_view kSchema =
    R"({"x":{"type":"float","min":-256,"max":255.998046875,"resolution":0.001953125},)"
    R"("y":{"type":"float","min":-256,"max":255.998046875,"resolution":0.001953125},)"
    R"("z":{"type":"float","min":0,"max":31.998046875,"resolution":0.001953125},)"
    R"("q":{"type":"quat","bits":9}})";
constexpr u32 kOrientation = 3;  // its first part

// What the relay would hold: the orientation as it reads it.
bool settle(const SchemaField& field, u32* parts) {
  std::string json;
  std::string text;
  append_value_json(field, parts + kOrientation, {}, json);
  u32 settled[4];
  const Error error = quantise(field, json, settled, text);
  PSD_ASSERT(error == Error::ok);
  if (std::equal(settled, settled + 4, parts + kOrientation)) return false;
  std::copy(settled, settled + 4, parts + kOrientation);
  return true;
}

void check_schema(const Scene& scene) {
  const auto& parts = scene.schema->parts();
  bool same = parts.size() == kCubeParts;
  for (u32 i = 0; same && i < kCubeParts; ++i) same = parts[i].max == kCubePartMax[i];
  if (!same) throw std::runtime_error("the cubes' schema does not match their recording");
}

// Only what changed has to be read again.
Frame settled_frame(const Scene& scene, const std::vector<u32>& raw, const std::vector<u32>* before,
                    u64& settled) {
  Frame frame{raw, {}};
  const SchemaField& field = scene.schema->fields()[3];
  for (u32 cube = 0; cube < scene.entities; ++cube) {
    const std::size_t at = std::size_t{cube} * kCubeParts;
    const bool same =
        before && std::equal(raw.begin() + at, raw.begin() + at + kCubeParts, before->begin() + at);
    if (same) {
      const auto first = scene.frames.back().parts.begin() + at;
      std::copy(first, first + kCubeParts, frame.parts.begin() + at);
    } else {
      settled += settle(field, frame.parts.data() + at);
    }
  }
  return frame;
}

}  // namespace

Scene cubes_scene(const Recording& recording, u64& settled) {
  Scene scene;
  scene.name = "cubes";
  scene.seed = recording.seed;
  scene.entities = recording.entities;
  scene.frames_per_second = recording.frames_per_second;
  scene.schema = schema_of(kSchema);
  check_schema(scene);
  for (u32 i = 0; i < scene.entities; ++i) scene.ids.push_back("c" + std::to_string(i));
  scene.frames.reserve(recording.frames.size());
  const std::vector<u32>* before = nullptr;
  for (const std::vector<u32>& raw : recording.frames) {
    scene.frames.push_back(settled_frame(scene, raw, before, settled));
    before = &raw;
  }
  return scene;
}

}  // namespace perseid::bench
