#include "codec/coded_update.h"

#include <algorithm>
#include <array>

#include "codec/binary.h"
#include "codec/schema_quaternion.h"
#include "codec/state_table.h"
#include "codec/utf8.h"

namespace perseid {
namespace {

static_assert(kEntityKeyBytesMax == StateBounds{}.key_bytes_max);

constexpr u32 kFieldPartsMax = 4;

// A length and as many bytes. The length is only believed if the bytes are there.
bool take_string(Bytes& in, std::string_view& out) {
  u64 size = 0;
  if (!take_varint(in, size) || size > in.size()) return false;
  out = as_text(in.first(static_cast<std::size_t>(size)));
  in = in.subspan(static_cast<std::size_t>(size));
  return true;
}

Error take_key(Bytes& in, std::string_view& out) {
  if (!take_string(in, out)) return Error::invalid_binary;
  const bool good = !out.empty() && out.size() <= kEntityKeyBytesMax && is_utf8(as_bytes(out));
  return good ? Error::ok : Error::bad_value;
}

// Only numbers have a range that a value may be clamped to: there is no nearest name, and no
// nearest largest component.
Error bounded(const SchemaField& field, u32 index, u64 value, u32& out) {
  const bool symbol = index == 0 && field.type == FieldType::quaternion;
  const u32 max = symbol ? 3 : field.part_max;
  const bool clamps = !field.refuse && !symbol && field.type != FieldType::boolean &&
                      field.type != FieldType::enumeration;
  if (value > max && !clamps) return Error::bad_value;
  out = static_cast<u32>(std::min<u64>(value, max));
  return Error::ok;
}

Error take_parts(const SchemaField& field, Bytes& in, u32* parts) {
  for (u32 i = 0; i < field.parts; ++i) {
    u64 value = 0;
    if (!take_varint(in, value)) return Error::invalid_binary;
    if (const Error error = bounded(field, i, value, parts[i]); error != Error::ok) return error;
  }
  if (field.type == FieldType::quaternion) settle_quaternion(field.bits, field.decimals, parts);
  return Error::ok;
}

void append_varint(std::string& out, u64 value) {
  u8 bytes[kVarintBytesMax];
  out += as_text({bytes, write_varint(bytes, value)});
}

void append_string(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

void append_values(const Schema& schema, const CodedEntity& entity, std::string& out) {
  for (u32 i = 0; i < schema.fields().size(); ++i) {
    if ((entity.set >> i & 1) == 0) continue;
    const SchemaField& field = schema.fields()[i];
    if (field.is_text()) append_string(out, entity.row->texts[field.text]);
    for (u32 k = 0; k < field.parts; ++k) {
      append_varint(out, entity.row->parts[field.first_part + k]);
    }
  }
}

}  // namespace

Error CodedUpdateReader::read(const Schema& schema, Bytes update, CodedUpdateSink& sink,
                              std::string_view& field) {
  Bytes in = update;
  field = "payload.set";
  u64 count = 0;
  if (!take_varint(in, count)) return Error::invalid_binary;
  for (; count > 0; --count) {
    if (const Error error = read_entity(schema, in, sink); error != Error::ok) return error;
  }
  field = "payload.unset";
  if (!take_varint(in, count)) return Error::invalid_binary;
  for (; count > 0; --count) {
    std::string_view key;
    if (const Error error = take_key(in, key); error != Error::ok) return error;
    if (const Error error = sink.unset(key); error != Error::ok) return error;
  }
  field = "payload";
  return in.empty() ? Error::ok : Error::invalid_binary;
}

Error CodedUpdateReader::read_entity(const Schema& schema, Bytes& in, CodedUpdateSink& sink) {
  std::string_view key;
  u64 set = 0;
  u64 remove = 0;
  if (const Error error = take_key(in, key); error != Error::ok) return error;
  if (!take_varint(in, set) || !take_varint(in, remove)) return Error::invalid_binary;
  const u32 fields = static_cast<u32>(schema.fields().size());
  if ((set | remove) >> fields != 0 || (set & remove) != 0) return Error::bad_value;
  if ((set | remove) == 0) return sink.add(key);
  for (u32 i = 0; i < fields; ++i) {
    Error error = Error::ok;
    if ((set >> i & 1) != 0) error = read_field(schema.fields()[i], key, i, in, sink);
    if ((remove >> i & 1) != 0) error = sink.remove_field(key, i);
    if (error != Error::ok) return error;
  }
  return Error::ok;
}

Error CodedUpdateReader::read_field(const SchemaField& field, std::string_view entity, u32 number,
                                    Bytes& in, CodedUpdateSink& sink) {
  std::array<u32, kFieldPartsMax> parts{};
  std::string_view text;
  const Error error =
      field.is_text() ? read_text(field, in, text) : take_parts(field, in, parts.data());
  if (error != Error::ok) return error;
  // To the members of the JSON flavour a null would say that the field is gone.
  const bool gone = field.type == FieldType::json && text == "null";
  return gone ? sink.remove_field(entity, number) : sink.set(entity, number, parts.data(), text);
}

Error CodedUpdateReader::read_text(const SchemaField& field, Bytes& in, std::string_view& out) {
  if (!take_string(in, out)) return Error::invalid_binary;
  if (field.type == FieldType::json) {
    if (trim_json(out).size() > field.bytes_max) return Error::bad_value;
    if (const Error error = json_.open(out); error != Error::ok) return error;
    out = json_.trimmed();
  } else if (!is_utf8(as_bytes(out))) {
    return Error::bad_value;
  }
  return out.size() <= field.bytes_max ? Error::ok : Error::bad_value;
}

void append_coded_update(const Schema& schema, std::span<const CodedEntity> set,
                         std::span<const std::string_view> unset, std::string& out) {
  append_varint(out, set.size());
  for (const CodedEntity& entity : set) {
    append_string(out, entity.key);
    append_varint(out, entity.set);
    append_varint(out, entity.remove);
    append_values(schema, entity, out);
  }
  append_varint(out, unset.size());
  for (const std::string_view key : unset) append_string(out, key);
}

}  // namespace perseid
