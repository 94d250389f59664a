// Any bytes as a coded update: no crash, no read beyond; what reaches the sink is within the
// schema; and written again and read, it is the same.
#include "codec/coded_update.h"

#include <array>
#include <cstdlib>
#include <deque>

#include "codec/utf8.h"
#include "tests/fuzz/state_schemas.h"

namespace {

using namespace perseid;

void require(bool holds) {
  if (!holds) std::abort();
}

// Keeps what it is told, one written entity for each call.
struct Kept final : CodedUpdateSink {
  explicit Kept(const Schema& of) : schema(of) {}
  Error set(std::string_view entity, u32 number, const u32* parts, std::string_view text) override {
    const SchemaField& field = schema.fields()[number];
    CodedEntity& told = next(entity);
    StateRow& row = rows.emplace_back(StateRow{.present = 0,
                                               .parts = std::vector<u32>(schema.parts().size()),
                                               .texts = std::vector<std::string>(schema.texts())});
    for (u32 i = 0; i < field.parts; ++i) {
      require(parts[i] <= schema.parts()[field.first_part + i].max);
      row.parts[field.first_part + i] = parts[i];
    }
    if (field.is_text()) {
      require(text.size() <= field.bytes_max && is_utf8(as_bytes(text)));
      row.texts[field.text] = text;
    }
    told.set = 1u << number;
    told.row = &row;
    return Error::ok;
  }
  Error remove_field(std::string_view entity, u32 number) override {
    require(number < schema.fields().size());
    next(entity).remove = 1u << number;
    return Error::ok;
  }
  Error add(std::string_view entity) override {
    next(entity);
    return Error::ok;
  }
  Error unset(std::string_view entity) override {
    check_key(entity);
    gone.push_back(entity);
    return Error::ok;
  }

  static void check_key(std::string_view key) {
    require(!key.empty() && key.size() <= kEntityKeyBytesMax && is_utf8(as_bytes(key)));
  }
  CodedEntity& next(std::string_view key) {
    check_key(key);
    return entities.emplace_back(CodedEntity{.key = key});
  }
  std::string written() const {
    std::string out;
    append_coded_update(schema, entities, gone, out);
    return out;
  }

  const Schema& schema;
  std::deque<StateRow> rows;
  std::vector<CodedEntity> entities;
  std::vector<std::string_view> gone;
};

Error read(const Schema& schema, std::string& text, Kept& kept) {
  static CodedUpdateReader reader;
  const std::size_t size = text.size();
  text.append(kParsePaddingBytes, '"');
  std::string_view field;
  const Error error = reader.read(schema, as_bytes(text).first(size), kept, field);
  require(field.starts_with("payload"));
  return error;
}

}  // namespace

// schema; update
extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size == 0) return 0;
  const auto schema = test::fuzzed_schema(data[0]);
  std::string update(as_text({data + 1, size - 1}));
  Kept kept(*schema);
  if (read(*schema, update, kept) != Error::ok) return 0;
  std::string once = kept.written();
  const std::string bytes = once;
  Kept again(*schema);
  require(read(*schema, once, again) == Error::ok && again.written() == bytes);
  return 0;
}
