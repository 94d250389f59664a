// Keys and tokens made, for perseidctl and for tests. The relay itself signs nothing.
// Thread: none; nothing is kept between calls.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace perseid {

// JSON Web Key Sets of one key each.
struct KeyPair {
  std::string secret_json;  // for who signs
  std::string public_json;  // for the relay; of HS256 the same
};
// `algorithm`: HS256, RS256, ES256 or EdDSA; nothing if it is another.
std::optional<KeyPair> make_key_pair(std::string_view algorithm, std::string_view key_id);

// A token of these claims (a JSON object), by the first key of the set or the one that has this
// kid. Nothing if there is none that can sign; `problem` then says why.
std::optional<std::string> sign_token(std::string_view claims, std::string_view key_set_json,
                                      std::string_view key_id, std::string& problem);

}  // namespace perseid
