// Value: what a field of an entity may be. Fields: an entity. Entities: what a room's state holds.
// Thread: none; plain values.
// Invariant: a value reads the same whichever flavour brought it.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace perseid {
inline namespace sdk {

using Quaternion = std::array<double, 4>;  // x, y, z, w

// Any other JSON, as its text.
struct Json {
  std::string text;
  bool operator==(const Json&) const = default;
};

class Value {
 public:
  Value() = default;  // null: in what is set it removes the field
  // Implicit, so that fields can be written as {{"x", 1.5}}.
  // NOLINTBEGIN(google-explicit-constructor)
  Value(bool value) : value_(value) {}
  Value(double value) : value_(value) {}
  Value(int value) : value_(double(value)) {}
  Value(std::string value) : value_(std::move(value)) {}
  Value(std::string_view value) : value_(std::string(value)) {}
  Value(const char* value) : value_(std::string(value)) {}
  Value(Quaternion value) : value_(value) {}
  Value(Json value) : value_(std::move(value)) {}
  // NOLINTEND(google-explicit-constructor)

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_number() const { return std::holds_alternative<double>(value_); }
  bool is_boolean() const { return std::holds_alternative<bool>(value_); }
  bool is_text() const { return std::holds_alternative<std::string>(value_); }
  bool is_quaternion() const { return std::holds_alternative<Quaternion>(value_); }
  // What it is not reads as `otherwise`.
  double number(double otherwise = 0) const;
  bool boolean(bool otherwise = false) const;
  std::string_view text() const;  // empty if it is no text
  Quaternion quaternion() const;  // 0,0,0,1 if it is none
  std::string json() const;       // any value, as JSON

  // Reads valid JSON. An array of exactly four numbers is a quaternion.
  static Value from_json(std::string_view raw);

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, bool, double, std::string, Quaternion, Json> value_;
};

using Fields = std::map<std::string, Value, std::less<>>;
using Entities = std::map<std::string, Fields, std::less<>>;

// The field's value; null if there is no such entity or field.
const Value& value_at(const Entities& entities, std::string_view entity, std::string_view field);

}  // namespace sdk
}  // namespace perseid
