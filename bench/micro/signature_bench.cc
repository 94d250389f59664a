// What a signed message costs beside one that is not: reading its form, and libsodium.
#include <sodium.h>

#include <array>
#include <string>

#include "bench/micro/bench.h"
#include "codec/signed_payload.h"

namespace perseid::bench {
namespace {

constexpr SignedPlace kPlace{.is_private = false, .name = "lobby"};

struct Keys {
  std::array<u8, crypto_sign_SECRETKEYBYTES> secret;
  SigningKey open;
  Keys() { PSD_ASSERT(sodium_init() >= 0 && crypto_sign_keypair(open.data(), secret.data()) == 0); }
};

std::string signed_payload(SignatureKind kind, const Keys& keys, u32 size) {
  std::string payload;
  append_signed_head(payload, R"({"text":")" + some_text(size - 11) + R"("})",
                     {.kind = kind, .key = keys.open, .nonce = {}, .count = 1});
  std::string text;
  append_signed_text(text, MessageType::chat, kPlace, payload);
  std::array<u8, 64> signature{};
  if (kind == SignatureKind::ed25519) {
    crypto_sign_detached(signature.data(), nullptr, as_bytes(text).data(), text.size(),
                         keys.secret.data());
  } else {
    crypto_auth_hmacsha256(signature.data(), as_bytes(text).data(), text.size(), keys.open.data());
  }
  append_signature(payload, {signature.data(), signature_bytes(kind)});
  return payload;
}

void check_signed(benchmark::State& state, SignatureKind kind, u32 size) {
  const Keys keys;
  const std::string payload = signed_payload(kind, keys, size);
  std::string text;
  const auto check = [&] {
    SignedPayload read;
    PSD_ASSERT(read_signed_payload(payload, read));
    text.clear();
    append_signed_text(text, MessageType::chat, kPlace, read.head);
    const u8* const bytes = as_bytes(text).data();
    const int result = kind == SignatureKind::ed25519
                           ? crypto_sign_verify_detached(read.signature.data(), bytes, text.size(),
                                                         read.by.key.data())
                           : crypto_auth_hmacsha256_verify(read.signature.data(), bytes,
                                                           text.size(), keys.open.data());
    PSD_ASSERT(result == 0);
  };
  check();  // the text's buffer grows once
  const u64 before = allocations();
  for (auto _ : state) check();
  report(state, payload.size(), before);
}

// What everybody pays: a look at the end of a payload.
void look_at_unsigned(benchmark::State& state, u32 size) {
  const std::string payload = R"({"text":")" + some_text(size - 11) + R"("})";
  const u64 before = allocations();
  for (auto _ : state) {
    SignedPayload read;
    PSD_ASSERT(!read_signed_payload(payload, read));
  }
  report(state, payload.size(), before);
}

const bool kAdded = add_for_sizes("signature/unsigned", look_at_unsigned) &&
                    add_for_sizes("signature/ed25519",
                                  [](benchmark::State& state, u32 size) {
                                    check_signed(state, SignatureKind::ed25519, size);
                                  }) &&
                    add_for_sizes("signature/hmac-sha256", [](benchmark::State& state, u32 size) {
                      check_signed(state, SignatureKind::hmac_sha256, size);
                    });

}  // namespace
}  // namespace perseid::bench
