#include "net/tokens/token_keys.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

namespace perseid {
namespace {

constexpr const char* kAlgorithms = "those for HS256, RS256, ES256 and EdDSA (Ed25519) are taken";

// What a kind of key can be for; none if it is for nothing here.
TokenAlgorithm algorithm_of(jwk_t* key, int type) {
  const char* curve = ::r_jwk_get_property_str(key, "crv");
  const std::string_view on = curve == nullptr ? "" : curve;
  if ((type & R_KEY_TYPE_HMAC) != 0) return TokenAlgorithm::hs256;
  if ((type & R_KEY_TYPE_RSA) != 0) return TokenAlgorithm::rs256;
  if ((type & R_KEY_TYPE_EC) != 0 && on == "P-256") return TokenAlgorithm::es256;
  if ((type & R_KEY_TYPE_EDDSA) != 0 && on == "Ed25519") return TokenAlgorithm::eddsa;
  return TokenAlgorithm::none;
}

std::string check_strength(TokenAlgorithm algorithm, unsigned bits) {
  if (algorithm == TokenAlgorithm::hs256 && bits < kTokenSecretBytesMin * 8) {
    return "its secret is shorter than 32 bytes; make one with: perseidctl keys HS256";
  }
  if (algorithm == TokenAlgorithm::rs256 && bits < kTokenRsaBitsMin) {
    return "an RSA key needs 2048 bits at least; make one with: perseidctl keys RS256";
  }
  return {};
}

bool read_secret(jwk_t* key, unsigned bits, std::string& out) {
  std::size_t size = bits / 8;
  out.resize(size);
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  if (::r_jwk_export_to_symmetric_key(key, bytes, &size) != RHN_OK) return false;
  out.resize(size);
  return true;
}

// From one library to the other by the form that both know. The private part stays behind.
PublicKey read_public(jwk_t* key, int type) {
  const jose::Key open = jose::make_key();
  if ((type & R_KEY_TYPE_PRIVATE) != 0) {
    if (::r_jwk_extract_pubkey(key, open.get(), jose::kOffline) != RHN_OK) return nullptr;
    key = open.get();
  }
  std::array<unsigned char, 8192> pem{};
  std::size_t size = pem.size();
  if (::r_jwk_export_to_pem_der(key, R_FORMAT_PEM, pem.data(), &size, jose::kOffline) != RHN_OK) {
    return nullptr;
  }
  BIO* text = ::BIO_new_mem_buf(pem.data(), static_cast<int>(size));
  PublicKey out(::PEM_read_bio_PUBKEY(text, nullptr, nullptr, nullptr));
  ::BIO_free(text);
  return out;
}

}  // namespace

TokenAlgorithm token_algorithm_named(std::string_view name) {
  if (name == "HS256") return TokenAlgorithm::hs256;
  if (name == "RS256") return TokenAlgorithm::rs256;
  if (name == "ES256") return TokenAlgorithm::es256;
  if (name == "EdDSA") return TokenAlgorithm::eddsa;
  return TokenAlgorithm::none;
}

std::string TokenKeys::add_set(std::string_view json) {
  jose::begin();
  const jose::KeySet set = jose::make_key_set();
  const std::string text(json);
  if (set == nullptr || ::r_jwks_import_from_json_str(set.get(), text.c_str()) != RHN_OK) {
    return R"(this is no JSON Web Key Set, {"keys":[...]}, or one of its keys is broken; )"
           "make one with: perseidctl keys EdDSA";
  }
  const std::size_t count = ::r_jwks_size(set.get());
  for (std::size_t i = 0; i < count; ++i) {
    const jose::Key key(::r_jwks_get_at(set.get(), i));
    const char* use = ::r_jwk_get_property_str(key.get(), "use");
    if (use != nullptr && std::string_view(use) == "enc") continue;
    const std::string problem = add(key.get());
    if (!problem.empty()) return "key " + std::to_string(i + 1) + ": " + problem;
  }
  return keys_.empty() ? std::string("there is no key for signatures in it; ") + kAlgorithms : "";
}

std::string TokenKeys::add_secret(std::string_view secret) {
  if (secret.size() < kTokenSecretBytesMin) {
    return "the secret is shorter than 32 bytes; make one with: openssl rand -hex 32";
  }
  keys_.push_back({.id = {},
                   .algorithm = TokenAlgorithm::hs256,
                   .key = nullptr,
                   .secret = std::string(secret)});
  return {};
}

std::string TokenKeys::add(jwk_t* key) {
  unsigned bits = 0;
  const int type = ::r_jwk_key_type(key, &bits, jose::kOffline);
  const TokenAlgorithm algorithm = algorithm_of(key, type);
  const char* said = ::r_jwk_get_property_str(key, "alg");
  // A provider's set may have others beside (RFC 7517 section 5).
  if (algorithm == TokenAlgorithm::none ||
      (said != nullptr && token_algorithm_named(said) != algorithm)) {
    ++passed_over_;
    return {};
  }
  if (std::string problem = check_strength(algorithm, bits); !problem.empty()) return problem;
  if (keys_.size() == kTokenKeysMax) return "there are more than 64 keys";
  const char* id = ::r_jwk_get_property_str(key, "kid");
  TokenKey out{.id = id == nullptr ? "" : id, .algorithm = algorithm, .key = {}, .secret = {}};
  const bool is_twice = std::ranges::any_of(
      keys_, [&](const TokenKey& other) { return !out.id.empty() && other.id == out.id; });
  if (is_twice) return "its kid stands there twice";
  if (algorithm == TokenAlgorithm::hs256) {
    if (!read_secret(key, bits, out.secret)) return "its secret cannot be read";
  } else if (out.key = read_public(key, type); out.key == nullptr) {
    return "its public part cannot be read";
  }
  keys_.push_back(std::move(out));
  return {};
}

}  // namespace perseid
