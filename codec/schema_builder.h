// SchemaBuilder: puts a Schema together field by field, and lays out its rows. Internal to codec.
// Thread: none.
// Invariant: every function that can fail returns what is wrong in one line, empty if nothing is.
#pragma once

#include <memory>
#include <string>

#include "codec/schema.h"

namespace perseid {

struct SchemaBuilder {
  // Takes min, max and resolution of an integer or a number apart into whole numbers.
  static std::string set_range(SchemaField& field, double min, double max, double resolution);
  // `field` has all that its type needs but its place in the row.
  std::string add(SchemaField field);
  // Once: writes the canonical JSON.
  std::string finish();

  std::shared_ptr<Schema> schema = std::make_shared<Schema>();
};

// The schema's name of a type.
std::string_view type_name(FieldType type);
// Appends the field as canonical JSON, its key included.
void append_field_json(const SchemaField& field, std::string& out);

}  // namespace perseid
