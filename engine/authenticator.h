// Authenticator: looks whether a token is genuine, and says what it grants. Implemented in
// net/tokens, by a library; the rules know nothing of keys. Thread: each shard has its own, used on
// that shard alone.
#pragma once

#include <memory>
#include <string_view>

#include "codec/error.h"
#include "engine/grant.h"

namespace perseid {

struct Verdict {
  Error error = Error::ok;                       // bad_token or token_expired otherwise
  std::string_view why = {};                     // static text, for the client and the log
  std::shared_ptr<const Grant> grant = nullptr;  // null on an error
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual Verdict verify(std::string_view token, u64 now_unix_ms) = 0;
};

}  // namespace perseid
