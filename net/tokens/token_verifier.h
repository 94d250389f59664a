// TokenVerifier: signed tokens (RFC 7519, RFC 7515 compact serialisation) against the relay's keys.
// Thread: the shard's. Owns: its own copy of the keys, made anew when the keyring has changed.
// Invariants (RFC 8725): the algorithm is the key's, never the token's choice; a signature is
// looked at before anything in the token is believed; nothing that a token names is fetched.
#pragma once

#include <memory>

#include "engine/authenticator.h"
#include "engine/options.h"
#include "net/tokens/keyring.h"

namespace perseid {

class TokenKeys;

class TokenVerifier : public Authenticator {
 public:
  TokenVerifier(const Keyring& keyring, const Options& options);
  ~TokenVerifier() override;
  Verdict verify(std::string_view token, u64 now_unix_ms) override;

 private:
  const Keyring& keyring_;
  const std::size_t bytes_max_;
  const TokenRules rules_;
  u64 generation_ = 0;
  std::unique_ptr<TokenKeys> keys_;
  std::string claims_;  // padded
};

}  // namespace perseid
