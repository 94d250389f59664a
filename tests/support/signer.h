// Signer: signs as a client would, by OpenSSL: another implementation than the relay's.
// Thread: the owner's.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <string>
#include <string_view>

#include "codec/base64url.h"
#include "codec/signed_payload.h"

namespace perseid::test {

class Signer {
 public:
  // The private key's bytes are `first`, and each so much more than the one before.
  static Signer ed25519(u8 first, u8 step = 0) {
    Signer out;
    SigningKey bytes;
    for (u8 i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<u8>(first + i * step);
    out.pair_.reset(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()),
        EVP_PKEY_free);
    std::size_t size = bytes.size();
    EVP_PKEY_get_raw_public_key(out.pair_.get(), out.by.key.data(), &size);
    out.by.kind = SignatureKind::ed25519;
    return out;
  }
  static Signer hmac(const SigningKey& key) {
    Signer out;
    out.secret_ = key;
    return out;
  }

  // The fields of hello.
  std::string hello() const {
    return R"("signing":"ed25519","signing_key":")" + base64url(by.key) + '"';
  }
  std::string jwk() const {
    return R"({"kty":"OKP","crv":"Ed25519","x":")" + base64url(by.key) + R"("})";
  }

  // With the next count.
  std::string sign(MessageType type, const SignedPlace& place, std::string_view object) {
    ++by.count;
    return sign_as(by, type, place, object);
  }
  std::string chat(std::string_view room, std::string_view object) {
    return sign(MessageType::chat, {.is_private = false, .name = room}, object);
  }
  std::string direct(std::string_view to, std::string_view object) {
    return sign(MessageType::chat, {.is_private = true, .name = to}, object);
  }
  // What it says of itself may be a lie.
  std::string sign_as(const SignedBy& said, MessageType type, const SignedPlace& place,
                      std::string_view object) const {
    std::string payload;
    append_signed_head(payload, object, said);
    std::string text;
    append_signed_text(text, type, place, payload);
    append_signature(payload, signature(text));
    return payload;
  }
  // As who receives it would check it.
  bool verify(MessageType type, const SignedPlace& place, std::string_view payload) const {
    SignedPayload read;
    if (!read_signed_payload(payload, read) || read.by.key != by.key) return false;
    std::string text;
    append_signed_text(text, type, place, read.head);
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pair_.get()) == 1 &&
           EVP_DigestVerify(context.get(), read.signature.data(), read.signature.size(),
                            as_bytes(text).data(), text.size()) == 1;
  }

  SignedBy by;

 private:
  Bytes signature(std::string_view text) const {
    std::size_t size = signature_.size();
    if (pair_ == nullptr) {
      unsigned bytes = 0;
      HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), as_bytes(text).data(),
           text.size(), signature_.data(), &bytes);
      return {signature_.data(), bytes};
    }
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pair_.get());
    EVP_DigestSign(context.get(), signature_.data(), &size, as_bytes(text).data(), text.size());
    return {signature_.data(), size};
  }

  std::shared_ptr<EVP_PKEY> pair_;
  SigningKey secret_{};
  mutable std::array<u8, 64> signature_{};
};

}  // namespace perseid::test
