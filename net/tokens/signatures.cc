#include "net/tokens/signatures.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <vector>

namespace perseid {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Compared in a time that does not tell how far a guess was right.
bool is_hmac(const std::string& secret, std::string_view text, std::string_view signature) {
  std::array<unsigned char, 32> wanted{};
  if (signature.size() != wanted.size()) return false;
  if (::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text),
             text.size(), wanted.data(), nullptr) == nullptr) {
    return false;
  }
  return ::CRYPTO_memcmp(signature.data(), wanted.data(), wanted.size()) == 0;
}

// Two numbers of 32 bytes (RFC 7518 section 3.4), as DER, which OpenSSL wants.
std::vector<unsigned char> der_of(std::string_view signature) {
  constexpr int kNumberBytes = 32;
  if (signature.size() != 2 * kNumberBytes) return {};
  ECDSA_SIG* both = ::ECDSA_SIG_new();
  // They are the signature's from here on.
  ::ECDSA_SIG_set0(both, ::BN_bin2bn(bytes_of(signature), kNumberBytes, nullptr),
                   ::BN_bin2bn(bytes_of(signature) + kNumberBytes, kNumberBytes, nullptr));
  const int size = ::i2d_ECDSA_SIG(both, nullptr);
  std::vector<unsigned char> out(static_cast<std::size_t>(std::max(size, 0)));
  unsigned char* to = out.data();
  if (size > 0) ::i2d_ECDSA_SIG(both, &to);
  ::ECDSA_SIG_free(both);
  return out;
}

// EdDSA takes the text as it is, the others its digest.
bool verifies(EVP_PKEY* key, const EVP_MD* digest, std::string_view text,
              const unsigned char* signature, std::size_t size) {
  EVP_MD_CTX* context = ::EVP_MD_CTX_new();
  const bool out = ::EVP_DigestVerifyInit(context, nullptr, digest, nullptr, key) == 1 &&
                   ::EVP_DigestVerify(context, signature, size, bytes_of(text), text.size()) == 1;
  ::EVP_MD_CTX_free(context);
  return out;
}

}  // namespace

bool is_signature(const TokenKey& key, std::string_view text, std::string_view signature) {
  switch (key.algorithm) {
    case TokenAlgorithm::hs256:
      return is_hmac(key.secret, text, signature);
    case TokenAlgorithm::rs256:
      return verifies(key.key.get(), ::EVP_sha256(), text, bytes_of(signature), signature.size());
    case TokenAlgorithm::eddsa:
      return verifies(key.key.get(), nullptr, text, bytes_of(signature), signature.size());
    case TokenAlgorithm::es256: {
      const std::vector<unsigned char> der = der_of(signature);
      return verifies(key.key.get(), ::EVP_sha256(), text, der.data(), der.size());
    }
    case TokenAlgorithm::none:
      return false;
  }
  return false;
}

}  // namespace perseid
