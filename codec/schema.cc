// Schema: what it holds, and how the builder lays out a row.
#include "codec/schema.h"

#include <charconv>
#include <cmath>

#include "codec/json_text.h"
#include "codec/schema_builder.h"

namespace perseid {
namespace {

constexpr double kScaledMax = static_cast<double>(u64{1} << 50);  // a quarter of a step is left

// How many decimals the shortest text that reads back as `value` has.
int decimals_of(double value) {
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const std::string_view digits(text, static_cast<std::size_t>(end - text));
  const std::size_t e = digits.find('e');
  const std::size_t point = digits.find('.');
  const int fraction = point < e ? static_cast<int>(e - point - 1) : 0;
  int exponent = 0;
  const char* number = digits.data() + e + (digits[e + 1] == '+' ? 2 : 1);
  std::from_chars(number, end, exponent);
  return fraction > exponent ? fraction - exponent : 0;
}

// What a row needs of each part: index and smallest three of a quaternion; one of the others.
void append_parts(const SchemaField& field, u8 number, std::vector<SchemaPart>& out) {
  const bool moves = field.type == FieldType::integer || field.type == FieldType::number ||
                     field.type == FieldType::quaternion;
  for (u8 i = 0; i < field.parts; ++i) {
    const bool index = field.type == FieldType::quaternion && i == 0;
    out.push_back({.max = index ? 3 : field.part_max, .field = number, .moves = moves && !index});
  }
}

}  // namespace

u32 Schema::find(std::string_view name) const {
  for (u32 i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return i;
  }
  return kNoField;
}

std::string SchemaBuilder::set_range(SchemaField& field, double min, double max,
                                     double resolution) {
  if (!(min < max)) return "max: must be above min";
  if (!(resolution > 0)) return "resolution: must be above 0";
  if (resolution > max - min) return "resolution: must not be above max - min";
  const int decimals = decimals_of(resolution);
  if (decimals > static_cast<int>(kDecimalsMax)) {
    return "resolution: must have at most " + std::to_string(kDecimalsMax) + " decimals";
  }
  const double scale = std::pow(10.0, decimals);
  if (std::fabs(min) * scale > kScaledMax) return "min: too far from 0 for the resolution";
  if (std::fabs(max) * scale > kScaledMax) return "max: too far from 0 for the resolution";
  field.decimals = static_cast<u8>(decimals);
  field.origin = std::llround(min * scale);
  field.step = std::llround(resolution * scale);
  const i64 last = std::llround(max * scale);
  const i64 steps = (last - field.origin) / field.step;
  if (steps > i64{kPartMax}) {
    return "resolution: too fine, (max - min) / resolution must be at most " +
           std::to_string(kPartMax);
  }
  field.min = static_cast<double>(field.origin) / scale;
  field.max = static_cast<double>(last) / scale;
  field.resolution = resolution;
  field.part_max = static_cast<u32>(steps);
  return {};
}

std::string SchemaBuilder::add(SchemaField field) {
  if (schema->find(field.name) != Schema::kNoField) return field.name + ": stands there twice";
  if (schema->fields_.size() == kSchemaFieldsMax) {
    return "too many fields: at most " + std::to_string(kSchemaFieldsMax);
  }
  const bool is_text = field.type == FieldType::text || field.type == FieldType::json;
  const std::size_t parts = is_text ? 0 : field.type == FieldType::quaternion ? 4 : 1;
  if (schema->parts_.size() + parts > kSchemaPartsMax) {
    return "too many parts: at most " + std::to_string(kSchemaPartsMax) +
           " (a quat has 4, string and json none, others 1)";
  }
  field.first_part = static_cast<u8>(schema->parts_.size());
  field.parts = static_cast<u8>(parts);
  if (is_text) field.text = static_cast<u8>(schema->texts_++);
  field.key_json = "\"";
  append_json_escaped(field.key_json, field.name);
  field.key_json += "\":";
  append_parts(field, static_cast<u8>(schema->fields_.size()), schema->parts_);
  schema->fields_.push_back(std::move(field));
  return {};
}

std::string SchemaBuilder::finish() {
  if (schema->fields_.empty()) return "a schema needs at least one field";
  std::string& out = schema->json_;
  for (const SchemaField& field : schema->fields_) {
    out += out.empty() ? '{' : ',';
    append_field_json(field, out);
  }
  out += '}';
  if (out.size() <= kSchemaJsonBytesMax) return {};
  return "too long: with every default written out at most " + std::to_string(kSchemaJsonBytesMax) +
         " bytes";
}

}  // namespace perseid
