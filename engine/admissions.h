// Admissions: who has signed in, with which grant, and until when. Where the relay asks for no
// tokens this table stays empty and everybody may do what kPermissionsDefault says. Thread: the
// shard's. Owns: the sessions' grants and a timer for each: first until it has to have signed in,
// then until its token is about to end, then until it has. Invariant: a session that is not
// admitted has no grant, and a timer.
#pragma once

#include <memory>
#include <vector>

#include "engine/authenticator.h"
#include "engine/sessions.h"

namespace perseid {

class Admissions {
 public:
  Admissions(Context& context, Sessions& sessions);

  bool asks_for_tokens() const { return context_.config.authenticator != nullptr; }
  void open(Slot slot, std::shared_ptr<const Grant> grant);
  void close(Slot slot);
  // What a token is worth. Counts, and tells a listener what was refused.
  Verdict verify(Slot slot, std::string_view token);
  // From now on it may do what the grant says; null: what anonymous clients may. False if those may
  // do nothing.
  bool admit(Slot slot, std::shared_ptr<const Grant> grant);
  const std::shared_ptr<const Grant>& grant(Slot slot) const;
  // `room` empty: what holds wherever.
  Permissions permissions(Slot slot, std::string_view room) const;
  bool may(Slot slot, Permission permission, std::string_view room) const {
    return (permissions(slot, room) & permission) != 0;
  }
  // By a token that names a user.
  bool is_known(Slot slot) const {
    const std::shared_ptr<const Grant>& of = grant(slot);
    return of != nullptr && !of->user.empty();
  }
  // A signature costs much beside a message: so long until this session's next token is looked at;
  // 0: it is now.
  u32 refresh_wait_ms(Slot slot);
  // The grant, or what it is about, may outlive its time in a session that waits to be resumed.
  bool is_valid(Slot slot) const;
  u64 expires_in_ms(Slot slot) const;  // 0 if it does not, or has
  // What who knows --moderator-token may do.
  const std::shared_ptr<const Grant>& moderators() const { return moderators_; }
  void on_timer(Slot slot);

 private:
  struct Entry {
    std::shared_ptr<const Grant> grant;
    TimerId timer = kNoTimer;
    bool warned = false;
    u64 refreshed_ms = 0;  // monotonic
  };
  void arm(Slot slot, Entry& entry, u64 wait_ms);
  void arm_for_expiry(Slot slot, Entry& entry);
  void expire(Slot slot);

  Context& context_;
  Sessions& sessions_;
  std::vector<Entry> entries_;  // by session; empty where nobody asks for tokens
  std::shared_ptr<const Grant> moderators_;
  std::shared_ptr<const Grant> anonymous_;  // null: nobody comes in without a token
};

}  // namespace perseid
