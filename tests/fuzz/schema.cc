// Any bytes as a schema: no crash; what is accepted keeps the bounds, and its canonical JSON is the
// same schema. The other half of the bytes as a value of every field: what is accepted is printed
// so that it is accepted again as the same.
#include "codec/schema.h"

#include <cstdlib>

#include "codec/json_document.h"

namespace {

using namespace perseid;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_bounds(const Schema& schema) {
  require(!schema.fields().empty() && schema.fields().size() <= kSchemaFieldsMax);
  require(schema.parts().size() <= kSchemaPartsMax);
  require(schema.json().size() <= kSchemaJsonBytesMax);
  std::size_t parts = 0;
  u32 texts = 0;
  for (const SchemaField& field : schema.fields()) {
    require(field.first_part == parts);
    parts += field.parts;
    if (field.is_text()) require(field.text == texts++ && field.bytes_max <= kTextBytesMax);
  }
  require(parts == schema.parts().size() && texts == schema.texts());
  for (const SchemaPart& part : schema.parts()) {
    require(part.max <= kPartMax && part.field < schema.fields().size());
  }
}

void check_value(const Schema& schema, const SchemaField& field, std::string_view raw) {
  u32 parts[4] = {};
  std::string text;
  if (quantise(field, raw, parts, text) != Error::ok) return;
  for (u32 i = 0; i < field.parts; ++i) {
    require(parts[i] <= schema.parts()[field.first_part + i].max);
  }
  require(text.size() <= field.bytes_max);
  std::string out;
  append_value_json(field, parts, text, out);
  u32 again[4] = {};
  std::string text_again;
  require(quantise(field, out, again, text_again) == Error::ok);
  for (u32 i = 0; i < field.parts; ++i) require(again[i] == parts[i]);
  require(text_again == text);
}

}  // namespace

// schema, line feed, value
extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const std::string_view all = as_text({data, size});
  const std::size_t end = std::min(all.rfind('\n'), all.size());
  std::string problem;
  const auto schema = Schema::parse(all.substr(0, end), problem);
  require((schema == nullptr) == !problem.empty());
  if (schema == nullptr) return 0;
  check_bounds(*schema);
  const auto again = Schema::parse(schema->json(), problem);
  require(again != nullptr && again->json() == schema->json());
  if (end == all.size()) return 0;
  std::string value(all.substr(end + 1));
  const std::size_t value_bytes = value.size();
  value.append(kParsePaddingBytes, ' ');
  static JsonDocument document;
  if (document.open(std::string_view(value).substr(0, value_bytes)) != Error::ok) return 0;
  for (const SchemaField& field : schema->fields()) {
    check_value(*schema, field, document.trimmed());
  }
  return 0;
}
