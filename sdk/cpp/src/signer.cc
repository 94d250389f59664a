#include "sdk/cpp/src/signer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "codec/base64url.h"
#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/openssl_held.h"

namespace perseid {
inline namespace sdk {

using DigestContext = Held<EVP_MD_CTX, EVP_MD_CTX_free>;

struct PrivateKey {
  Held<EVP_PKEY, EVP_PKEY_free> key;
};

namespace {

constexpr std::string_view kOtherWay = "the relay has this session sign in another way";
constexpr std::string_view kMalformed = "the relay's `signing` is malformed";

SignedPlace place_of(const SignedContext& context) {
  const bool is_private = context.room.empty();
  return {is_private, is_private ? context.to : context.room};
}

MessageType type_of(const SignedContext& context) {
  return context.action ? MessageType::player_action : MessageType::chat;
}

std::string text_of(const SignedContext& context, std::string_view head) {
  std::string out;
  append_signed_text(out, type_of(context), place_of(context), head);
  return out;
}

template <std::size_t Size>
bool read_member(std::string_view object, std::string_view name, std::array<u8, Size>& out) {
  return read_base64url(json_text(json_member(object, name)), out);
}

bool is_right(const SignedPayload& payload, std::string_view text) {
  const Held<EVP_PKEY, EVP_PKEY_free> key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, payload.by.key.data(), payload.by.key.size()));
  const DigestContext context(EVP_MD_CTX_new());
  const Bytes bytes = as_bytes(text);
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), payload.signature.data(), payload.signature.size(),
                          bytes.data(), bytes.size()) == 1;
}

}  // namespace

Signer::Signer(SignatureKind kind) : by_{.kind = kind} {}

Signer::~Signer() {
  OPENSSL_cleanse(secret_.data(), secret_.size());
}

std::unique_ptr<Signer> Signer::make(const SigningConfig& config) {
  const bool hmac = config.algorithm == SigningAlgorithm::hmac_sha256;
  auto out = std::make_unique<Signer>(hmac ? SignatureKind::hmac_sha256 : SignatureKind::ed25519);
  if (hmac) return out;
  out->key_ = std::make_unique<PrivateKey>();
  out->key_->key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, config.seed.data(),
                                                    config.seed.size()));
  out->by_.key = verify_key_of(config.seed);
  return out->key_->key != nullptr ? std::move(out) : nullptr;
}

std::string Signer::hello_members() const {
  std::string out = R"(,"signing":")" + std::string(name(by_.kind)) + "\"";
  if (by_.kind == SignatureKind::ed25519) out += R"(,"signing_key":")" + key_text(by_.key) + "\"";
  return out;
}

std::string_view Signer::begin(std::string_view signing, bool resumed) {
  if (json_text(json_member(signing, "algorithm")) != name(by_.kind)) return kOtherWay;
  SigningKey key{};
  if (!read_member(signing, "key", key)) return kMalformed;
  if (by_.kind == SignatureKind::hmac_sha256) {
    secret_ = key;
  } else if (key != by_.key) {
    return "the relay has this session sign with another key than ClientConfig::signing";
  } else if (!read_member(signing, "nonce", by_.nonce)) {
    return kMalformed;
  }
  // What was lost with a link has used up its count, too: its text may yet be repeated.
  const u64 taken = json_u64(json_member(signing, "count"));
  by_.count = resumed ? std::max(by_.count, taken) : taken;
  return {};
}

bool Signer::append_signature_of(std::string& out, std::string_view text) const {
  std::array<u8, 64> signature{};
  const Bytes bytes = as_bytes(text);
  std::size_t size = signature.size();
  if (by_.kind == SignatureKind::hmac_sha256) {
    size = signature_bytes(by_.kind);
    if (HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes.data(),
             bytes.size(), signature.data(), nullptr) == nullptr) {
      return false;
    }
  } else {
    const DigestContext context(EVP_MD_CTX_new());
    if (context == nullptr ||
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->key.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) != 1) {
      return false;
    }
  }
  append_signature(out, Bytes(signature).first(size));
  return true;
}

std::string Signer::sign(std::string_view payload, const SignedContext& context) {
  std::string out;
  const bool is_object = payload.starts_with('{') && payload.ends_with('}');
  if (!is_object || by_.count >= kSignatureCountMax) return out;
  ++by_.count;
  append_signed_head(out, payload, by_);
  return append_signature_of(out, text_of(context, out)) ? out : std::string();
}

std::string without_signature(std::string_view payload) {
  SignedPayload read;
  if (!read_signed_payload(payload, read)) return {};
  return std::string(read.body) + "}";
}

Signature verify_signed(std::string_view payload, const SignedContext& context) {
  SignedPayload read;
  if (!read_signed_payload(payload, read) || read.by.kind != SignatureKind::ed25519) return {};
  const bool right = is_right(read, text_of(context, read.head));
  return {.state = right ? SignatureState::valid : SignatureState::invalid,
          .key = read.by.key,
          .nonce = read.by.nonce,
          .count = read.by.count};
}

}  // namespace sdk
}  // namespace perseid
