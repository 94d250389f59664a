// FetchToken: where a client's token comes from, if it is no text but fetched when it is wanted.
// Thread: the function is called by the client's, inside poll(); what it is given may be called by
// any thread. Invariants: nothing here waits; a GiveToken may outlive its client, and does nothing
// then; of several calls the first one counts.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

class TokenDesk;

// Hands the token over that is wanted: at once or later. The client's next poll() takes it.
class GiveToken {
 public:
  GiveToken(std::shared_ptr<TokenDesk> desk, u64 ask);
  void operator()(std::string token) const;
  void fail(std::string why) const;  // there is none now

 private:
  std::shared_ptr<TokenDesk> desk_;
  u64 ask_;
};

using FetchToken = std::function<void(GiveToken give)>;

}  // namespace sdk
}  // namespace perseid
