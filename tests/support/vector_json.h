// Reading the golden vectors of tests/vectors: JSON objects whose bytes stand as hex.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid::test {

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// Empty if it is not there.
inline std::string text(const simdjson::dom::element& object, const char* key) {
  std::string_view value;
  return object[key].get(value) ? std::string() : std::string(value);
}

// 0 if it is not there.
inline u64 number(const simdjson::dom::element& object, const char* key) {
  u64 value = 0;
  return object[key].get(value) ? 0 : value;
}

}  // namespace perseid::test
