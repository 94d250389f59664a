// Signer: signs what one client says, by what its session's `welcome` gave for that.
// Thread: the client's. Owns: the keys, which are wiped at its end.
// Invariant: no count is used twice in a session.
#pragma once

#include <perseid/signing.h>

#include <memory>
#include <string>
#include <string_view>

#include "codec/signed_payload.h"

namespace perseid {
inline namespace sdk {

// So much longer does a signature make a payload.
constexpr std::size_t kSignatureBytesMax =
    sizeof R"(,"signed":{"key":"","nonce":"","count":},"signature":"")" + 43 + 22 + 16 + 86;

struct PrivateKey;  // OpenSSL's

class Signer {
 public:
  // Null: the library makes no such key.
  static std::unique_ptr<Signer> make(const SigningConfig& config);
  explicit Signer(SignatureKind kind);
  ~Signer();
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  // Members of `hello`, each with a comma before it.
  std::string hello_members() const;
  // `signing` of a `welcome`. Else what is wrong with it; empty: nothing.
  std::string_view begin(std::string_view signing, bool resumed);
  // The payload, signed. Empty: it is no object, or no count is left.
  std::string sign(std::string_view payload, const SignedContext& context);

 private:
  bool append_signature_of(std::string& out, std::string_view text) const;

  SignedBy by_;          // kind, and of Ed25519 key and nonce; the last count
  SigningKey secret_{};  // HMAC's, this session's
  std::unique_ptr<PrivateKey> key_;
};

// What a payload was before it was signed, in either form; empty: it is not signed.
std::string without_signature(std::string_view payload);

}  // namespace sdk
}  // namespace perseid
