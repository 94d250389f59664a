#include "sdk/cpp/src/sealed_text.h"

#include <algorithm>
#include <charconv>

namespace perseid {
inline namespace sdk {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// What bytes there are; false for a text that no encoder makes.
bool read_base64url(std::string_view text, std::vector<u8>& out) {
  u32 bits = 0;
  u32 held = 0;
  out.clear();
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return false;
    held = held << 6 | static_cast<u32>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<u8>(held >> bits));
    held &= (1u << bits) - 1;
  }
  return text.size() % 4 != 1 && held == 0;
}

bool read_counter(std::string_view text, u64& out) {
  if (text.empty() || text.size() > 10) return false;
  if (text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") != text.npos) return false;
  return std::from_chars(text.data(), text.data() + text.size(), out, 36).ec == std::errc{};
}

// Up to the next '.', which goes too.
std::string_view take_part(std::string_view& rest) {
  const std::size_t dot = std::min(rest.find('.'), rest.size());
  const std::string_view part = rest.substr(0, dot);
  rest.remove_prefix(std::min(dot + 1, rest.size()));
  return part;
}

}  // namespace

bool is_key_id(std::string_view text) {
  return !text.empty() && text.size() <= kKeyIdBytesMax &&
         text.find_first_not_of(kDigits) == text.npos;
}

bool read_sealed_text(std::string_view text, SealedText& out) {
  std::string_view rest = text;
  if (take_part(rest) != "1") return false;
  out.key_id = take_part(rest);
  const std::string_view salt = take_part(rest);
  const std::string_view counter = take_part(rest);
  std::vector<u8> bytes;
  if (!is_key_id(out.key_id) || salt.size() != 22 || !read_base64url(salt, bytes)) return false;
  std::copy(bytes.begin(), bytes.end(), out.salt.begin());
  if (!read_counter(counter, out.counter) || !read_base64url(rest, out.body)) return false;
  out.head = text.substr(0, text.size() - rest.size() - 1);
  out.sender = text.substr(2, out.key_id.size() + 1 + salt.size());
  return out.body.size() >= kTagBytes;
}

std::string base64url(Bytes bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  u32 bits = 0;
  u32 held = 0;
  for (const u8 byte : bytes) {
    held = (held << 8 | byte) & 0xffff;
    for (bits += 8; bits >= 6; bits -= 6) out += kDigits[held >> (bits - 6) & 63];
  }
  if (bits != 0) out += kDigits[held << (6 - bits) & 63];
  return out;
}

std::string base36(u64 number) {
  char text[16];
  return {text, std::to_chars(text, text + sizeof text, number, 36).ptr};
}

}  // namespace sdk
}  // namespace perseid
