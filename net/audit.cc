#include "net/audit.h"

#include <string>
#include <utility>

#include "net/server_shared.h"

namespace perseid {

bool Audit::is_wanted() const {
  constexpr u32 kBit = 1u << static_cast<u8>(EventKind::error_occurred);
  return shared_.config.listener != nullptr && (shared_.events_wanted & kBit) != 0;
}

bool Audit::has_room(Now now, Error error) {
  Told& of_kind = told_[static_cast<u8>(error)];
  const u64 second = now.mono_ms / 1000;
  if (second != std::exchange(of_kind.second, second)) of_kind.told = 0;
  if (++of_kind.told <= kToldPerSecondMax) return true;
  ++of_kind.untold;
  return false;
}

void Audit::tell(Now now, std::string_view address, Error error, std::string_view what) {
  Event event;
  event.kind = EventKind::error_occurred;
  event.now = now;
  event.shard = shard_;
  event.error = error;
  event.detail = what;
  (void)pass_on(event, address);
}

bool Audit::pass_on(Event event, std::string_view address) {
  if (!is_wanted() || !has_room(event.now, event.error)) return false;
  const u64 untold = std::exchange(told_[static_cast<u8>(event.error)].untold, 0);
  std::string detail(event.detail);
  if (untold > 0) detail += " (and " + std::to_string(untold) + " more)";
  event.detail = detail;
  event.address = address.empty() ? "unknown" : address;
  event.audit = true;
  shared_.config.listener->on_event(event);
  return true;
}

// Of a token the reason is told where it is looked at; of what ends a session, where it ends.
bool Audit::is_security(const Event& event) {
  switch (event.error) {
    case Error::bad_token:
    case Error::token_expired:
      return event.kind == EventKind::health_updated;
    case Error::unauthenticated:
    case Error::too_many_messages:
      return event.kind == EventKind::error_occurred && event.detail.empty();
    case Error::banned:
    case Error::forbidden:
    case Error::bad_signature:
    case Error::replayed:
      return event.kind == EventKind::error_occurred;
    default:
      return false;
  }
}

}  // namespace perseid
