// base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strictly: one text for one
// run of bytes. By hand, since no library on this floor does it strictly and without allocating.
// Thread: none; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {

constexpr std::string_view kBase64UrlDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::size_t base64url_chars(std::size_t bytes) {
  return (bytes * 4 + 2) / 3;
}
// Of a text of so many characters, if it is one.
constexpr std::size_t base64url_bytes(std::size_t chars) {
  return chars * 3 / 4;
}

void append_base64url(std::string& out, Bytes bytes);
std::string base64url(Bytes bytes);
// False unless `text` is what append_base64url() makes of as many bytes as `out` has.
bool read_base64url(std::string_view text, MutableBytes out) noexcept;

}  // namespace perseid
