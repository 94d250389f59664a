// TokenDesk: where tokens for a ClientCore are handed in.
// Thread: answer() by any; close() by the client's. Owned by the core and by every GiveToken.
// Invariant: behind close() the core is not touched any more.
#pragma once

#include <mutex>
#include <string>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

class ClientCore;

class TokenDesk {
 public:
  explicit TokenDesk(ClientCore* core) : core_(core) {}
  void answer(u64 ask, std::string token, std::string problem);
  void close();

 private:
  std::mutex mutex_;
  ClientCore* core_;
};

}  // namespace sdk
}  // namespace perseid
