#include "codec/close_payload.h"

#include <algorithm>

#include "codec/utf8.h"

namespace perseid {
namespace {

// RFC 6455 section 7.4.2 and the IANA registry: 1004 is reserved, 1005, 1006 and 1015 never travel.
constexpr bool may_travel(u16 code) {
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

}  // namespace

Error check_close_payload(Bytes payload) noexcept {
  if (payload.empty()) return Error::ok;
  if (payload.size() == 1 || !may_travel(close_code(payload))) return Error::bad_close_payload;
  return is_utf8(payload.subspan(2)) ? Error::ok : Error::bad_utf8;
}

u16 close_code(Bytes payload) noexcept {
  if (payload.size() < 2) return kCloseCodeAbsent;
  return static_cast<u16>(payload[0] << 8 | payload[1]);
}

u32 write_close_payload(std::array<u8, kControlPayloadBytesMax>& out, u16 code,
                        std::string_view reason) noexcept {
  std::size_t bytes = std::min(reason.size(), out.size() - 2);
  // Never cut inside a character: step back over continuation bytes.
  while (bytes > 0 && bytes < reason.size() && (static_cast<u8>(reason[bytes]) & 0xc0) == 0x80) {
    --bytes;
  }
  out[0] = static_cast<u8>(code >> 8);
  out[1] = static_cast<u8>(code);
  std::copy_n(reason.data(), bytes, out.data() + 2);
  return static_cast<u32>(2 + bytes);
}

}  // namespace perseid
