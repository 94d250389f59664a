// Dispatch: messages that their senders sign: who does, and whether one is genuine.
#include "codec/base64url.h"
#include "engine/dispatch.h"

namespace perseid {

// As the hello says, or in any case with the key that the token names. False if that cannot be;
// then it has been answered.
bool Dispatch::begin_signing(Slot slot, const Request& request, const Grant* grant) {
  SigningKey key{};
  const bool has_key = read_base64url(request.signing_key, key);
  if (grant != nullptr && grant->signing_key) {
    if (has_key && key != *grant->signing_key) {
      sessions_.answer_error(slot, request.id, Error::forbidden, "signing_key");
      return false;
    }
    signers_.begin(slot, SignatureKind::ed25519, *grant->signing_key);
    return true;
  }
  SignatureKind kind;
  if (!signature_kind_named(request.signing, kind)) {
    if (!has_key) return true;
    sessions_.answer_error(slot, request.id, Error::missing_field, "signing");
    return false;
  }
  if (has_key != (kind == SignatureKind::ed25519)) {
    sessions_.answer_error(slot, request.id, has_key ? Error::bad_value : Error::missing_field,
                           "signing_key");
    return false;
  }
  signers_.begin(slot, kind, key);
  return true;
}

// `key`: what is repeated is acknowledged again, so its count may have been taken. State is merged,
// nobody sees it as it was signed.
bool Dispatch::admit_signature(Slot slot, const Request& request, const SignedPlace& place,
                               u64 key) {
  if (request.type == MessageType::game_state) return true;
  const auto [error, field, wait_ms, is_genuine] =
      signers_.check(slot, request.type, place, request.payload);
  PublishMemory* const memory = sessions_[slot].memory.get();
  const bool is_repeated =
      is_genuine && key != 0 && memory != nullptr && memory->find(key) != nullptr;
  if (error == Error::ok || is_repeated) {
    if (sessions_[slot].signs) ++context_.stats.signatures_checked;
    return true;
  }
  ++context_.stats.signatures_refused;
  sessions_.answer_error(slot, request.id, error, field, wait_ms);
  if (error == Error::bad_signature) charge_forgery(slot);
  return false;
}

// To see through one took as long as very many messages, so it counts like them: the next ones
// are refused unseen.
void Dispatch::charge_forgery(Slot slot) {
  constexpr u64 kForgeryBytes = 16 * KiB;
  const Error error = sessions_.charge_waste(slot, kForgeryBytes);
  if (error != Error::ok) sessions_.end(slot, error);
}

}  // namespace perseid
