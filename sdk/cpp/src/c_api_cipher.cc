// perseid.h: end-to-end encryption.
#include <algorithm>

#include "sdk/cpp/src/c_api.h"

namespace sdk = perseid::sdk;

void perseid_new_key(uint8_t bytes[32]) {
  const perseid::RoomKey key = perseid::new_room_key();
  std::copy(key.begin(), key.end(), bytes);
}

perseid_cipher* perseid_cipher_create(const perseid_key* keys, size_t count, const char* current) {
  perseid_cipher* out = nullptr;
  sdk::guarded([&] {
    perseid::RoomCipherConfig config{.current = std::string(sdk::text_of(current))};
    for (size_t i = 0; i < count; ++i) {
      perseid::RoomKey& key = config.keys[std::string(sdk::text_of(keys[i].id))];
      std::copy(std::begin(keys[i].bytes), std::end(keys[i].bytes), key.begin());
    }
    std::shared_ptr<perseid::RoomCipher> made = perseid::RoomCipher::make(config);
    if (made != nullptr)
      out = std::make_unique<perseid_cipher>(perseid_cipher{std::move(made)}).release();
    return true;
  });
  return out;
}

void perseid_cipher_destroy(perseid_cipher* cipher) {
  delete cipher;
}

void perseid_room_set_undecryptable_handler(perseid_room* room, perseid_on_undecryptable handler,
                                            void* user) {
  room->room->on.undecryptable = [handler, user](const perseid::Undecryptable& what) {
    if (handler == nullptr) return;
    const std::string sender(what.sender);
    handler(user, static_cast<perseid_seal_fault>(what.fault), what.action ? 1 : 0, sender.c_str(),
            what.seq);
  };
}
