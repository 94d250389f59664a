// An Authenticator whose tokens are words, and relays that ask for them.
#pragma once

#include <map>
#include <string>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {

class FakeAuthenticator : public Authenticator {
 public:
  std::map<std::string, Grant, std::less<>> grants;  // by token
  u32 asked = 0;

  Verdict verify(std::string_view token, u64 now_unix_ms) override {
    ++asked;
    const auto it = grants.find(token);
    if (it == grants.end()) return {.error = Error::bad_token, .why = "No such word.", .grant = {}};
    if (it->second.expires_unix_ms <= now_unix_ms) {
      return {.error = Error::token_expired, .why = "It has expired.", .grant = {}};
    }
    return {.error = Error::ok, .why = {}, .grant = std::make_shared<const Grant>(it->second)};
  }
};

inline Grant grant_for(std::string_view user, u64 expires_unix_ms = kNoExpiry) {
  return {.user = std::string(user),
          .name = std::string(user),
          .expires_unix_ms = expires_unix_ms,
          .everywhere = kPermissionsDefault,
          .rooms = {}};
}
inline Grant grant_in(std::string_view user, std::string_view pattern, Permissions permissions) {
  Grant out = grant_for(user);
  out.everywhere = 0;
  out.rooms.push_back({std::string(pattern), permissions});
  return out;
}
inline std::string hello_with(std::string_view token, std::string_view more = "") {
  return system("hello", R"("id":1,"token":)" + in_quotes(token) +
                             (more.empty() ? "" : "," + std::string(more)));
}

}  // namespace perseid::test
