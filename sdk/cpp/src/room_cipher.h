// A RoomCipher with a salt that is given: for vectors. Whoever seals with one salt and key twice
// uses nonces twice, and gives both texts away.
#pragma once

#include <perseid/secure.h>

#include <memory>

#include "sdk/cpp/src/sealed_text.h"

namespace perseid {
inline namespace sdk {

using Salt = std::array<u8, kSaltBytes>;

// Null as RoomCipher::make().
std::shared_ptr<RoomCipher> make_room_cipher(const RoomCipherConfig& config, const Salt& salt);

}  // namespace sdk
}  // namespace perseid
