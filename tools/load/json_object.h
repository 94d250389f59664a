// JsonObject: one flat JSON object, written field by field.
// Thread: one. Owns: its text.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "codec/json_text.h"

namespace perseid::load {

class JsonObject {
 public:
  void text(std::string_view key, std::string_view value) {
    start(key);
    out_ += '"';
    append_json_escaped(out_, value);
    out_ += '"';
  }
  void whole(std::string_view key, u64 value) {
    start(key);
    append_number(out_, value);
  }
  void real(std::string_view key, double value) {
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.6g", value);
    start(key);
    out_ += digits;
  }
  void truth(std::string_view key, bool value) {
    start(key);
    out_ += value ? "true" : "false";
  }
  std::string end() { return out_ + "}\n"; }

 private:
  void start(std::string_view key) {
    if (out_.size() > 1) out_ += ',';
    ((out_ += '"') += key) += "\":";
  }
  std::string out_ = "{";
};

}  // namespace perseid::load
