// Ed25519 keys: new ones, and what others may know of them.
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <perseid/signing.h>

#include <cstdlib>

#include "codec/base64url.h"
#include "sdk/cpp/src/openssl_held.h"

namespace perseid {
inline namespace sdk {

SigningPair new_signing_pair() {
  SigningPair out;
  // Without randomness there is no going on: a known key would be worse than none.
  if (RAND_priv_bytes(out.seed.data(), static_cast<int>(out.seed.size())) != 1) std::abort();
  out.key = verify_key_of(out.seed);
  return out;
}

VerifyKey verify_key_of(const SigningSeed& seed) {
  VerifyKey out{};
  std::size_t bytes = out.size();
  const Held<EVP_PKEY, EVP_PKEY_free> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (key != nullptr) EVP_PKEY_get_raw_public_key(key.get(), out.data(), &bytes);
  return out;
}

std::string key_text(const VerifyKey& key) {
  return base64url(key);
}

}  // namespace sdk
}  // namespace perseid
