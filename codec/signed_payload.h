// SignedPayload: the form of a payload that its sender has signed, and the text that is signed
// (docs/protocol.md, "Signing messages"; docs/decisions/0037-signed-messages.md).
// Thread: none; pure functions. The keys and the mathematics are elsewhere: engine/signers.h.
// Invariant: the form is fixed to the byte, so that of one payload there is one reading, and
// nobody writes JSON anew to check a signature.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "codec/bytes.h"
#include "codec/envelope.h"

namespace perseid {

enum class SignatureKind : u8 { hmac_sha256, ed25519 };

constexpr std::string_view name(SignatureKind kind) {
  return kind == SignatureKind::ed25519 ? "ed25519" : "hmac-sha256";
}
bool signature_kind_named(std::string_view text, SignatureKind& out) noexcept;

constexpr u64 kSignatureCountMax = (u64{1} << 53) - 1;  // as far as JavaScript counts exactly
using SigningKey = std::array<u8, 32>;                  // HMAC's secret, or Ed25519's public key
using SigningNonce = std::array<u8, 16>;
constexpr std::size_t signature_bytes(SignatureKind kind) {
  return kind == SignatureKind::ed25519 ? 64 : 32;
}

// What `signed` says.
struct SignedBy {
  SignatureKind kind = SignatureKind::hmac_sha256;
  SigningKey key{};      // ed25519 only, as the nonce
  SigningNonce nonce{};  // the session's
  u64 count = 0;         // 1 to kSignatureCountMax
};

struct SignedPayload {
  SignedBy by;
  std::string_view head;           // the payload up to where the signature begins
  std::string_view body;           // of that what stands before `signed`: `{`, perhaps members
  std::array<u8, 64> signature{};  // signature_bytes() of them
};
// False if `payload`, which is valid JSON without white space around it, is in neither form.
bool read_signed_payload(std::string_view payload, SignedPayload& out) noexcept;

// Where a message goes: a room by its name, or what stands in `to`.
struct SignedPlace {
  bool is_private = false;
  std::string_view name;
};
// Appends the text that is signed. `type` is chat or player_action.
void append_signed_text(std::string& out, MessageType type, const SignedPlace& place,
                        std::string_view head);

// The sender's side: the head of a payload to be signed, and then the rest of it. `object` is a
// JSON object without white space around it.
void append_signed_head(std::string& out, std::string_view object, const SignedBy& by);
void append_signature(std::string& out, Bytes signature);

}  // namespace perseid
