// What the delta bit packer treats as one: a position (neighbouring numbers of one resolution), an
// orientation, or a single symbol.
// Thread: none; pure functions.
#pragma once

#include <algorithm>
#include <vector>

#include "codec/schema.h"

namespace perseid::bench {

struct DeltaGroup {
  FieldType type = FieldType::number;
  double resolution = 0;
  u32 first_part = 0;
  u32 parts = 0;
};

constexpr u32 kGroupPartsMax = 4;

inline bool is_number(FieldType type) {
  return type == FieldType::number || type == FieldType::integer;
}

// Texts are not in it.
inline std::vector<DeltaGroup> delta_groups(const Schema& schema) {
  std::vector<DeltaGroup> groups;
  for (const SchemaField& field : schema.fields()) {
    if (field.is_text()) continue;
    const bool joins = !groups.empty() && is_number(field.type) && is_number(groups.back().type) &&
                       groups.back().resolution == field.resolution &&
                       groups.back().first_part + groups.back().parts == field.first_part &&
                       groups.back().parts < kGroupPartsMax;
    if (joins) {
      ++groups.back().parts;
    } else {
      groups.push_back({field.type, field.resolution, field.first_part, field.parts});
    }
  }
  return groups;
}

}  // namespace perseid::bench
