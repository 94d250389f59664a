// HTTP/1.1 answers that end the connection: error pages, health, the demo page.
// Thread: none; pure functions.
// Invariant: every answer has Content-Length, Connection: close and X-Content-Type-Options.
#pragma once

#include <string>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

// `extra_fields`: whole header lines, each ended by CRLF. `head_only`: the answer to HEAD.
std::string http_response(u16 status, std::string_view content_type, std::string_view body,
                          std::string_view extra_fields = {}, bool head_only = false);

// A plain text page that says what is wrong (the error's own sentence) and, in `advice`, what to
// do. `error` has an HTTP status. Brings the fields that its status demands (Allow, Upgrade).
std::string http_error(Error error, std::string_view advice = {});

}  // namespace perseid
