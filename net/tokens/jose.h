// The parts of librhonabwy (JOSE: RFC 7515, 7517, 7518) that tokens need, with C++ lifetimes.
// Thread: none; an object belongs to who holds it.
#pragma once

#include <rhonabwy.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <type_traits>

namespace perseid::jose {

// The library's keys and sets of keys are both JSON objects to it.
static_assert(std::is_same_v<jwk_t, jwks_t>);
struct Free {
  void operator()(jwk_t* key) const { ::r_jwk_free(key); }
  void operator()(jws_t* token) const { ::r_jws_free(token); }
  void operator()(char* text) const { ::r_free(text); }
};
using Key = std::unique_ptr<jwk_t, Free>;
using KeySet = std::unique_ptr<jwks_t, Free>;
using Signed = std::unique_ptr<jws_t, Free>;
using Text = std::unique_ptr<char, Free>;

// Before anything else of the library is called; it is never closed.
inline void begin() {
  static std::once_flag once;
  std::call_once(once, [] { ::r_global_init(); });
}
inline Key make_key() {
  jwk_t* key = nullptr;
  return Key(::r_jwk_init(&key) == RHN_OK ? key : nullptr);
}
inline KeySet make_key_set() {
  jwks_t* keys = nullptr;
  return KeySet(::r_jwks_init(&keys) == RHN_OK ? keys : nullptr);
}
inline Signed make_signed() {
  jws_t* token = nullptr;
  return Signed(::r_jws_init(&token) == RHN_OK ? token : nullptr);
}

// Nothing that a token says is ever fetched, and no key that it brings along is looked at.
constexpr int kOffline = R_FLAG_IGNORE_REMOTE;

}  // namespace perseid::jose
