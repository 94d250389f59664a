#include <perseid/value.h>

#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {
namespace {

bool read_quaternion(std::string_view raw, Quaternion& out) {
  std::size_t count = 0;
  for (JsonWalk walk(raw); walk.next(); ++count) {
    const std::optional<double> number = json_double(walk.value());
    if (!number || count == out.size()) return false;
    out[count] = *number;
  }
  return count == out.size();
}

void append_quaternion(std::string& out, const Quaternion& value) {
  for (const double part : value) {
    out += out.empty() ? '[' : ',';
    append_json_double(out, part);
  }
  out += ']';
}

}  // namespace

double Value::number(double otherwise) const {
  const double* value = std::get_if<double>(&value_);
  return value != nullptr ? *value : otherwise;
}

bool Value::boolean(bool otherwise) const {
  const bool* value = std::get_if<bool>(&value_);
  return value != nullptr ? *value : otherwise;
}

std::string_view Value::text() const {
  const std::string* value = std::get_if<std::string>(&value_);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

Quaternion Value::quaternion() const {
  const Quaternion* value = std::get_if<Quaternion>(&value_);
  return value != nullptr ? *value : Quaternion{0, 0, 0, 1};
}

std::string Value::json() const {
  std::string out;
  if (const bool* flag = std::get_if<bool>(&value_)) {
    out = *flag ? "true" : "false";
  } else if (const double* number = std::get_if<double>(&value_)) {
    append_json_double(out, *number);
  } else if (const std::string* text = std::get_if<std::string>(&value_)) {
    append_json_string(out, *text);
  } else if (const Quaternion* turn = std::get_if<Quaternion>(&value_)) {
    append_quaternion(out, *turn);
  } else if (const Json* json = std::get_if<Json>(&value_)) {
    out = json->text;
  } else {
    out = "null";
  }
  return out;
}

Value Value::from_json(std::string_view raw) {
  if (raw.empty() || raw == "null") return {};
  if (raw == "true" || raw == "false") return {raw == "true"};
  if (raw[0] == '"') return {json_text(raw)};
  if (Quaternion turn; raw[0] == '[' && read_quaternion(raw, turn)) return {turn};
  if (const std::optional<double> number = json_double(raw)) return {*number};
  return {Json{std::string(raw)}};
}

const Value& value_at(const Entities& entities, std::string_view entity, std::string_view field) {
  static const Value kNull;
  const auto found = entities.find(entity);
  if (found == entities.end()) return kNull;
  const auto value = found->second.find(field);
  return value == found->second.end() ? kNull : value->second;
}

}  // namespace sdk
}  // namespace perseid
