// Texts that are kept and set anew by whoever sends: who makes one long and then short must not
// leave the memory of the long one behind. Thread: none; a pure function.
#pragma once

#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {

constexpr u64 kTextSpareBytes = 32;  // that a text may hold beyond twice its length

inline void store_text(std::string& stored, std::string_view text) {
  if (stored.capacity() > 2 * text.size() + kTextSpareBytes) {
    std::string(text).swap(stored);  // an assignment would keep the memory
  } else {
    stored = text;
  }
}

}  // namespace perseid
