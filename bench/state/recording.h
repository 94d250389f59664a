// Recording: the cubes' frames in a file, so that other programs can be measured on the same.
// Thread: none; plain value and functions.
// File, little-endian: "PSDREC01", u64 seed, u32 entities, parts, frames per second, frames; then
// per frame the parts of each entity as u32 (for the cubes x, y, z, largest, a, b, c).
// Invariant: every frame holds entities x parts values.
#pragma once

#include <string>
#include <vector>

#include "codec/bytes.h"

namespace perseid::bench {

struct Recording {
  u64 seed = 0;
  u32 entities = 0;
  u32 parts = 0;  // of an entity
  u32 frames_per_second = 0;
  std::vector<std::vector<u32>> frames;
  bool operator==(const Recording&) const = default;
};

// FNV-1a over every value: equal recordings have equal hashes.
u64 hash_of(const Recording& recording);
// Both throw std::runtime_error, which names the file and says what is wrong.
void write_recording(const std::string& file, const Recording& recording);
Recording read_recording(const std::string& file);

}  // namespace perseid::bench
