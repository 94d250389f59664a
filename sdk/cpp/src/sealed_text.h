// A sealed text: "1.key id.salt.counter.ciphertext", the counter in base 36, bytes in base64url.
// Thread: none; pure functions.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kTagBytes = 16;  // AES-GCM's, behind the ciphertext
constexpr std::size_t kKeyIdBytesMax = 32;
constexpr u64 kCounterEnd = 3656158440062976;  // 36 to the 10th: ten digits are read

struct SealedText {
  std::string_view head;    // all before the ciphertext, without the last '.'
  std::string_view key_id;  // of head, as the next
  std::string_view sender;  // key id and salt: whose key it is
  std::array<u8, kSaltBytes> salt = {};
  u64 counter = 0;
  std::vector<u8> body;
};
// False: it is no such text. What `out` views is of `text`.
bool read_sealed_text(std::string_view text, SealedText& out);

bool is_key_id(std::string_view text);
std::string base36(u64 number);

// At most so many bytes for so many of plain text.
constexpr std::size_t sealed_bytes_max(std::size_t plain) {
  return 2 + kKeyIdBytesMax + 1 + 22 + 1 + 10 + 1 + (plain + kTagBytes + 2) / 3 * 4;
}

}  // namespace sdk
}  // namespace perseid
