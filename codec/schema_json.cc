// Schema from JSON, with a precise word on whatever is wrong.
#include <cmath>
#include <optional>

#include "codec/envelope_fields.h"
#include "codec/json_document.h"
#include "codec/schema.h"
#include "codec/schema_builder.h"

namespace perseid {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr double kBitsMin = 2;
constexpr double kBitsMax = 15;
constexpr u32 kTextBytesDefault = 64;

// key, which types take it
#define PERSEID_FIELD_KEYS(X)               \
  X(type, true)                             \
  X(min, is_number(type))                   \
  X(max, is_number(type))                   \
  X(resolution, type == FieldType::number)  \
  X(out_of_range, is_number(type))          \
  X(bits, type == FieldType::quaternion)    \
  X(values, type == FieldType::enumeration) \
  X(max_bytes, type == FieldType::text || type == FieldType::json)

bool is_number(FieldType type) {
  return type == FieldType::integer || type == FieldType::number;
}

enum class Key : u8 {
#define X(name, takes) name,
  PERSEID_FIELD_KEYS(X)
#undef X
      unknown
};

constexpr std::string_view kKeyNames[] = {
#define X(name, takes) #name,
    PERSEID_FIELD_KEYS(X)
#undef X
};

Key key_of(std::string_view text) {
  u8 i = 0;
  while (i < std::size(kKeyNames) && kKeyNames[i] != text) ++i;
  return static_cast<Key>(i);
}

bool takes(FieldType type, Key key) {
#define X(name, takes) \
  if (key == Key::name) return takes;
  PERSEID_FIELD_KEYS(X)
#undef X
  return false;
}

std::optional<FieldType> type_of(std::string_view text) {
#define X(id, name, description) \
  if (text == name) return FieldType::id;
  PERSEID_FIELD_TYPES(X)
#undef X
  return {};
}

std::string wrong_type_name() {
  std::string out = "must be one of";
#define X(id, name, description) out += out.ends_with("of") ? " " name : ", " name;
  PERSEID_FIELD_TYPES(X)
#undef X
  return out;
}

// One field as its object has it, before anybody knows what its type makes of that.
struct Declared {
  u32 seen = 0;  // bit per Key
  FieldType type = FieldType::boolean;
  double min = 0;
  double max = 0;
  double resolution = 1;
  double bits = 9;
  double max_bytes = kTextBytesDefault;
  bool refuse = false;
  std::vector<std::string> values;

