// Signing: a client that signs what it says (ClientConfig::signing), and how one checks what others
// have signed: Client::verify(), or verify_signed() for what was kept elsewhere. Chat and actions
// are signed; the form is that of docs/protocol.md, "Signing messages".
// Thread: none; plain values and pure functions.
// Invariant: a client that is to sign says nothing unsigned, whatever a relay answers.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

enum class SigningAlgorithm : u8 {
  none,
  hmac_sha256,  // the relay alone can check it; it gives each session a key
  ed25519       // everybody can who knows the public key
};

using SigningSeed = std::array<u8, 32>;  // an Ed25519 private key (RFC 8032); keep it secret
using VerifyKey = std::array<u8, 32>;    // its public key

struct SigningConfig {
  SigningAlgorithm algorithm = SigningAlgorithm::none;
  SigningSeed seed = {};  // of ed25519; with a token that has a `cnf`: that one's
};

struct SigningPair {
  SigningSeed seed = {};
  VerifyKey key = {};
};
// A new one, by the system's randomness.
SigningPair new_signing_pair();
VerifyKey verify_key_of(const SigningSeed& seed);
// As a token's `cnf` has it ("x"), and a signed payload ("key").
std::string key_text(const VerifyKey& key);

enum class SignatureState : u8 {
  none,     // not signed in the Ed25519 form
  valid,    // by `key`; whose that is, the application has to know
  invalid,  // not of this text, place or key
  changed   // edited or deleted since: what was signed is not there any more
};

struct Signature {
  SignatureState state = SignatureState::none;
  VerifyKey key = {};             // as the next two it is what the payload says, valid or not
  std::array<u8, 16> nonce = {};  // the session's
  u64 count = 0;                  // no message of a nonce has another's
  bool valid() const { return state == SignatureState::valid; }
};

// Where a payload was sent to: a room, or a client id or @name.
struct SignedContext {
  bool action = false;  // else chat
  std::string_view room = {};
  std::string_view to = {};  // of a private message
};
// Of a payload byte for byte as it was sent (Message::wire).
Signature verify_signed(std::string_view payload, const SignedContext& context);

}  // namespace sdk
}  // namespace perseid
