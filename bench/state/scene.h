// Scene: a recording of quantised state: what every coder is fed with and measured on.
// Thread: none; plain values, immutable once made.
// Invariants: every frame has entities x schema->parts().size() parts, each within its part's max,
// and entities x schema->texts() texts; every field of every entity is present in every frame.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/schema.h"

namespace perseid::bench {

// One snapshot: the parts of entity 0, those of entity 1, ...; texts likewise.
struct Frame {
  std::vector<u32> parts;
  std::vector<std::string> texts;
  bool operator==(const Frame&) const = default;
};

struct Scene {
  std::string name;
  u64 seed = 0;
  u32 entities = 0;
  u32 frames_per_second = 0;
  std::shared_ptr<const Schema> schema;
  std::vector<std::string> ids;  // of the entities, as JSON names them
  std::vector<Frame> frames;
};

}  // namespace perseid::bench
