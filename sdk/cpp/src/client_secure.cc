// A ClientCore's encrypted rooms: sealing what leaves, opening what comes.
#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/sealed_payload.h"

namespace perseid {
inline namespace sdk {

// A sealed payload is of its sender, and so of a session: repeated in it byte for byte, sealed anew
// in another. False: it cannot be sealed.
bool ClientCore::seal(Pending& pending) {
  if (pending.cipher == nullptr) return true;
  if (!pending.sealed.empty() && pending.client == client_id_) return true;
  const bool action = pending.kind == Pending::Kind::action;
  pending.sealed =
      sealed_payload(*pending.cipher, {pending.room, action, client_id_}, pending.body);
  return !pending.sealed.empty();
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
