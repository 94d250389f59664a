#include "codec/json_text.h"

#include <charconv>

namespace perseid {
namespace {

// The letter after the backslash; 0: as it is; 'u': \u00XX.
char escape_letter(u8 c) {
  switch (c) {
    case '"':
    case '\\':
      return static_cast<char>(c);
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return c < 0x20 ? 'u' : '\0';
  }
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::size_t clean_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const u8 c = static_cast<u8>(text[i]);
    const char letter = escape_letter(c);
    if (letter == '\0') continue;
    out.append(text, clean_from, i - clean_from);
    clean_from = i + 1;
    out += '\\';
    out += letter;
    if (letter == 'u') {
      out += "00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  out.append(text, clean_from, text.size() - clean_from);
}

void append_number(std::string& out, u64 number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace perseid
