// A ClientCore's encrypted rooms: sealing what leaves, opening what comes. What is signed is signed
// here, too: behind the sealing.
#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/sealed_payload.h"

namespace perseid {
inline namespace sdk {

// A sealed or signed payload is of its sender, and so of a session: repeated in it byte for byte,
// made anew in another. False: it cannot be made.
bool ClientCore::seal(Pending& pending) {
  const bool request = pending.kind == Pending::Kind::request;
  if (pending.cipher == nullptr && (request || signer_ == nullptr)) return true;
  if (!pending.sealed.empty() && pending.session == sessions_) return true;
  const SignedContext context{pending.kind == Pending::Kind::action, pending.room, pending.to};
  pending.sealed = wire_of(context, pending.cipher.get(), pending.body);
  pending.session = sessions_;
  return !pending.sealed.empty();
}

// Empty: it cannot be made.
std::string ClientCore::wire_of(const SignedContext& context, RoomCipher* cipher,
                                std::string_view body) {
  std::string out(body);
  if (cipher != nullptr) {
    out = sealed_payload(*cipher, {context.room, context.action, client_id_}, body);
  }
  return signer_ != nullptr ? signer_->sign(out, context) : out;
}

// `message` is as its sender wrote it then, in `plain` if it was sealed. False: it was told to be
// undecryptable.
bool ClientCore::open(RoomData& room, Message& message, std::string& plain) {
  const SealFault fault = opened_payload(*room.options.encryption, message, !message.old, plain);
  if (fault == SealFault::none) {
    message.encrypted = !plain.empty();
    if (message.encrypted) message.payload = plain;
    return true;
  }
  ++stats_.undecryptable;
  const Room& owner = *find(room.name);
  if (owner.on.undecryptable) {
    owner.on.undecryptable(
        {.fault = fault, .action = message.action, .sender = message.sender, .seq = message.seq});
  }
  return false;
}

}  // namespace sdk
}  // namespace perseid
