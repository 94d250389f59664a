// Dispatch: who comes in: hello, tokens, and what they let somebody do.
#include <utility>

#include "engine/answers.h"
#include "engine/dispatch.h"

namespace perseid {

void Dispatch::hello(Slot slot, const Request& request) {
  // Rosters already bear the name, so it cannot change under them.
  if (sessions_[slot].welcomed || sessions_[slot].rooms > 0) {
    return sessions_.answer_error(slot, request.id, Error::already_welcomed, "op");
  }
  std::shared_ptr<const Grant> grant;
  if (!read_token(slot, request, grant)) return;
  if (!request.session.empty() && resume(slot, request, grant)) return;
  if (!begin_signing(slot, request, grant.get())) {
    // To look at its token again for each hello that is no better would cost much.
    if (admissions_.asks_for_tokens()) sessions_.end(slot, Error::unauthenticated);
    return;
  }
  if (admissions_.asks_for_tokens() && !admissions_.admit(slot, std::move(grant))) {
    return refuse_stranger(slot, request.id);
  }
  sessions_[slot].welcomed = true;
  name_session(slot, request.name);
  welcome(slot, request.id, false);
}

// A connection that came with a token is somebody from the start.
void Dispatch::opened(Slot slot) {
  if (!admissions_.is_known(slot)) return;
  name_session(slot, {});
  begin_signing(slot, {}, admissions_.grant(slot).get());
}

// By its token, if it has one; else as it says itself.
void Dispatch::name_session(Slot slot, std::string_view said) {
  Session& session = sessions_[slot];
  const bool is_known = admissions_.is_known(slot);
  tell_name(slot, true);  // the name that it had from the request
  session.name = Name(is_known ? std::string_view(admissions_.grant(slot)->name) : said);
  session.named = is_known || !admissions_.asks_for_tokens();
  tell_name(slot, false);
}

// What the hello's token grants, or else one that came with the connection; null if there is none.
// False if there is one and it is not valid.
bool Dispatch::read_token(Slot slot, const Request& request, std::shared_ptr<const Grant>& out) {
  if (admissions_.is_known(slot)) out = admissions_.grant(slot);
  if (is_moderator_token(request.token)) {
    sessions_[slot].moderator = true;
    if (admissions_.asks_for_tokens() && out == nullptr) out = admissions_.moderators();
    return true;
  }
  if (!admissions_.asks_for_tokens() || request.token.empty()) return true;
  Verdict verdict = admissions_.verify(slot, request.token);
  if (verdict.error == Error::ok) {
    out = std::move(verdict.grant);
    return true;
  }
  sessions_.answer_error(slot, request.id, verdict.error, "token", 0, verdict.why);
  sessions_.end(slot, verdict.error);
  return false;
}

// It asks for something before it has said hello: that is as good as a hello without a token.
bool Dispatch::let_in(Slot slot, std::string_view id) {
  if (admissions_.admit(slot, nullptr)) return true;
  refuse_stranger(slot, id);
  return false;
}

void Dispatch::refuse_stranger(Slot slot, std::string_view id) {
  ++context_.stats.unauthenticated_closed;
  sessions_.answer_error(slot, id, Error::unauthenticated, "token");
  sessions_.end(slot, Error::unauthenticated);
}

// A token that is not valid changes nothing: the one before may last a while yet.
void Dispatch::refresh(Slot slot, const Request& request) {
  const std::shared_ptr<const Grant> had = admissions_.grant(slot);
  if (!admissions_.is_known(slot)) {
    return sessions_.answer_error(slot, request.id, Error::bad_value, "op", 0,
                                  "There is no token to go on from.");
  }
  if (const u32 wait_ms = admissions_.refresh_wait_ms(slot); wait_ms > 0) {
    return sessions_.answer_error(slot, request.id, Error::rate_limited, {}, wait_ms);
  }
  Verdict verdict = admissions_.verify(slot, request.token);
  if (verdict.error == Error::ok && verdict.grant->user != had->user) {
    verdict = {.error = Error::forbidden, .why = "It is of another user (sub).", .grant = nullptr};
  }
  if (verdict.error == Error::ok && verdict.grant->signing_key != had->signing_key) {
    verdict = {.error = Error::forbidden, .why = "It is of another key (cnf).", .grant = nullptr};
  }
  if (verdict.error != Error::ok) {
    return sessions_.answer_error(slot, request.id, verdict.error, "token", 0, verdict.why);
  }
  ++context_.stats.tokens_refreshed;
  renew(slot, std::move(verdict.grant));
  std::string& text = context_.scratch;
  text.clear();
  answers::refreshed(text, request.id, admissions_.expires_in_ms(slot));
  sessions_.answer(slot, text);
}

// It may grant less than the one before.
void Dispatch::renew(Slot slot, std::shared_ptr<const Grant> grant) {
  admissions_.admit(slot, std::move(grant));
  const auto without = [this, slot](Permission permission) {
    return [this, slot, permission](std::string_view room) {
      return !admissions_.may(slot, permission, room);
    };
  };
  views_.expel_where(slot, without(kMayJoin));
  views_.hide_presence(slot, without(kMaySeePresence));
}

bool Dispatch::is_permitted(Slot slot, const Request& request, Permission permission,
                            std::string_view room, std::string_view field) {
  if (admissions_.may(slot, permission, room)) return true;
  sessions_.answer_error(slot, request.id, Error::forbidden, field);
  return false;
}

}  // namespace perseid
