#include "bench/state/scene_build.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace perseid::bench {

std::shared_ptr<const Schema> schema_of(std::string_view json) {
  std::string problem;
  auto schema = Schema::parse(json, problem);
  if (!schema) throw std::runtime_error("schema: " + problem);
  return schema;
}

u32 part_of(const SchemaField& field, double value) {
  const double steps = std::floor((value - field.min) / field.resolution + 0.5);
  return static_cast<u32>(std::clamp(steps, 0.0, static_cast<double>(field.part_max)));
}

Frame empty_frame(const Scene& scene) {
  Frame frame;
  frame.parts.resize(scene.entities * scene.schema->parts().size());
  frame.texts.resize(std::size_t{scene.entities} * scene.schema->texts());
  return frame;
}

}  // namespace perseid::bench
