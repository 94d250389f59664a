// Sessions that go on with another connection: hello with a session's secret
// (docs/decisions/0019-sessions-that-stay.md).
#include <utility>

#include "codec/client_id.h"
#include "engine/answers.h"
#include "engine/dispatch.h"

namespace perseid {
namespace {

// Its lanes are written in one format; what is not compressed everybody can read.
bool reads_format(WireFormat reader, WireFormat written) {
  return reader.flavour == written.flavour && (reader.deflate || !written.deflate);
}

}  // namespace

// Who shows a token has to be whom the session is of. Without one its secret is enough, as long as
// the token that it was begun with is valid.
bool Dispatch::may_go_on(Slot old, const std::shared_ptr<const Grant>& grant) const {
  if (!admissions_.asks_for_tokens()) return true;
  const std::shared_ptr<const Grant>& had = admissions_.grant(old);
  if (had == nullptr) return false;
  if (grant == nullptr) return admissions_.is_valid(old);
  return grant->user == had->user && grant->signing_key == had->signing_key;
}

bool Dispatch::resume(Slot slot, const Request& request,
                      const std::shared_ptr<const Grant>& grant) {
  SessionUid uid;
  std::array<u8, 16> secret{};
  const bool is_real =
      read_session_secret(request.session, uid.value, secret) && sessions_.is_secret(uid, secret);
  if (is_real && uid.shard() != context_.config.shard && resume_elsewhere(slot, uid.shard())) {
    return true;
  }
  const Session* old =
      is_real && uid.shard() == context_.config.shard ? sessions_.find(uid) : nullptr;
  // Of one that overflowed while it was closing, answers are lost.
  if (old == nullptr || old->ended || !old->welcomed || old->overflowed ||
      !may_go_on(uid.handle().slot, grant)) {
    ++context_.stats.resumes_refused;
    return false;
  }
  SeenRooms seen;
  if (!request.since.rooms.empty() && !SeenRooms::parse(request.since.rooms, seen)) {
    sessions_.answer_error(slot, request.id, Error::bad_value, "since.rooms");
    return true;
  }
  if (!reads_format(sessions_[slot].format, old->format)) {
    // Its owner comes back another way: nobody will ask for it again.
    sessions_.end(uid.handle().slot, Error::session_taken_over);
    ++context_.stats.resumes_refused;
    return false;
  }
  if (grant != nullptr) renew(uid.handle().slot, grant);
  resume_here(slot, uid.handle().slot, request, seen);
  return true;
}

bool Dispatch::resume_elsewhere(Slot slot, ShardId shard) {
  if (reading_.handed_over || shard >= context_.config.shard_count) return false;
  Session& session = sessions_[slot];
  if (!context_.world.hand_over(session.connection, shard, reading_.opcode, reading_.message,
                                reading_.done)) {
    return false;
  }
  session.closing = true;
  sessions_.note_end(slot, "Its session is on another shard.");
  return true;
}

void Dispatch::resume_here(Slot slot, Slot old, const Request& request, const SeenRooms& seen) {
  const bool was_dropped = sessions_[old].parked;
  ++(was_dropped ? context_.stats.sessions_resumed : context_.stats.sessions_taken_over);
  // What waits is sent behind the welcome, and that behind what this connection is owed.
  Outbox waiting;
  take_connection(slot, old);
  waiting.swap(sessions_[old].outbox);
  sessions_[old].outbox.swap(sessions_[slot].outbox);
  std::string rooms;
  ChatAgain again;
  const auto may_read = [&](std::string_view room) {
    return admissions_.may(old, kMayReadHistory, room);
  };
  views_.rewind(old, seen, may_read, rooms, again);
  // A history that waited would say it twice.
  if (!again.empty()) {
    waiting.filter(context_.pool, [&](Bytes frame) { return !again.says(frame); });
  }
  welcome(old, request.id, true, rooms);
  sessions_[old].outbox.append_all(waiting);
  views_.go_on(old, was_dropped);
  reading_.session = old;
  context_.emit(EventKind::health_updated, sessions_.uid(old), {}, Error::ok, "resumed");
  sessions_.note_end(slot, "It goes on with an older session.");
  close(slot);
}

// Of a session that is still connected, the older connection is closed; another sees to that.
void Dispatch::take_connection(Slot slot, Slot old) {
  Session& session = sessions_[old];
  if (session.parked) {
    sessions_.unpark(old);
    sessions_.swap_connections(slot, old);
  } else {
    const Slot closer = sessions_.stand_in(old);
    sessions_.swap_connections(slot, old);
    sessions_.end(closer, Error::session_taken_over);
  }
  session.last_heard_ms = static_cast<u32>(context_.now.mono_ms);
  session.closing = session.quiet = session.ping_due = false;
  session.read_back = ReadBack{};  // what the other connection was asked nobody answers any more
  context_.world.reseat(session.connection, old);
}

void Dispatch::welcome(Slot slot, std::string_view id, bool resumed, std::string_view rooms_json) {
  const SessionUid uid = sessions_.uid(slot);
  char secret[kSessionSecretBytes];
  write_session_secret(uid.value, sessions_.secret(uid), secret);
  std::string signing;
  signers_.append_json(signing, slot);
  std::string& text = context_.scratch;
  text.clear();
  answers::welcome(text, id,
                   {.client = uid,
                    .secret = {secret, kSessionSecretBytes},
                    .resumed = resumed,
                    .token_ends_in_ms = admissions_.expires_in_ms(slot),
                    .signing_json = signing,
                    .rooms_json = rooms_json},
                   context_.options, context_.now.unix_ms);
  sessions_.answer(slot, text);
}

}  // namespace perseid
