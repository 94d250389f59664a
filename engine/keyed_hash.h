// KeyedHash: SipHash-2-4 under a secret key, for every table whose keys clients choose, so that
// nobody can
//   flood one bucket (Aumasson and Bernstein, "SipHash", 2012). Wraps libsodium.
// Thread: plain value.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "codec/bytes.h"

namespace perseid {

struct KeyedHash {
  using is_transparent = void;
  std::array<u8, 16> key{};
  std::size_t operator()(std::string_view text) const;
};

// A table with text keys that clients choose; found by string_view without a copy.
template <class Value>
using KeyedMap = std::unordered_map<std::string, Value, KeyedHash, std::equal_to<>>;

}  // namespace perseid
