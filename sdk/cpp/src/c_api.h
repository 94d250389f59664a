// What stands behind the handles of perseid.h.
// Thread: the client's. Owns: the Client; a handle per room, with what its last answers point to.
#pragma once

#include <perseid.h>
#include <perseid/client.h>
#include <perseid/secure.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

struct perseid_room {
  perseid_client* owner = nullptr;
  std::string name;
  perseid::Room* room = nullptr;
  perseid_room_handlers handlers = {};
  void* user = nullptr;
  perseid::Entities sampled;
  std::string held;  // the text of the last value that was read
};

struct perseid_cipher {
  std::shared_ptr<perseid::RoomCipher> cipher;
};

struct perseid_client {
  explicit perseid_client(perseid::ClientConfig config) : client(std::move(config)) {}
  std::map<std::string, std::unique_ptr<perseid_room>, std::less<>> rooms;
  perseid::Client client;  // destroyed first: its rooms' handlers point to the handles
};

namespace perseid {
inline namespace sdk {

inline std::string_view text_of(const char* text) {
  return text != nullptr ? text : "";
}

// A callback as a Done; null if there is none.
Done done_of(perseid_on_result done, void* user);
FetchToken fetch_of(perseid_on_token_wanted fetch, void* user);
void tell(const Message& message, perseid_on_message handler, void* user);
void tell(const Result& result, std::string_view answer, perseid_on_answer handler, void* user);

// Runs what may run out of memory; 0 then.
template <class Call>
int guarded(Call call) noexcept {
  try {
    return call() ? 1 : 0;
  } catch (...) {
    return 0;
  }
}

}  // namespace sdk
}  // namespace perseid
