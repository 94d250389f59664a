#include <perseid/types.h>

#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {

std::string Message::text() const {
  return json_text(json_member(payload, "text"));
}

bool Message::is_typing() const {
  return !json_member(payload, "typing").empty();
}

bool Message::typing() const {
  return json_true(json_member(payload, "typing"));
}

ChatChange chat_change(const Message& message) {
  using Kind = ChatChange::Kind;
  if (message.action) return {};
  const auto make = [](Kind kind, std::string_view object, std::string_view text) -> ChatChange {
    return {kind, json_u64(json_member(object, "seq")), json_text(json_member(object, text))};
  };
  for (JsonWalk walk(message.payload); walk.next();) {
    const std::string_view value = walk.value();
    if (walk.key() == "react") {
      const bool remove = json_true(json_member(value, "remove"));
      return make(remove ? Kind::unreact : Kind::react, value, "emoji");
    }
    if (walk.key() == "edit") return make(Kind::edit, value, "text");
    if (walk.key() == "delete") return make(Kind::erase, value, "");
  }
  return {};
}

std::string_view text_of(SealFault fault) {
  constexpr std::string_view kTexts[] = {"It was opened.",
                                         "It is not encrypted as this room's messages are.",
                                         "There is no key of this id here.",
                                         "No key of this room opens it, or it was changed.",
                                         "It came before: a replay.",
                                         "Too many have sealed messages here."};
  return kTexts[static_cast<u8>(fault)];
}

std::string_view name_of(LinkFault fault) {
  constexpr std::string_view kNames[] = {
      "none",        "bad_url",        "no_tls",      "bad_ca_file", "no_transport",
      "unresolved",  "refused",        "unreachable", "timed_out",   "tls_untrusted",
      "tls_expired", "tls_wrong_host", "tls_failed",  "not_a_relay", "rejected",
      "ended",       "closed_by_us",   "no_token",    "no_signing"};
  return kNames[static_cast<u8>(fault)];
}

std::string_view name_of(LinkState state) {
  switch (state) {
    case LinkState::connecting:
      return "connecting";
    case LinkState::open:
      return "open";
    case LinkState::resuming:
      return "resuming";
    case LinkState::degraded:
      return "degraded";
    case LinkState::closed:
      break;
  }
  return "closed";
}

}  // namespace sdk
}  // namespace perseid
