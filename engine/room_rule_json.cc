// RoomRule from JSON, with a precise word on whatever is wrong.
#include <algorithm>
#include <cmath>

#include "codec/envelope_fields.h"
#include "codec/json_document.h"
#include "engine/room_rule.h"

namespace perseid {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr u32 kPatternBytesMax = 1024;  // as a room's name may have
constexpr u32 kStateHzMax = 240;        // these as the options allow
constexpr u32 kActionWindowMsMax = 1000;
constexpr u32 kEntitiesMax = 16777216;
constexpr u32 kChecksumEveryTicksMax = 1000000;
constexpr u32 kFarDivisorMin = 2;
constexpr u32 kFarDivisorDefault = 4;

// A key that somebody else made up, fit for a line of a log.
std::string shown(std::string_view key) {
  return check_name(key, kSchemaNameBytesMax) == Error::ok ? std::string(key) : "a key";
}

std::string read_whole(ondemand::value value, u32 min, u32 max, u32& out) {
  double number = 0;
  if (value.get_double().get(number) || number < min || number > max ||
      std::floor(number) != number) {
    return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  }
  out = static_cast<u32>(number);
  return {};
}

std::string read_length(ondemand::value value, double least, double& out) {
  double number = 0;
  if (value.get_double().get(number)) return "must be a number";
  if (!std::isfinite(number)) return "must be finite";
  if (number < 0 || (number == 0 && least > 0)) {
    return least > 0 ? "must be above 0" : "must not be below 0";
  }
  out = number;
  return {};
}

// Calls read(key, value) for every key, none of which may stand there twice; it returns what is
// wrong with the value.
template <class Read>
std::string read_keys(ondemand::object object, Read&& read) {
  std::vector<std::string> seen;
  for (auto entry : object) {
    const std::string key(entry.unescaped_key().value_unsafe());
    for (const std::string& other : seen) {
      if (other == key) return shown(key) + ": stands there twice";
    }
    const std::string wrong = read(std::string_view(key), entry.value().value_unsafe());
    if (!wrong.empty()) {
      // What a part of it says begins with a dot: "grid" ".cell: must be above 0".
      return shown(key) + (wrong[0] == '.' ? "" : ": ") + wrong;
    }
    seen.push_back(key);
  }
  return {};
}

class GridReader {
 public:
  std::string read(ondemand::value value) {
    ondemand::object object;
    if (value.get_object().get(object)) return "must be an object";
    std::string wrong = read_keys(
        object, [this](std::string_view key, ondemand::value item) { return take(key, item); });
    if (wrong.empty()) wrong = check();
    return wrong.empty() ? wrong : "." + wrong;
  }

  // Once the schema is known: what is wrong, as read() says it.
  std::string resolve(const Schema* schema) {
    if (schema == nullptr) return ": needs a schema";
    std::string wrong = find(*schema, grid.cell, x_, "x", grid.x);
    if (wrong.empty()) wrong = find(*schema, grid.cell, y_, "y", grid.y);
    return wrong;
  }

  GridRule grid;

 private:
  std::string take(std::string_view key, ondemand::value value) {
    if (key == "cell") return read_length(value, 1, grid.cell);
    if (key == "radius") return read_length(value, 1, grid.radius);
    if (key == "hysteresis") return read_length(value, 0, grid.hysteresis);
    if (key == "far_radius") return read_length(value, 1, grid.far_radius);
    if (key == "far_divisor") {
      return read_whole(value, kFarDivisorMin, kFarDivisorMax, grid.far_divisor);
    }
    if (key == "x") return read_field(value, x_);
    if (key == "y") return read_field(value, y_);
    return "unknown";
  }

  static std::string read_field(ondemand::value value, std::string& out) {
    std::string_view text;
    if (value.get_string().get(text)) return "must be the name of a field";
    out = text;
    return {};
  }

  std::string check() {
    if (grid.cell == 0) return "cell: missing";
    if (grid.radius == 0) return "radius: missing";
    if (grid.far_radius == 0) {
      if (grid.far_divisor != 1) return "far_divisor: means nothing without far_radius";
    } else if (grid.far_radius <= grid.radius) {
      return "far_radius: must be above radius";
    } else if (grid.far_divisor == 1) {
      grid.far_divisor = kFarDivisorDefault;
    }
    if (grid.reach() / grid.cell <= kGridReachCellsMax) return {};
    return "cell: too small: the larger radius and the hysteresis may reach over " +
           std::to_string(kGridReachCellsMax) + " cells at most";
  }

  static std::string find(const Schema& schema, double cell, const std::string& field,
                          const char* key, u32& out) {
    out = schema.find(field);
    const std::string where = std::string(".") + key + ": ";
    if (out == Schema::kNoField) return where + "the schema has no field " + shown(field);
    const FieldType type = schema.fields()[out].type;
    if (type != FieldType::integer && type != FieldType::number) {
      return where + "the field " + field + " must be an int or a float";
    }
    const double far = std::max(std::abs(schema.fields()[out].min), schema.fields()[out].max);
    if (far / cell <= kGridCellsMax) return {};
    return where + "the field " + field + " reaches beyond a thousand million cells";
  }

