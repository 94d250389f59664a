// JSON text made by hand where no library fits: appending to a caller's string, escaping included.
// Thread: none; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {

// Appends `text` escaped for a JSON string, without quotes (RFC 8259 section 7). `text` is valid
// UTF-8.
void append_json_escaped(std::string& out, std::string_view text);
// Appends decimal digits.
void append_number(std::string& out, u64 number);

}  // namespace perseid
