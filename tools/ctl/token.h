// perseidctl keys, perseidctl token: keys and tokens for trying out and for small installations.
// Thread: one. Each returns the exit code; what it has to say goes to `out` and `problems`.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "codec/bytes.h"

namespace perseid::ctl {

struct KeysWish {
  std::string algorithm;
  std::string key_id;
  std::string path = "perseid-keys";  // .json is the relay's, .secret.json who signs keeps
};
// Two files, the secret one readable by its owner alone; neither is written over.
int make_keys(const KeysWish& wish, std::ostream& out, std::ostream& problems);

struct TokenWish {
  std::string keys_path;
  std::string key_id;
  std::string user;
  std::string name;
  std::string issuer;
  std::string audience;
  std::string signing_key;               // Ed25519's public key in base64url (claim cnf)
  std::vector<std::string> rooms;        // PATTERN=join,chat,…
  std::vector<std::string> permissions;  // that hold everywhere
  u64 valid_s = 3600;
};
int make_token(const TokenWish& wish, u64 now_unix_s, std::ostream& out, std::ostream& problems);

}  // namespace perseid::ctl
