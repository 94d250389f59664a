// Which web pages may connect (RFC 6455 section 10.2): a page of another site must not act with the
// player's cookies or reach a relay on the player's own machine.
// Thread: none; pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"

namespace perseid {

// Splits --allow-origin: elements between commas, trimmed, empty ones left out.
std::vector<std::string> split_origins(std::string_view list);
// True for what may stand in that list: scheme://host[:port], "null" or "*".
bool is_origin(std::string_view text);

// `origin`: the Origin field's value. `host`: the Host field's value. `allowed`: exact origins
// (scheme://host[:port], or null), compared without case, or "*". With an empty list an origin
// passes if its host is `host`'s (any port); where the relay listens on a loopback address also
// every origin on one, and "null" (pages opened from a file).
bool is_origin_allowed(std::string_view origin, std::string_view host,
                       std::span<const std::string> allowed, bool listening_on_loopback);

}  // namespace perseid