  std::string x_ = "x";
  std::string y_ = "y";
};

class RuleReader {
 public:
  std::string read(ondemand::object object) {
    std::string wrong = read_keys(
        object, [this](std::string_view key, ondemand::value value) { return take(key, value); });
    if (wrong.empty() && has_grid_) {
      wrong = grid_.resolve(rule->schema.get());
      rule->grid = grid_.grid;
      if (!wrong.empty()) return "grid" + wrong;
    }
    if (wrong.empty() && rule->remove_on_leave && rule->ownership == Ownership::anyone) {
      wrong = "remove_on_leave: means nothing without the ownership first_writer";
    }
    return wrong;
  }

  std::shared_ptr<RoomRule> rule = std::make_shared<RoomRule>();

 private:
  std::string take(std::string_view key, ondemand::value value) {
    if (key == "pattern") return read_pattern(value);
    if (key == "state_hz") return read_whole(value, 1, kStateHzMax, rule->state_hz.emplace());
    if (key == "action_window_ms") return read_window(value);
    if (key == "schema") return read_schema(value);
    if (key == "ownership") return read_ownership(value);
    if (key == "durability") return read_durability(value);
    if (key == "remove_on_leave") return read_bool(value, rule->remove_on_leave);
    if (key == "checksum_every_ticks") {
      return read_whole(value, 0, kChecksumEveryTicksMax, rule->checksum_every_ticks);
    }
    if (key == "entities_max") {
      return read_whole(value, 1, kEntitiesMax, rule->entities_max.emplace());
    }
    if (key == "read_receipts") return read_bool(value, rule->read_receipts);
    if (key != "grid") return "unknown";
    has_grid_ = true;
    return grid_.read(value);
  }

  std::string read_pattern(ondemand::value value) {
    std::string_view text;
    if (value.get_string().get(text)) return "must be a string";
    if (check_name(text, kPatternBytesMax) != Error::ok) {
      return "must have 1 to " + std::to_string(kPatternBytesMax) +
             " bytes, none of them a control character";
    }
    rule->pattern = text;
    return {};
  }

  std::string read_window(ondemand::value value) {
    std::string_view text;
    if (!value.get_string().get(text) && text == "auto") {
      rule->action_window_auto = true;
      return {};
    }
    const std::string wrong =
        read_whole(value, 0, kActionWindowMsMax, rule->action_window_ms.emplace());
    return wrong.empty() ? wrong : wrong + ", or \"auto\"";
  }

  std::string read_schema(ondemand::value value) {
    ondemand::object object;
    std::string_view raw;
    if (value.get_object().get(object) || object.raw_json().get(raw)) return "must be an object";
    std::string problem;
    rule->schema = Schema::parse(raw, problem);
    // "schema.x.min: missing" of a field, "schema: too many fields" of the whole.
    const std::size_t colon = problem.find(':');
    const bool of_field = colon != std::string::npos && !problem.starts_with("too ");
    return of_field ? "." + problem : problem;
  }

  std::string read_ownership(ondemand::value value) {
    std::string_view text;
    if (value.get_string().get(text)) text = {};
    for (const Ownership ownership : {Ownership::anyone, Ownership::first_writer}) {
      if (text != name(ownership)) continue;
      rule->ownership = ownership;
      return {};
    }
    return R"(must be "anyone" or "first_writer")";
  }

  std::string read_durability(ondemand::value value) {
    std::string_view text;
    if (value.get_string().get(text)) text = {};
    for (const Durability durability :
         {Durability::memory, Durability::async, Durability::commit}) {
      if (text != name(durability)) continue;
      rule->durability = durability;
      return {};
    }
    return R"(must be "memory", "async" or "commit")";
  }

  static std::string read_bool(ondemand::value value, bool& out) {
    return value.get_bool().get(out) ? "must be true or false" : "";
  }

  GridReader grid_;
  bool has_grid_ = false;
};

}  // namespace

std::shared_ptr<const RoomRule> RoomRule::parse(std::string_view json, std::string& problem) {
  std::string text(json);
  text.append(kParsePaddingBytes, ' ');
  JsonDocument document;
  const Error error = document.open(std::string_view(text).substr(0, json.size()));
  problem = error == Error::ok ? "" : info(error).text;
  if (problem.empty() && !document.is_object()) problem = "must be an object";
  if (!problem.empty()) return nullptr;
  RuleReader reader;
  ondemand::object object = document.document().get_object().value_unsafe();
  problem = reader.read(object);
  return problem.empty() ? reader.rule : nullptr;
}

}  // namespace perseid
