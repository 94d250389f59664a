// The token that a request for /ws brings along: in Authorization (RFC 6750 section 2.1) or, for
// browsers, which cannot set that field for a WebSocket, as ?token=. It is never logged.
// Thread: none; pure functions.
#pragma once

#include <string_view>

#include "codec/http_head.h"

namespace perseid {

struct RequestToken {
  std::string_view text;  // empty if there is none; of the request
  bool is_clear = true;   // false: two of them, or a kind of proof that is none here
};

RequestToken request_token(const HttpRequest& request);

}  // namespace perseid
