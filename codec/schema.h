// Schema: what a room's entities look like: named fields with type and quantisation. A value is a
// few whole numbers ("parts") in known ranges, so that noise below the resolution changes nothing
// and a delta coder can predict it.
// Thread: none; immutable once made, so every shard may read one.
// Invariants: at most kSchemaFieldsMax fields and kSchemaPartsMax parts; every part is in
// [0, part_max] with part_max <= kPartMax; field order is the schema's own and names a field on the
// wire.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

constexpr u32 kSchemaFieldsMax = 32;
constexpr u32 kSchemaPartsMax = 64;
constexpr u32 kPartMax = (1u << 30) - 1;  // second-order predictions of parts fit 32 bits signed
constexpr u32 kTextBytesMax = 4096;       // of one text or json value
constexpr u32 kSchemaNameBytesMax = 64;   // of a field, and of one value of an enumeration
constexpr u32 kEnumValuesMax = 256;
constexpr u32 kSchemaJsonBytesMax = 16384;  // of the canonical JSON: every joined bears it
constexpr u32 kDecimalsMax = 12;            // of a resolution

// name in a schema, what it is
#define PERSEID_FIELD_TYPES(X)                                                           \
  X(boolean, "bool", "true or false")                                                    \
  X(integer, "int", "a whole number from min to max")                                    \
  X(number, "float", "a number from min to max, to the resolution")                      \
  X(quaternion, "quat", "a unit quaternion [x,y,z,w], as its smallest three, bits each") \
  X(enumeration, "enum", "one of the values (strings)")                                  \
  X(text, "string", "a string of at most max_bytes bytes")                               \
  X(json, "json", "any JSON of at most max_bytes bytes")

enum class FieldType : u8 {
#define X(id, name, text) id,
  PERSEID_FIELD_TYPES(X)
#undef X
};

struct SchemaField {
  std::string name;
  std::string key_json;  // "name": quoted, escaped, colon included
  FieldType type = FieldType::integer;
  bool refuse = false;  // out of range: refused with bad_value; else clamped
  // integer and number; min and max are rounded to the decimals of the resolution.
  double min = 0;
  double max = 0;
  double resolution = 1;
  // A value is (origin + part * step) / 10^decimals: whole numbers below 2^53, so that C++ and
  // JavaScript print the same. A quaternion has decimals only.
  i64 origin = 0;
  i64 step = 1;
  u8 decimals = 0;
  u32 part_max = 0;                 // of the part; of each of a quaternion's smallest three
  u8 bits = 9;                      // quaternion: of each of the smallest three
  u32 bytes_max = 0;                // text and json
  std::vector<std::string> values;  // enumeration
  // Where it stands in a row: parts (none for text and json), or one text.
  u8 first_part = 0;
  u8 parts = 0;
  u8 text = 0;
  bool is_text() const { return parts == 0; }
};

// One part of a row, as a coder sees it.
struct SchemaPart {
  u32 max = 0;  // largest value
  u8 field = 0;
  bool moves = false;  // a magnitude, worth predicting; else a symbol
};

class Schema {
 public:
  // {"x":{"type":"float","min":-512,"max":512,"resolution":0.01},"hp":{"type":"int",...},...}
  // On an error `problem` says in one line what is wrong where ("x.resolution: must be above 0").
  static std::shared_ptr<const Schema> parse(std::string_view json, std::string& problem);

  const std::vector<SchemaField>& fields() const { return fields_; }
  const std::vector<SchemaPart>& parts() const { return parts_; }
  u32 texts() const { return texts_; }
  // kNoField if there is none.
  static constexpr u32 kNoField = ~0u;
  u32 find(std::string_view name) const;
  // The canonical JSON of it, every default written out: parse() of it gives the same schema.
  const std::string& json() const { return json_; }

 private:
  friend struct SchemaBuilder;
  std::vector<SchemaField> fields_;
  std::vector<SchemaPart> parts_;
  u32 texts_ = 0;
  std::string json_;
};

// The values of one entity. Fields that are not present have parts 0 and an empty text.
struct StateRow {
  u32 present = 0;                 // bit per field
  std::vector<u32> parts;          // schema.parts().size()
  std::vector<std::string> texts;  // schema.texts()
  bool operator==(const StateRow&) const = default;
};

// A field's value from valid JSON without white space around it, quantised: to the nearest step. A
// number is out of range if it is more than half a step beyond it. wrong_type, or bad_value: out of
// range where the schema refuses that, a quaternion without a direction, a text that is too long,
// no value of the enumeration. `parts` and `text` are the field's own; on an error neither is
// changed.
Error quantise(const SchemaField& field, std::string_view raw_json, u32* parts, std::string& text);
// Of an integer or a number: what its part stands for.
double value_of(const SchemaField& field, u32 part);
// The value as JSON: of parts the same number for everybody, with as many decimals as the
// resolution needs.
void append_value_json(const SchemaField& field, const u32* parts, std::string_view text,
                       std::string& out);

}  // namespace perseid
