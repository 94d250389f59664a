#include "codec/base64url.h"

#include <array>

namespace perseid {
namespace {

constexpr u8 kNoDigit = 0xff;

constexpr std::array<u8, 256> make_values() {
  std::array<u8, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kBase64UrlDigits.size(); ++i) {
    values[static_cast<u8>(kBase64UrlDigits[i])] = static_cast<u8>(i);
  }
  return values;
}
constexpr std::array<u8, 256> kValues = make_values();

}  // namespace

void append_base64url(std::string& out, Bytes bytes) {
  u32 held = 0;
  u32 bits = 0;
  for (const u8 byte : bytes) {
    held = (held << 8 | byte) & 0xffff;
    bits += 8;
    for (; bits >= 6; bits -= 6) out += kBase64UrlDigits[held >> (bits - 6) & 0x3f];
  }
  if (bits > 0) out += kBase64UrlDigits[held << (6 - bits) & 0x3f];
}

std::string base64url(Bytes bytes) {
  std::string out;
  append_base64url(out, bytes);
  return out;
}

bool read_base64url(std::string_view text, MutableBytes out) noexcept {
  if (text.size() != base64url_chars(out.size())) return false;
  u32 held = 0;
  u32 bits = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const u8 value = kValues[static_cast<u8>(c)];
    if (value == kNoDigit) return false;
    held = held << 6 | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = static_cast<u8>(held >> bits);
    held &= (1u << bits) - 1;
  }
  return held == 0;  // else a second text of the same bytes
}

}  // namespace perseid
