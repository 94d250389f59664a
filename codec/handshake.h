// The opening handshake (RFC 6455 section 4.2): a request in, a decision and the answer out.
// Thread: none; pure functions.
// Invariant: the response is whole and final, whatever the decision.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "codec/deflate.h"
#include "codec/error.h"
#include "codec/http_head.h"
#include "codec/http_response.h"
#include "codec/wire_format.h"

namespace perseid {

// The same for every connection of an address such as /ws or /echo.
struct UpgradePolicy {
  bool compression = true;  // negotiate permessage-deflate when it is offered
  DeflatePolicy deflate = {};
  bool check_subprotocol = true;               // false: whatever is offered, none is picked
  std::vector<std::string> allow_origin = {};  // see codec/origin.h
  bool listening_on_loopback = false;
};

struct UpgradeDecision {
  Error error = Error::ok;  // ok: `response` is a 101; else it is an error page, then close
  Flavour flavour = Flavour::json;
  std::string_view subprotocol;  // the one picked, static text; empty: none
  std::optional<DeflateAgreement> deflate;
  std::string response;
};

// Errors: method_not_allowed, upgrade_required, bad_request, bad_origin, unknown_subprotocol.
UpgradeDecision decide_upgrade(const HttpRequest& request, const UpgradePolicy& policy);

// Sec-WebSocket-Accept of a key (section 4.2.2); also for clients.
std::string websocket_accept(std::string_view key);

}  // namespace perseid
