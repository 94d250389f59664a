// JSON as it stands in a relay's message, walked without a tree: members and elements as raw text,
// so that a payload stays byte for byte what its sender wrote.
// Thread: none; pure functions.
// Invariants: whatever the text is, nothing outside of it is read, and a walk ends; of text that is
// no JSON it gives some of the members.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

// Takes one value from the front of `text`, white space around it skipped. Empty: there is none.
std::string_view take_json_value(std::string_view& text);

// Walks the members of an object, or the elements of an array.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view container);
  // The next member: `key` is without its quotes, but escaped as it was; empty in an array.
  bool next();
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

 private:
  std::string_view rest_;
  std::string_view key_;
  std::string_view value_;
  bool object_ = false;
};

// The raw value of a member, empty if there is none.
std::string_view json_member(std::string_view object, std::string_view key);

std::string json_text(std::string_view raw);  // a string unescaped; anything else: empty
u64 json_u64(std::string_view raw, u64 otherwise = 0);
std::optional<double> json_double(std::string_view raw);
inline bool json_true(std::string_view raw) {
  return raw == "true";
}

// Appends ,"key": or "key": with what fits before it.
void append_json_key(std::string& out, std::string_view key);
void append_json_string(std::string& out, std::string_view text);
// The shortest text that reads back as the same number; 0 for what is no number.
void append_json_double(std::string& out, double value);

std::string trimmed_json(std::string_view text);  // without the white space around it
// Valid JSON by the relay's own rules, within its bound of nesting (as a payload).
bool is_valid_json(std::string_view text);

}  // namespace sdk
}  // namespace perseid
