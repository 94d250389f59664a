// Values of a schema's fields: JSON to parts, to the nearest step, and back.
#include <array>
#include <charconv>
#include <cmath>

#include "codec/assert.h"
#include "codec/json_string.h"
#include "codec/json_text.h"
#include "codec/schema.h"
#include "codec/schema_quaternion.h"

namespace perseid {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

void skip_space(std::string_view& text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

// The number that `text` begins with, which is cut off.
bool take_number(std::string_view& text, double& out) {
  const char* begin = text.data();
  const char first = text.size() > 1 && text[0] == '-' ? text[1] : text.empty() ? '\0' : text[0];
  if (first < '0' || first > '9') return false;  // from_chars would take inf and nan
  out = 0;
  const auto [end, error] = std::from_chars(begin, begin + text.size(), out);
  // Valid JSON cannot overflow a double (JsonDocument); what is too small for one is 0.
  if (error == std::errc::result_out_of_range) out = 0;
  text.remove_prefix(static_cast<std::size_t>(end - begin));
  return std::isfinite(out);
}

Error quantise_number(const SchemaField& field, std::string_view raw, u32& part) {
  double value = 0;
  if (!take_number(raw, value) || !raw.empty()) return Error::wrong_type;
  const double half = field.resolution / 2;
  if (field.refuse && (value < field.min - half || value > field.max + half)) {
    return Error::bad_value;
  }
  const double steps = (value - field.min) / field.resolution + 0.5;
  const double last = field.part_max;
  part = steps <= 0 ? 0 : steps >= last ? field.part_max : static_cast<u32>(steps);
  return Error::ok;
}

// [x,y,z,w]
Error quantise_array(const SchemaField& field, std::string_view raw, u32* parts) {
  if (!raw.starts_with('[')) return Error::wrong_type;
  std::array<double, 4> values{};
  for (u32 i = 0; i < values.size(); ++i) {
    raw.remove_prefix(1);  // the bracket, a comma
    skip_space(raw);
    if (raw.starts_with(']')) return Error::bad_value;
    if (!take_number(raw, values[i])) return Error::wrong_type;
    skip_space(raw);
    if (raw.empty() || (i < 3 && raw[0] == ']')) return Error::bad_value;
  }
  if (raw != "]") return Error::bad_value;
  return quantise_quaternion(values, field.bits, field.decimals, parts) ? Error::ok
                                                                        : Error::bad_value;
}

Error quantise_bool(std::string_view raw, u32& part) {
  if (raw != "true" && raw != "false") return Error::wrong_type;
  part = raw == "true" ? 1 : 0;
  return Error::ok;
}

Error quantise_enum(const SchemaField& field, std::string_view raw, u32& part) {
  if (!is_json_string(raw)) return Error::wrong_type;
  for (u32 i = 0; i < field.values.size(); ++i) {
    if (!json_string_equals(raw, field.values[i])) continue;
    part = i;
    return Error::ok;
  }
  return Error::bad_value;
}

Error quantise_text(const SchemaField& field, std::string_view raw, std::string& text) {
  if (!is_json_string(raw)) return Error::wrong_type;
  if (json_string_bytes(raw) > field.bytes_max) return Error::bad_value;
  text.clear();
  append_json_unescaped(raw, text);
  return Error::ok;
}

// number / 10^decimals, without zeros at its end.
void append_decimal(i64 number, u32 decimals, std::string& out) {
  u64 magnitude = number < 0 ? u64{0} - static_cast<u64>(number) : static_cast<u64>(number);
  while (decimals > 0 && magnitude % 10 == 0) {
    magnitude /= 10;
    --decimals;
  }
  if (number < 0) out += '-';
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, magnitude).ptr;
  const auto count = static_cast<std::size_t>(end - digits);
  if (decimals == 0) {
    out.append(digits, count);
  } else if (count > decimals) {
    out.append(digits, count - decimals);
    out += '.';
    out.append(digits + count - decimals, decimals);
  } else {
    out += "0.";
    out.append(decimals - count, '0');
    out.append(digits, count);
  }
}

void append_quaternion(const SchemaField& field, const u32* parts, std::string& out) {
  const double scale = std::pow(10.0, field.decimals);
  char before = '[';
  for (const double value : unpack_quaternion(field.bits, parts)) {
    out += before;
    append_decimal(std::llround(value * scale), field.decimals, out);
    before = ',';
  }
  out += ']';
}

void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

}  // namespace

Error quantise(const SchemaField& field, std::string_view raw_json, u32* parts, std::string& text) {
  switch (field.type) {
    case FieldType::boolean:
      return quantise_bool(raw_json, parts[0]);
    case FieldType::integer:
    case FieldType::number:
      return quantise_number(field, raw_json, parts[0]);
    case FieldType::quaternion:
      return quantise_array(field, raw_json, parts);
    case FieldType::enumeration:
      return quantise_enum(field, raw_json, parts[0]);
    case FieldType::text:
      return quantise_text(field, raw_json, text);
    case FieldType::json:
      if (raw_json.size() > field.bytes_max) return Error::bad_value;
      text = raw_json;
      return Error::ok;
  }
  return Error::wrong_type;
}

void append_value_json(const SchemaField& field, const u32* parts, std::string_view text,
                       std::string& out) {
  switch (field.type) {
    case FieldType::boolean:
      out += parts[0] != 0 ? "true" : "false";
      break;
    case FieldType::integer:
    case FieldType::number:
      append_decimal(field.origin + i64{parts[0]} * field.step, field.decimals, out);
      break;
    case FieldType::quaternion:
      append_quaternion(field, parts, out);
      break;
    case FieldType::enumeration:
      PSD_DEBUG_ASSERT(parts[0] < field.values.size());
      append_quoted(field.values[parts[0]], out);
      break;
    case FieldType::text:
      append_quoted(text, out);
      break;
    case FieldType::json:
      out += text.empty() ? "null" : text;  // not present, or never set
      break;
  }
}

double value_of(const SchemaField& field, u32 part) {
  double scale = 1;
  for (u32 i = 0; i < field.decimals; ++i) scale *= 10;
  return static_cast<double>(field.origin + field.step * static_cast<i64>(part)) / scale;
}

}  // namespace perseid
