// What every scene is built with: its schema, and numbers put into parts.
// Thread: none; pure functions.
#pragma once

#include <string_view>

#include "bench/state/scene.h"

namespace perseid::bench {

// Throws std::runtime_error if `json` is not a schema.
std::shared_ptr<const Schema> schema_of(std::string_view json);
// The part nearest to `value`, clamped into the field's range.
u32 part_of(const SchemaField& field, double value);
// The entity's parts in a frame.
inline u32* parts_of(const Scene& scene, Frame& frame, u32 entity) {
  return frame.parts.data() + entity * scene.schema->parts().size();
}
// A frame of the right size, all parts 0.
Frame empty_frame(const Scene& scene);

}  // namespace perseid::bench
