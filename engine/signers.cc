#include "engine/signers.h"

#include <sodium.h>

#include "codec/assert.h"
#include "codec/base64url.h"
#include "codec/json_text.h"

namespace perseid {

static_assert(crypto_sign_PUBLICKEYBYTES == sizeof(SigningKey));
static_assert(crypto_auth_hmacsha256_KEYBYTES == sizeof(SigningKey));
static_assert(crypto_sign_BYTES == signature_bytes(SignatureKind::ed25519));
static_assert(crypto_auth_hmacsha256_BYTES == signature_bytes(SignatureKind::hmac_sha256));

void Signers::begin(Slot slot, SignatureKind kind, const SigningKey& public_key) {
  Signer& signer = signers_[slot];
  signer = {.kind = kind, .key = public_key, .nonce = {}, .counts = {}, .checks = {}};
  ++begun_;
  if (kind == SignatureKind::ed25519) {
    derive(signer.nonce, slot, "nonce");
  } else {
    derive(signer.key, slot, "key");
  }
  sessions_[slot].signs = true;
}

// Under the key that the relay drew at its start: nobody guesses it, and none comes twice.
void Signers::derive(MutableBytes out, Slot slot, std::string_view what) {
  const u64 whose[] = {sessions_.uid(slot).value, begun_};
  const auto& key = context_.config.secret_key;
  static_assert(sizeof key >= crypto_generichash_KEYBYTES_MIN);
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.data(), key.size(), out.size());
  crypto_generichash_update(&state, as_bytes(what).data(), what.size());
  crypto_generichash_update(&state, reinterpret_cast<const u8*>(whose), sizeof whose);
  crypto_generichash_final(&state, out.data(), out.size());
}

void Signers::close(Slot slot) {
  if (!sessions_[slot].signs) return;
  sessions_[slot].signs = false;
  signers_.erase(slot);
}

// Who does not sign may not repeat what another has signed.
Signers::Verdict Signers::check(Slot slot, MessageType type, const SignedPlace& place,
                                std::string_view payload) {
  SignedPayload read;
  const bool is_signed = read_signed_payload(payload, read);
  if (!sessions_[slot].signs) {
    if (!is_signed) return {};
    return {.error = Error::bad_signature, .field = "payload.signature"};
  }
  if (!is_signed) return {.error = Error::signature_required, .field = "payload"};
  text_.clear();
  append_signed_text(text_, type, place, read.head);
  return judge(signers_.find(slot)->second, read);
}

// What costs nothing to see first. Of what is refused before its signature was looked at, nothing
// is taken.
Signers::Verdict Signers::judge(Signer& signer, const SignedPayload& payload) {
  if (payload.by.kind != signer.kind) return {Error::bad_signature, "payload.signed"};
  if (signer.kind == SignatureKind::ed25519) {
    if (payload.by.key != signer.key) return {Error::bad_signature, "payload.signed.key"};
    if (payload.by.nonce != signer.nonce) return {Error::replayed, "payload.signed.nonce"};
    const u32 wait_ms =
        signer.checks.take(1, context_.options.session_signatures_per_second, context_.now.mono_ms);
    if (wait_ms > 0) return {Error::rate_limited, {}, wait_ms};
  }
  if (!is_genuine(signer, payload)) return {Error::bad_signature, "payload.signature"};
  if (!signer.counts.take(payload.by.count)) {
    return {Error::replayed, "payload.signed.count", 0, true};
  }
  return {};
}

bool Signers::is_genuine(const Signer& signer, const SignedPayload& payload) const {
  const u8* const text = as_bytes(text_).data();
  if (signer.kind == SignatureKind::ed25519) {
    return crypto_sign_verify_detached(payload.signature.data(), text, text_.size(),
                                       signer.key.data()) == 0;
  }
  return crypto_auth_hmacsha256_verify(payload.signature.data(), text, text_.size(),
                                       signer.key.data()) == 0;  // in constant time
}

void Signers::append_json(std::string& out, Slot slot) const {
  const auto it = signers_.find(slot);
  if (it == signers_.end()) return;
  const Signer& signer = it->second;
  out += R"({"algorithm":")";
  out += name(signer.kind);
  out += R"(","key":")";
  append_base64url(out, signer.key);
  if (signer.kind == SignatureKind::ed25519) {
    out += R"(","nonce":")";
    append_base64url(out, signer.nonce);
  }
  out += R"(","count":)";
  append_number(out, signer.counts.newest());
  out += '}';
}

}  // namespace perseid
