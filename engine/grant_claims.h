// Claims: what a token says of its bearer, read from its JSON and not yet judged (engine/grant.h).
// Internal to the reading of grants.
// Thread: none; nothing is kept between calls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/grant.h"

namespace perseid {

// {"sub":…,"name":…,"exp":…,"nbf":…,"iss":…,"aud":… or […],
//  "permissions":[…],"rooms":{"pattern":[…]},
//  "cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","x":…}}} (RFC 7800, RFC 8037); others are passed over
//  (RFC 7519 section 4.3).
struct Claims {
  std::string user;
  std::string name;
  std::string issuer;
  std::vector<std::string> audience;
  std::optional<SigningKey> signing_key = {};
  u64 expires_ms = 0;
  u64 not_before_ms = 0;
  Permissions permissions = 0;
  std::vector<RoomGrant> rooms;
  bool has_expiry = false;
  bool has_permissions = false;
  bool has_rooms = false;
};

// Empty, or static text that says what is wrong. A claim that stands there twice is (section 4).
std::string_view read_claims(std::string_view json, Claims& out);

}  // namespace perseid
