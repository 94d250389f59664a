// RoomCipher: end-to-end encryption of what is said in a room: the relay sees ciphertext. Give one
// to join() by JoinOptions::encryption. It reads and writes what sdk/js's perseid/secure does.
//
// AES-256-GCM. Each cipher seals with a key of its own, derived from the room's key and a random
// salt (HKDF-SHA-256), and counts its nonces, so that no two members can use one twice.
// Thread: the client's. Owns: the keys, which are wiped at its end; per sender a replay window.
// Invariants: a nonce is used once; only what is authentic counts in a replay window.
#pragma once

#include <perseid/types.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace perseid {
inline namespace sdk {

using RoomKey = std::array<u8, 32>;

// 32 random bytes. Hand them on by a way that the relay does not see.
RoomKey new_room_key();

struct RoomCipherConfig {
  // By id: 1 to 32 letters, digits, '_' and '-'. Old ones open what was sealed before the key was
  // changed.
  std::map<std::string, RoomKey, std::less<>> keys = {};
  std::string current = {};    // the id of the key to seal with
  u32 replay_window = 1024;    // so many numbers of each sender are remembered
  u32 senders_max = 16 * KiB;  // who sealed live messages; those beyond are not opened
};

class RoomCipher {
 public:
  // Null: an id is none, `current` names no key, or the system has no randomness. One for each
  // client: two that hear the same message would call the second a replay.
  static std::shared_ptr<RoomCipher> make(const RoomCipherConfig& config);
  virtual ~RoomCipher() = default;

  // A text that only holders of the key can open, where `context` is the same. Empty: it cannot.
  virtual std::string seal(std::string_view plain, std::string_view context) = 0;
  // `live`: refuse what was opened before; false for what may have been, as a history.
  virtual SealFault open(std::string_view sealed, std::string_view context, bool live,
                         std::string& plain) = 0;
};

}  // namespace sdk
}  // namespace perseid
