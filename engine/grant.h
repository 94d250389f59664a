// Grant: who somebody is and what they may do, as a token's claims say (RFC 7519). Whether the
// token is genuine is the Authenticator's business; what it says is looked at here. Thread: none;
// immutable once made, and shared by a session and its connection. Invariants: has a user, unless
// anonymous; a room's permissions are those that hold everywhere and those of every pattern that
// the room's name matches.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/error.h"
#include "codec/signed_payload.h"
#include "engine/permission.h"

namespace perseid {

constexpr u32 kGrantRoomsMax = 256;
constexpr u64 kNoExpiry = ~u64{0};

struct RoomGrant {
  std::string pattern;  // with * and ?
  Permissions permissions = 0;
};

struct Grant {
  std::string user;                            // claim sub; empty: anonymous
  std::string name;                            // claim name, or else sub
  std::optional<SigningKey> signing_key = {};  // claim cnf: Ed25519
  u64 expires_unix_ms = kNoExpiry;
  Permissions everywhere = 0;
  std::vector<RoomGrant> rooms;

  Permissions in(std::string_view room) const;
  // For who shows no token: the patterns of --anonymous-rooms, separated by commas.
  static Grant anonymous(std::string_view patterns);
};

// What a token must say beside being genuine.
struct TokenRules {
  std::string issuer;    // claim iss; empty: any
  std::string audience;  // one of claim aud; empty: any
  u64 leeway_ms = 0;     // that clocks may differ
  u32 name_bytes_max = 64;
};

// Reads a token's claims, a JSON object with kParsePaddingBytes readable behind it. ok, or
// token_expired or bad_token with static text that says why.
Error read_grant(std::string_view claims, const TokenRules& rules, u64 now_unix_ms, Grant& out,
                 std::string_view& why);

}  // namespace perseid
