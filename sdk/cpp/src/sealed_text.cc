#include "sdk/cpp/src/sealed_text.h"

#include <algorithm>
#include <charconv>

#include "codec/base64url.h"

namespace perseid {
inline namespace sdk {
namespace {

bool read_bytes(std::string_view text, std::vector<u8>& out) {
  out.resize(base64url_bytes(text.size()));
  return read_base64url(text, out);
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
         text.find_first_not_of(kBase64UrlDigits) == text.npos;
}

bool read_sealed_text(std::string_view text, SealedText& out) {
  std::string_view rest = text;
  if (take_part(rest) != "1") return false;
  out.key_id = take_part(rest);
  const std::string_view salt = take_part(rest);
  const std::string_view counter = take_part(rest);
  if (!is_key_id(out.key_id) || !read_base64url(salt, out.salt)) return false;
  if (!read_counter(counter, out.counter) || !read_bytes(rest, out.body)) return false;
  out.head = text.substr(0, text.size() - rest.size() - 1);
  out.sender = text.substr(2, out.key_id.size() + 1 + salt.size());
  return out.body.size() >= kTagBytes;
}

std::string base36(u64 number) {
  char text[16];
  return {text, std::to_chars(text, text + sizeof text, number, 36).ptr};
}

}  // namespace sdk
}  // namespace perseid
