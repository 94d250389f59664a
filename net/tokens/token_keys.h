// TokenKeys: the keys that tokens are signed with: of a JSON Web Key Set (RFC 7517), and the secret
// of --token-secret.
// Thread: each shard's Authenticator has its own; filled once, immutable from then on.
// Invariants: each key is for one algorithm, whatever a token says; private parts are not kept.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "net/tokens/jose.h"

namespace perseid {

constexpr std::size_t kTokenKeysMax = 64;
constexpr std::size_t kTokenSecretBytesMin = 32;  // RFC 7518 section 3.2
constexpr unsigned kTokenRsaBitsMin = 2048;       // section 3.3

struct FreePublicKey {
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, FreePublicKey>;

enum class TokenAlgorithm : u8 { none, hs256, rs256, es256, eddsa };
// Of RFC 7518 section 3.1 and RFC 8037; none if it is another.
TokenAlgorithm token_algorithm_named(std::string_view name);

struct TokenKey {
  std::string id;  // kid; empty if it has none
  TokenAlgorithm algorithm = TokenAlgorithm::none;
  PublicKey key;       // of all but HS256
  std::string secret;  // of HS256
};

class TokenKeys {
 public:
  // Both return what is wrong, and what to do about it; empty if nothing is.
  std::string add_set(std::string_view json);
  std::string add_secret(std::string_view secret);

  const std::vector<TokenKey>& all() const { return keys_; }
  // Those in order that are for algorithms that nobody may use here.
  std::size_t passed_over() const { return passed_over_; }

 private:
  std::string add(jwk_t* key);
  std::vector<TokenKey> keys_;
  std::size_t passed_over_ = 0;
};

}  // namespace perseid
