#include "codec/json_string.h"

#include <algorithm>
#include <charconv>

namespace perseid {
namespace {

// The four digits of \uXXXX at `at`; 0 if they are none.
u32 take_hex(std::string_view text, std::size_t at) {
  u32 unit = 0;
  if (at + 4 > text.size()) return 0;
  std::from_chars(text.data() + at, text.data() + at + 4, unit, 16);
  return unit;
}

u32 write_utf8(u32 c, char* out) {
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  const u32 more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr u32 kLeads[] = {0, 0xc0, 0xe0, 0xf0};
  for (u32 i = more; i > 0; --i, c >>= 6) out[i] = static_cast<char>(0x80 | (c & 0x3f));
  out[0] = static_cast<char>(kLeads[more] | c);
  return more + 1;
}

char plain_escape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

// Calls piece(text) for the pieces that the string is made of, until it returns false.
template <class Piece>
void for_pieces(std::string_view raw, Piece&& piece) {
  std::string_view rest = raw.substr(1, raw.size() - 2);
  while (!rest.empty()) {
    const std::size_t escape = std::min(rest.find('\\'), rest.size());
    if (escape > 0 && !piece(rest.substr(0, escape))) return;
    rest.remove_prefix(escape);
    if (rest.size() < 2) return;
    char bytes[4] = {plain_escape(rest[1])};
    u32 size = 1;
    std::size_t taken = 2;
    if (rest[1] == 'u') {
      u32 c = take_hex(rest, 2);
      taken = 6;
      if (c >= 0xd800 && c < 0xdc00) {
        c = 0x10000 + ((c - 0xd800) << 10) + ((take_hex(rest, 8) - 0xdc00) & 0x3ff);
        taken = 12;
      }
      size = write_utf8(c, bytes);
    }
    if (!piece(std::string_view(bytes, size))) return;
    rest.remove_prefix(std::min(taken, rest.size()));
  }
}

}  // namespace

std::size_t json_string_bytes(std::string_view raw) {
  std::size_t bytes = 0;
  for_pieces(raw, [&](std::string_view piece) {
    bytes += piece.size();
    return true;
  });
  return bytes;
}

bool json_string_equals(std::string_view raw, std::string_view text) {
  bool equal = true;
  for_pieces(raw, [&](std::string_view piece) {
    equal = text.starts_with(piece);
    if (equal) text.remove_prefix(piece.size());
    return equal;
  });
  return equal && text.empty();
}

void append_json_unescaped(std::string_view raw, std::string& out) {
  for_pieces(raw, [&](std::string_view piece) {
    out += piece;
    return true;
  });
}

}  // namespace perseid
