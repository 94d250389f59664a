// Finding what stands behind a key in the relay's messages, which are flat enough for that.
// Thread: none; pure functions.
#pragma once

#include <string_view>

#include "codec/bytes.h"

namespace perseid::load {

// What follows `key`; empty if it is not there.
inline std::string_view behind(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + key.size());
}

// The same up to the next quote.
inline std::string_view quoted_behind(std::string_view text, std::string_view key) {
  const std::string_view rest = behind(text, key);
  return rest.substr(0, rest.find('"'));
}

// The number there; 0 if there is none.
inline u64 number_behind(std::string_view text, std::string_view key) {
  u64 value = 0;
  for (const char c : behind(text, key)) {
    if (c < '0' || c > '9') break;
    value = value * 10 + static_cast<u64>(c - '0');
  }
  return value;
}

}  // namespace perseid::load
