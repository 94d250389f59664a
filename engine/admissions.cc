#include "engine/admissions.h"

#include <algorithm>
#include <utility>

#include "engine/answers.h"

namespace perseid {

Admissions::Admissions(Context& context, Sessions& sessions)
    : context_(context),
      sessions_(sessions),
      moderators_(
          std::make_shared<const Grant>(Grant{.user = {},
                                              .name = {},
                                              .everywhere = kPermissionsAnonymous | kMayModerate,
                                              .rooms = {}})) {
  Grant anonymous = Grant::anonymous(context.options.anonymous_rooms);
  if (!anonymous.rooms.empty()) anonymous_ = std::make_shared<const Grant>(std::move(anonymous));
}

void Admissions::open(Slot slot, std::shared_ptr<const Grant> grant) {
  if (!asks_for_tokens()) return;
  if (entries_.size() <= slot) entries_.resize(slot + 1);
  sessions_[slot].admitted = false;
  if (grant != nullptr) {
    admit(slot, std::move(grant));
  } else {
    arm(slot, entries_[slot], context_.options.handshake_timeout_ms);
  }
}

void Admissions::close(Slot slot) {
  if (slot >= entries_.size()) return;
  Entry& entry = entries_[slot];
  if (entry.timer != kNoTimer) context_.timers.cancel(entry.timer);
  entry = {};
}

Verdict Admissions::verify(Slot slot, std::string_view token) {
  Verdict verdict = context_.config.authenticator->verify(token, context_.now.unix_ms);
  if (verdict.error == Error::ok) {
    ++context_.stats.tokens_accepted;
  } else {
    ++context_.stats.tokens_refused;
    context_.emit(EventKind::health_updated, sessions_.uid(slot), {}, verdict.error, verdict.why);
  }
  return verdict;
}

bool Admissions::admit(Slot slot, std::shared_ptr<const Grant> grant) {
  if (grant == nullptr) grant = anonymous_;
  if (grant == nullptr) return false;
  Entry& entry = entries_[slot];
  entry.grant = std::move(grant);
  entry.warned = false;
  sessions_[slot].admitted = true;
  arm_for_expiry(slot, entry);
  return true;
}

const std::shared_ptr<const Grant>& Admissions::grant(Slot slot) const {
  static const std::shared_ptr<const Grant> kNone;
  return slot < entries_.size() ? entries_[slot].grant : kNone;
}

Permissions Admissions::permissions(Slot slot, std::string_view room) const {
  const Permissions more = sessions_[slot].moderator ? Permissions{kMayModerate} : Permissions{0};
  if (!asks_for_tokens()) return kPermissionsDefault | more;
  const std::shared_ptr<const Grant>& of = grant(slot);
  return of == nullptr ? more : of->in(room) | more;
}

u32 Admissions::refresh_wait_ms(Slot slot) {
  constexpr u64 kRefreshEveryMs = 100;
  Entry& entry = entries_[slot];
  const u64 since_ms = context_.now.mono_ms - entry.refreshed_ms;
  if (since_ms < kRefreshEveryMs) return static_cast<u32>(kRefreshEveryMs - since_ms);
  entry.refreshed_ms = context_.now.mono_ms;
  return 0;
}

bool Admissions::is_valid(Slot slot) const {
  const std::shared_ptr<const Grant>& of = grant(slot);
  return of != nullptr && of->expires_unix_ms > context_.now.unix_ms;
}

u64 Admissions::expires_in_ms(Slot slot) const {
  const std::shared_ptr<const Grant>& of = grant(slot);
  if (of == nullptr || of->expires_unix_ms == kNoExpiry) return 0;
  return of->expires_unix_ms - std::min(of->expires_unix_ms, context_.now.unix_ms);
}

void Admissions::arm(Slot slot, Entry& entry, u64 wait_ms) {
  if (entry.timer != kNoTimer) context_.timers.cancel(entry.timer);
  entry.timer = context_.timers.schedule(context_.now.mono_ms + std::max<u64>(wait_ms, 1),
                                         timer_cookie(TimerKind::admission, slot));
}

void Admissions::arm_for_expiry(Slot slot, Entry& entry) {
  if (entry.grant->expires_unix_ms == kNoExpiry) {
    if (entry.timer != kNoTimer) context_.timers.cancel(std::exchange(entry.timer, kNoTimer));
    return;
  }
  const u64 left_ms = expires_in_ms(slot);
  const u64 warning_ms = entry.warned ? 0 : context_.options.token_warning_ms;
  arm(slot, entry, left_ms - std::min(left_ms, warning_ms));
}

// The wall clock says when a token has ended, whatever it did since the timer was set.
void Admissions::on_timer(Slot slot) {
  Entry& entry = entries_[slot];
  entry.timer = kNoTimer;
  if (sessions_[slot].closing) return;
  if (entry.grant == nullptr) {
    ++context_.stats.unauthenticated_closed;
    return sessions_.end(slot, Error::unauthenticated);
  }
  const u64 left_ms = expires_in_ms(slot);
  if (left_ms == 0) return expire(slot);
  if (left_ms <= context_.options.token_warning_ms && !entry.warned) {
    entry.warned = true;
    if (!sessions_[slot].parked) {
      std::string& text = context_.scratch;
      text.clear();
      answers::token_expiring(text, left_ms);
      sessions_.answer(slot, text);
    }
  }
  arm_for_expiry(slot, entry);
}

// Its seats stay as long as those of any session whose connection broke: with a new token it goes
// on.
void Admissions::expire(Slot slot) {
  ++context_.stats.tokens_expired;
  Session& session = sessions_[slot];
  if (session.parked) return;
  const bool ended = session.ended;
  sessions_.end(slot, Error::token_expired);
  session.ended = ended;
}

}  // namespace perseid
