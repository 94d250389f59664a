// perseid.h: signed messages.
#include <algorithm>

#include "sdk/cpp/src/c_api.h"

namespace sdk = perseid::sdk;

void perseid_new_signing_pair(uint8_t seed[32], uint8_t key[32]) {
  const perseid::SigningPair pair = perseid::new_signing_pair();
  std::copy(pair.seed.begin(), pair.seed.end(), seed);
  std::copy(pair.key.begin(), pair.key.end(), key);
}

perseid_signature perseid_verify(const perseid_client* client, const perseid_message* message,
                                 uint8_t key[32]) {
  perseid::Signature out;
  sdk::guarded([&] {
    perseid::Message told;
    told.action = message->action != 0;
    told.is_private = message->is_private != 0;
    told.edited = message->changed != 0;
    told.room = message->room;
    told.wire = {message->wire, message->wire_bytes};
    out = client->client.verify(told);
    return true;
  });
  if (key != nullptr) std::copy(out.key.begin(), out.key.end(), key);
  return static_cast<perseid_signature>(out.state);
}
