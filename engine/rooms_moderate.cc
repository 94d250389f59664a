// Rooms: what moderators ask for: mutes, bans, kicks, slow rooms.
#include <limits>
#include <vector>

#include "engine/chat_facts.h"
#include "engine/rooms.h"

namespace perseid {
namespace {

constexpr u32 kSlowModeMsMax = 86'400'000;

u64 end_of(u64 duration_ms, u64 unix_ms) {
  return duration_ms == 0 ? kForever : unix_ms + duration_ms;
}

}  // namespace

bool Rooms::is_banned(const JoinRequest& request, JoinAnswer& answer) {
  if (request.moderator) return false;
  const RoomModeration* rules = moderation_.find(request.room);
  if (rules == nullptr) return false;
  const u64 unix_ms = context_.now.unix_ms;
  const u64 until = rules->banned_until(request.session, request.name, unix_ms);
  if (until == 0) return false;
  answer.error = Error::banned;
  answer.retry_after_ms = left_ms(until, unix_ms);
  return true;
}

Error Rooms::moderate(Room& room, const ChatAsk& ask, std::string_view& field) {
  const u64 unix_ms = context_.now.unix_ms;
  const u64 until = end_of(ask.duration_ms, unix_ms);
  const std::string user = user_key(ask.name, ask.client);
  Error error = Error::ok;
  field = ask.name.empty() ? "client" : "name";
  switch (ask.op) {
    case ClientOp::mute:
      error = moderation_.mute(room.name, user, until, unix_ms);
      break;
    case ClientOp::ban:
      error = moderation_.ban(room.name, user, until, unix_ms);
      break;
    case ClientOp::unmute:
      moderation_.unmute(room.name, user);
      break;
    case ClientOp::unban:
      moderation_.unban(room.name, user);
      break;
    case ClientOp::slow_mode:
      field = "interval_ms";
      error = ask.interval_ms > kSlowModeMsMax
                  ? Error::bad_value
                  : moderation_.slow(room.name, ask.interval_ms, unix_ms);
      break;
    default:
      break;
  }
  if (error == Error::moderation_limit) ++context_.stats.moderation_refused;
  if (error != Error::ok) return error;
  ++context_.stats.moderated;
  remember_order(room, ask, until);
  room.moderation = moderation_.hold(room.name);
  if (ask.op == ClientOp::mute || ask.op == ClientOp::unmute) silence(room, ask);
  if (ask.op == ClientOp::ban) expel(room, ask, Error::banned, until);
  if (ask.op != ClientOp::kick) return Error::ok;
  return expel(room, ask, Error::ok, kForever) == 0 ? Error::unknown_client : Error::ok;
}

// By name: a client's number means nothing to the relay that is started next.
void Rooms::remember_order(Room& room, const ChatAsk& ask, u64 until_unix_ms) {
  switch (ask.op) {
    case ClientOp::mute:
      return remember(room, kMuteFact, ask.name, until_unix_ms);
    case ClientOp::unmute:
      return forget(room, kMuteFact, ask.name);
    case ClientOp::ban:
      return remember(room, kBanFact, ask.name, until_unix_ms);
    case ClientOp::unban:
      return forget(room, kBanFact, ask.name);
    case ClientOp::slow_mode:
      return remember(room, kSlowFact, "*", ask.interval_ms);
    default:
      return;
  }
}

std::vector<u32> Rooms::seats_of(const Room& room, const ChatAsk& ask) const {
  std::vector<u32> out;
  for (u32 seat = 0; seat < room.seats.size(); ++seat) {
    const Seat& taken = room.seats[seat];
    if (!taken.session) continue;
    const bool meant =
        ask.name.empty() ? taken.session == ask.client : taken.name.view() == ask.name;
    if (meant) out.push_back(seat);
  }
  return out;
}

// Those who are there, by all that holds for them now.
void Rooms::silence(Room& room, const ChatAsk& ask) {
  if (room.moderation == nullptr) return;
  for (const u32 seat : seats_of(room, ask)) {
    const Seat& taken = room.seats[seat];
    room.moderation->unseat(taken.session);
    room.moderation->seat(taken.session, taken.name.view(), context_.now.unix_ms);
  }
}

// Their own shards have them leave. A list of them first: those of this shard are gone at once.
u32 Rooms::expel(Room& room, const ChatAsk& ask, Error why, u64 until_unix_ms) {
  std::vector<KickLetter> letters;
  for (const u32 seat : seats_of(room, ask)) {
    letters.push_back({.session = room.seats[seat].session,
                       .room = {room.slot, rooms_.handle(room.slot).generation},
                       .seat = seat,
                       .why = why,
                       .retry_after_ms = left_ms(until_unix_ms, context_.now.unix_ms)});
  }
  for (const KickLetter& letter : letters) {
    mail_.send(letter.session.shard(), Letter(letter));
  }
  return static_cast<u32>(letters.size());
}

}  // namespace perseid
