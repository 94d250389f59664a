#include "net/tokens/token_signer.h"

#include <openssl/rand.h>

#include <array>

#include "net/tokens/jose.h"

namespace perseid {
namespace {

struct Kind {
  int type = 0;
  unsigned bits = 0;
};

std::optional<Kind> kind_of(std::string_view algorithm) {
  if (algorithm == "RS256") return Kind{R_KEY_TYPE_RSA, 2048};
  if (algorithm == "ES256") return Kind{R_KEY_TYPE_EC, 256};
  if (algorithm == "EdDSA") return Kind{R_KEY_TYPE_EDDSA, 256};
  return {};
}

bool make_pair(std::string_view algorithm, jwk_t* secret, jwk_t* open) {
  const std::optional<Kind> kind = kind_of(algorithm);
  return kind.has_value() &&
         ::r_jwk_generate_key_pair(secret, open, kind->type, kind->bits, nullptr) == RHN_OK;
}

bool make_secret(jwk_t* key) {
  std::array<unsigned char, 32> bytes{};
  return ::RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1 &&
         ::r_jwk_import_from_symmetric_key(key, bytes.data(), bytes.size()) == RHN_OK;
}

std::string set_of(jwk_t* key) {
  const jose::Text text(::r_jwk_export_to_json_str(key, 1));
  return text == nullptr ? "" : "{\"keys\": [\n" + std::string(text.get()) + "\n]}\n";
}

jose::Key pick(jwks_t* set, std::string_view key_id) {
  for (std::size_t i = 0; i < ::r_jwks_size(set); ++i) {
    jose::Key key(::r_jwks_get_at(set, i));
    const char* id = ::r_jwk_get_property_str(key.get(), "kid");
    if (key_id.empty() || (id != nullptr && key_id == id)) return key;
  }
  return nullptr;
}

const char* algorithm_for(jwk_t* key) {
  const int type = ::r_jwk_key_type(key, nullptr, jose::kOffline);
  if ((type & (R_KEY_TYPE_PRIVATE | R_KEY_TYPE_SYMMETRIC)) == 0) return nullptr;
  return (type & R_KEY_TYPE_HMAC) != 0    ? "HS256"
         : (type & R_KEY_TYPE_RSA) != 0   ? "RS256"
         : (type & R_KEY_TYPE_EC) != 0    ? "ES256"
         : (type & R_KEY_TYPE_EDDSA) != 0 ? "EdDSA"
                                          : nullptr;
}

}  // namespace

std::optional<KeyPair> make_key_pair(std::string_view algorithm, std::string_view key_id) {
  jose::begin();
  const jose::Key secret = jose::make_key();
  const jose::Key open = jose::make_key();
  const bool is_shared = algorithm == "HS256";
  const bool is_made =
      is_shared ? make_secret(secret.get()) : make_pair(algorithm, secret.get(), open.get());
  if (!is_made) return {};
  const std::string name(algorithm);
  const std::string id(key_id);
  for (jwk_t* key : {secret.get(), open.get()}) {
    ::r_jwk_set_property_str(key, "kid", id.c_str());
    ::r_jwk_set_property_str(key, "alg", name.c_str());
    ::r_jwk_set_property_str(key, "use", "sig");
  }
  return KeyPair{.secret_json = set_of(secret.get()),
                 .public_json = set_of(is_shared ? secret.get() : open.get())};
}

std::optional<std::string> sign_token(std::string_view claims, std::string_view key_set_json,
                                      std::string_view key_id, std::string& problem) {
  jose::begin();
  const jose::KeySet set = jose::make_key_set();
  if (::r_jwks_import_from_json_str(set.get(), std::string(key_set_json).c_str()) != RHN_OK) {
    problem = "this is no JSON Web Key Set; make one with: perseidctl keys EdDSA";
    return {};
  }
  const jose::Key key = pick(set.get(), key_id);
  const char* algorithm = key == nullptr ? nullptr : algorithm_for(key.get());
  if (algorithm == nullptr) {
    problem = key == nullptr ? "there is no such key in it"
                             : "this key can only check; signing needs the secret one";
    return {};
  }
  const jose::Signed token = jose::make_signed();
  const char* id = ::r_jwk_get_property_str(key.get(), "kid");
  ::r_jws_set_alg(token.get(), ::r_str_to_jwa_alg(algorithm));
  ::r_jws_set_header_str_value(token.get(), "typ", "JWT");
  if (id != nullptr) ::r_jws_set_header_str_value(token.get(), "kid", id);
  ::r_jws_set_payload(token.get(), reinterpret_cast<const unsigned char*>(claims.data()),
                      claims.size());
  const jose::Text text(::r_jws_serialize(token.get(), key.get(), jose::kOffline));
  if (text == nullptr) {
    problem = "the key cannot be used";
    return {};
  }
  return std::string(text.get());
}

}  // namespace perseid
