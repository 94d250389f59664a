// Schema as canonical JSON, every default written out.
#include <charconv>

#include "codec/json_text.h"
#include "codec/schema_builder.h"

namespace perseid {
namespace {

void append_double(std::string& out, double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

void append_range(const SchemaField& field, std::string& out) {
  out += ",\"min\":";
  append_double(out, field.min);
  out += ",\"max\":";
  append_double(out, field.max);
  if (field.type == FieldType::number) {
    out += ",\"resolution\":";
    append_double(out, field.resolution);
  }
  out += field.refuse ? R"(,"out_of_range":"refuse")" : R"(,"out_of_range":"clamp")";
}

void append_values(const SchemaField& field, std::string& out) {
  out += ",\"values\":[";
  for (const std::string& value : field.values) {
    if (!out.ends_with('[')) out += ',';
    out += '"';
    append_json_escaped(out, value);
    out += '"';
  }
  out += ']';
}

}  // namespace

std::string_view type_name(FieldType type) {
  constexpr std::string_view kNames[] = {
#define X(id, name, description) name,
      PERSEID_FIELD_TYPES(X)
#undef X
  };
  return kNames[static_cast<u8>(type)];
}

void append_field_json(const SchemaField& field, std::string& out) {
  out += field.key_json;
  out += R"({"type":")";
  out += type_name(field.type);
  out += '"';
  if (field.type == FieldType::integer || field.type == FieldType::number) append_range(field, out);
  if (field.type == FieldType::quaternion) {
    out += ",\"bits\":";
    append_number(out, field.bits);
  }
  if (field.type == FieldType::enumeration) append_values(field, out);
  if (field.is_text()) {
    out += ",\"max_bytes\":";
    append_number(out, field.bytes_max);
  }
  out += '}';
}

}  // namespace perseid
