#include "engine/grant.h"

#include <algorithm>

#include "engine/grant_claims.h"
#include "engine/room_rule.h"

namespace perseid {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

// RFC 7519 section 4.1; the first that fails.
Error check(const Claims& claims, const TokenRules& rules, u64 now_unix_ms, std::string_view& why) {
  if (!claims.has_expiry) {
    why = "It has no exp: a token has to end.";
  } else if (claims.user.empty()) {
    why = "It has no sub: whose it is.";
  } else if (claims.name.size() > rules.name_bytes_max ||
             (claims.name.empty() && claims.user.size() > rules.name_bytes_max)) {
    why = "Its name (or sub, if it has none) is longer than --name-bytes-max.";
  } else if (now_unix_ms + rules.leeway_ms < claims.not_before_ms) {
    why = "It is not valid yet (nbf).";
  } else if (!rules.issuer.empty() && claims.issuer != rules.issuer) {
    why = "It is of another issuer (iss).";
  } else if (!rules.audience.empty() &&
             std::ranges::find(claims.audience, rules.audience) == claims.audience.end()) {
    why = "It is for another audience (aud).";
  } else if (now_unix_ms >= claims.expires_ms + rules.leeway_ms) {
    why = "It has expired (exp).";
    return Error::token_expired;
  }
  return why.empty() ? Error::ok : Error::bad_token;
}

}  // namespace

Permissions Grant::in(std::string_view room) const {
  Permissions out = everywhere;
  for (const RoomGrant& each : rooms) {
    if (matches(each.pattern, room)) out |= each.permissions;
  }
  return (out & kMayAdminister) != 0 ? kPermissionsAll : out;
}

Grant Grant::anonymous(std::string_view patterns) {
  Grant out;
  for (std::size_t begin = 0; begin < patterns.size();) {
    const std::size_t end = std::min(patterns.find(',', begin), patterns.size());
    const std::string_view pattern = trimmed(patterns.substr(begin, end - begin));
    if (!pattern.empty()) out.rooms.push_back({std::string(pattern), kPermissionsAnonymous});
    begin = end + 1;
  }
  return out;
}

Error read_grant(std::string_view claims_json, const TokenRules& rules, u64 now_unix_ms, Grant& out,
                 std::string_view& why) {
  Claims claims;
  why = read_claims(claims_json, claims);
  if (!why.empty()) return Error::bad_token;
  const Error error = check(claims, rules, now_unix_ms, why);
  if (error != Error::ok) return error;
  out.user = std::move(claims.user);
  out.signing_key = claims.signing_key;
  out.name = claims.name.empty() ? out.user : std::move(claims.name);
  out.expires_unix_ms = claims.expires_ms + rules.leeway_ms;
  out.rooms = std::move(claims.rooms);
  const bool says_nothing = !claims.has_rooms && !claims.has_permissions;
  out.everywhere = says_nothing ? kPermissionsDefault : claims.permissions;
  return Error::ok;
}

}  // namespace perseid
