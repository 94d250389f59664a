// Payloads of an encrypted room: what of them is sealed, and what the relay has to read.
// {"e2e": sealed} is a sealed payload; an edit's text is sealed by itself. Reactions, deletions and
// typing are not sealed, since the relay applies them: chat alone has them, and they say that only.
// Thread: the cipher's. Invariant: nothing else leaves or is handed on in plain text.
#pragma once

#include <perseid/secure.h>

#include <string>
#include <string_view>

namespace perseid {
inline namespace sdk {

struct SealContext {
  std::string_view room;
  bool action = false;
  std::string_view sender;  // client id
};

// The payload as the relay sees it. Empty: it cannot be sealed.
std::string sealed_payload(RoomCipher& cipher, const SealContext& context,
                           std::string_view payload);
// The message's payload as it was written, in `out`; empty there: it stands for itself.
SealFault opened_payload(RoomCipher& cipher, const Message& message, bool live, std::string& out);
// So much longer may a payload become.
std::size_t sealed_payload_bytes_max(std::size_t plain);

}  // namespace sdk
}  // namespace perseid
