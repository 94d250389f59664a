#include "engine/keyed_hash.h"

#include <sodium.h>

#include <cstring>

namespace perseid {

std::size_t KeyedHash::operator()(std::string_view text) const {
  u8 digest[crypto_shorthash_BYTES];
  static_assert(sizeof digest == sizeof(u64) && crypto_shorthash_KEYBYTES == 16);
  crypto_shorthash(digest, as_bytes(text).data(), text.size(), key.data());
  u64 out = 0;
  std::memcpy(&out, digest, sizeof out);
  return out;
}

}  // namespace perseid
