// A text among bits: its length, then its bytes.
// Thread: none; pure functions.
#pragma once

#include <string>

#include "bench/state/bits.h"
#include "codec/schema.h"

namespace perseid::bench {

constexpr u32 kTextLengthBits = 13;
static_assert(kTextBytesMax < 1u << kTextLengthBits);

inline void put_text(const std::string& text, BitWriter& bits) {
  bits.put(static_cast<u32>(text.size()), kTextLengthBits);
  for (const char c : text) bits.put(static_cast<u8>(c), 8);
}

inline void get_text(BitReader& bits, std::string& text) {
  text.resize(bits.get(kTextLengthBits));
  for (char& c : text) c = static_cast<char>(bits.get(8));
}

}  // namespace perseid::bench
