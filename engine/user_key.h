// UserKey: the name of a user in a table: the user's name, or of who has none the client's number.
// Thread: none; pure function.
// Invariant: no name is the key of a client, for no name has a control character (codec's
// check_name).
#pragma once

#include <string>
#include <string_view>

#include "engine/ids.h"

namespace perseid {

inline std::string client_key(SessionUid client) {
  std::string key = "\x01";
  key.append(reinterpret_cast<const char*>(&client.value), sizeof client.value);
  return key;
}
inline std::string user_key(std::string_view name, SessionUid client) {
  return name.empty() ? client_key(client) : std::string(name);
}

}  // namespace perseid