  bool has(Key key) const { return (seen >> static_cast<u8>(key) & 1) != 0; }
};

std::string read_type(ondemand::value value, FieldType& out) {
  std::string_view text;
  if (value.get_string().get(text)) return wrong_type_name();
  const std::optional<FieldType> type = type_of(text);
  if (!type) return wrong_type_name();
  out = *type;
  return {};
}

std::string read_number(ondemand::value value, double& out) {
  return value.get_double().get(out) ? "must be a number" : "";
}

std::string read_out_of_range(ondemand::value value, bool& refuse) {
  std::string_view text;
  if (value.get_string().get(text)) text = {};
  if (text != "clamp" && text != "refuse") return "must be \"clamp\" or \"refuse\"";
  refuse = text == "refuse";
  return {};
}

std::string read_values(ondemand::value value, std::vector<std::string>& out) {
  ondemand::array array;
  if (value.get_array().get(array)) return "must be an array of strings";
  for (auto element : array) {
    std::string_view text;
    if (element.get_string().get(text)) return "must be an array of strings";
    if (text.size() > kSchemaNameBytesMax) {
      return "a string longer than " + std::to_string(kSchemaNameBytesMax) + " bytes";
    }
    for (const std::string& other : out) {
      if (other == text) return "a string stands there twice";
    }
    if (out.size() == kEnumValuesMax) {
      return "more than " + std::to_string(kEnumValuesMax) + " strings";
    }
    out.emplace_back(text);
  }
  return out.empty() ? "needs at least one string" : "";
}

std::string read_key(Key key, ondemand::value value, Declared& out) {
  switch (key) {
    case Key::type:
      return read_type(value, out.type);
    case Key::min:
      return read_number(value, out.min);
    case Key::max:
      return read_number(value, out.max);
    case Key::resolution:
      return read_number(value, out.resolution);
    case Key::out_of_range:
      return read_out_of_range(value, out.refuse);
    case Key::bits:
      return read_number(value, out.bits);
    case Key::values:
      return read_values(value, out.values);
    case Key::max_bytes:
      return read_number(value, out.max_bytes);
    case Key::unknown:
      break;
  }
  return "unknown";
}

// A key that somebody else made up, fit for a line of a log.
std::string shown(std::string_view name) {
  return check_name(name, kSchemaNameBytesMax) == Error::ok ? std::string(name) : "a key";
}

std::string read_object(ondemand::object object, Declared& out) {
  for (auto entry : object) {
    const std::string_view name = entry.unescaped_key().value_unsafe();
    const Key key = key_of(name);
    if (key == Key::unknown) return shown(name) + ": unknown";
    if (out.has(key)) return std::string(name) + ": stands there twice";
    out.seen |= 1u << static_cast<u8>(key);
    const std::string wrong = read_key(key, entry.value().value_unsafe(), out);
    if (!wrong.empty()) return std::string(kKeyNames[static_cast<u8>(key)]) + ": " + wrong;
  }
  return {};
}

// What the type needs and what it does not take.
std::string check_keys(const Declared& declared) {
  if (!declared.has(Key::type)) return "type: missing";
  for (u32 i = 0; i < std::size(kKeyNames); ++i) {
    const Key key = static_cast<Key>(i);
    const std::string name(kKeyNames[i]);
    if (declared.has(key) && !takes(declared.type, key)) {
      return name + ": not for the type " + std::string(type_name(declared.type));
    }
    const bool needed =
        key == Key::min || key == Key::max || key == Key::resolution || key == Key::values;
    if (needed && !declared.has(key) && takes(declared.type, key)) return name + ": missing";
  }
  return {};
}

bool is_whole(double number, double min, double max) {
  return number >= min && number <= max && std::floor(number) == number;
}

std::string whole_wanted(std::string_view key, double min, double max) {
  return std::string(key) + ": must be a whole number from " +
         std::to_string(static_cast<u32>(min)) + " to " + std::to_string(static_cast<u32>(max));
}

// 10^-decimals at most a twentieth of a step: what is printed quantises to the same parts.
u8 quaternion_decimals(u8 bits) {
  const double step = std::sqrt(2.0) / ((1 << bits) - 1);
  return static_cast<u8>(std::ceil(-std::log10(step / 20)));
}

std::string set_field(const Declared& declared, SchemaField& field) {
  field.type = declared.type;
  field.refuse = declared.refuse;
  if (is_number(field.type)) {
    const bool whole = field.type == FieldType::integer;
    if (whole && std::floor(declared.min) != declared.min) return "min: must be whole";
    if (whole && std::floor(declared.max) != declared.max) return "max: must be whole";
    return SchemaBuilder::set_range(field, declared.min, declared.max, declared.resolution);
  }
  if (field.type == FieldType::quaternion) {
    if (!is_whole(declared.bits, kBitsMin, kBitsMax)) {
      return whole_wanted("bits", kBitsMin, kBitsMax);
    }
    field.bits = static_cast<u8>(declared.bits);
    field.decimals = quaternion_decimals(field.bits);
    field.part_max = (1u << field.bits) - 1;
  } else if (field.type == FieldType::enumeration) {
    field.values = declared.values;
    field.part_max = static_cast<u32>(field.values.size() - 1);
  } else if (field.type == FieldType::boolean) {
    field.part_max = 1;
  } else {
    if (!is_whole(declared.max_bytes, 1, kTextBytesMax)) {
      return whole_wanted("max_bytes", 1, kTextBytesMax);
    }
    field.bytes_max = static_cast<u32>(declared.max_bytes);
  }
  return {};
}

// {"type":…} or, where the type needs nothing else, its name. What is wrong begins with where.
std::string read_declared(ondemand::value value, Declared& out) {
  std::string wrong;
  std::string_view text;
  ondemand::object object;
  if (!value.get_string().get(text)) {
    out.seen = 1u << static_cast<u8>(Key::type);
    const std::optional<FieldType> type = type_of(text);
    if (!type) return ".type: " + wrong_type_name();
    out.type = *type;
  } else if (!value.get_object().get(object)) {
    wrong = read_object(object, out);
  } else {
    return ": must be an object, or the name of a type";
  }
  if (wrong.empty()) wrong = check_keys(out);
  return wrong.empty() ? wrong : "." + wrong;
}

std::string read_field(std::string_view name, ondemand::value value, SchemaBuilder& builder) {
  if (check_name(name, kSchemaNameBytesMax) != Error::ok) {
    return "the name of a field must have 1 to " + std::to_string(kSchemaNameBytesMax) +
           " bytes, none of them a control character";
  }
  // JavaScript moves such keys to an object's front, and the order of fields is the wire's.
  if (name.find_first_not_of("0123456789") == std::string_view::npos) {
    return "the name of a field must not be a number";
  }
  SchemaField field;
  field.name = name;
  Declared declared;
  std::string wrong = read_declared(value, declared);
  if (!wrong.empty()) return field.name + wrong;
  wrong = set_field(declared, field);
  if (!wrong.empty()) return field.name + "." + wrong;
  return builder.add(std::move(field));
}

}  // namespace

std::shared_ptr<const Schema> Schema::parse(std::string_view json, std::string& problem) {
  std::string text(json);
  text.append(kParsePaddingBytes, ' ');
  JsonDocument document;
  const Error error = document.open(std::string_view(text).substr(0, json.size()));
  problem = error == Error::ok ? "" : info(error).text;
  if (problem.empty() && !document.is_object()) problem = "a schema must be an object";
  if (!problem.empty()) return nullptr;
  SchemaBuilder builder;
  ondemand::object object = document.document().get_object().value_unsafe();
  for (auto entry : object) {
    const std::string_view name = entry.unescaped_key().value_unsafe();
    problem = read_field(name, entry.value().value_unsafe(), builder);
    if (!problem.empty()) return nullptr;
  }
  problem = builder.finish();
  return problem.empty() ? builder.schema : nullptr;
}

}  // namespace perseid
