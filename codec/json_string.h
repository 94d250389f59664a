// A JSON string's own text, quotes included, compared, measured and unescaped where it stands: for
// single values, where no parser is at hand.
// Thread: none; pure functions.
// Invariant: `raw` is of valid JSON without lone surrogates (JsonDocument checks that); of anything
// else the result is some text, and nothing beyond `raw` is read.
#pragma once

#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {

inline bool is_json_string(std::string_view raw) {
  return raw.size() >= 2 && raw.front() == '"' && raw.back() == '"';
}
// How long it is, unescaped.
std::size_t json_string_bytes(std::string_view raw);
bool json_string_equals(std::string_view raw, std::string_view text);
// Allocates only where `out` has no room.
void append_json_unescaped(std::string_view raw, std::string& out);

}  // namespace perseid
