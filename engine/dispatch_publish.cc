// Publishing: chat, player_action and game_state to rooms here or on another shard, and private
// messages.
#include <algorithm>
#include <utility>

#include "codec/client_id.h"
#include "engine/answers.h"
#include "engine/dispatch.h"

namespace perseid {

// One number for "this session's publish with this id, in this lane of this room (or to this
// client)". Never 0.
u64 Dispatch::repeat_key(const Request& request, std::string_view place) const {
  if (request.id.empty()) return 0;
  const KeyedHash hash{context_.config.hash_key};
  return (hash(request.id) * 31 + hash(place) * 7 + static_cast<u64>(request.type)) | 1;
}

bool Dispatch::answer_repeated(Slot slot, const Request& request, std::string_view room, u64 key) {
  Session& session = sessions_[slot];
  if (session.memory == nullptr) session.memory = std::make_unique<PublishMemory>();
  PublishMemory::Entry* entry = session.memory->find(key);
  if (entry == nullptr) {
    session.memory->begin(key);
    return false;
  }
  ++context_.stats.duplicates_answered;
  if (entry->pending()) {
    entry->repeat();  // answered with the first, which is on its way
  } else {
    acknowledge(slot, request.id, room, entry->seq(),
                entry->timestamp_unix_ms(context_.now.unix_ms));
  }
  return true;
}

// Returns how often the publish was repeated meanwhile.
u32 Dispatch::remember(Slot slot, u64 key, Seq seq, u64 unix_ms) {
  Session& session = sessions_[slot];
  PublishMemory::Entry* entry = session.memory == nullptr ? nullptr : session.memory->find(key);
  return entry == nullptr ? 0 : entry->settle(seq, unix_ms);
}

void Dispatch::acknowledge(Slot session, std::string_view id, std::string_view room, Seq seq,
                           u64 unix_ms) {
  std::string& text = context_.scratch;
  text.clear();
  answers::ack(text, id, room, seq, unix_ms);
  sessions_.answer(session, text);
}

void Dispatch::publish(Slot session, const Request& request) {
  const Slot slot = views_.find_member(session, request.room, request.room_number);
  if (slot == kNoSlot) {
    return sessions_.answer_error(session, request.id, Error::not_joined, "room");
  }
  const Member& member = views_.member(slot);
  const RoomView& view = views_.view_of(member);
  const Permissions may = admissions_.permissions(session, view.name);
  if ((may & permission_of(request.type)) == 0) {
    return sessions_.answer_error(session, request.id, Error::forbidden, "type");
  }
  const u64 key = repeat_key(request, view.name);
  if (!admit_signature(session, request, {.is_private = false, .name = view.name}, key)) return;
  ChatKind chat = ChatKind::message;
  if (!admit_chat(session, request, chat)) return;
  if (key != 0 && answer_repeated(session, request, view.name, key)) return;
  if (is_shed(session, request)) return refuse_overloaded(session, request, key);
  if (view.home == context_.config.shard && member.joined) {
    Room* room = rooms_.find(view.room);
    PSD_ASSERT(room != nullptr);  // it cannot go while it has members
    const bool waits = request.type == MessageType::chat && Rooms::may_wait(*room, chat);
    if (!waits) return publish_here(session, request, chat, *room, key, may);
  }
  PublishLetter letter{.room = member.joined ? view.room : Handle{},
                       .sender = sessions_.uid(session),
                       .parcel = parcels_.write({request.id, view.name, request.payload}),
                       .repeat_key = key,
                       .lane = index(lane_of(request.type)),
                       .coded = request.coded,
                       .moderator = (may & kMayModerate) != 0,
                       .chat = chat};
  if (mail_.send(view.home, Letter(std::move(letter)), Post::bulk)) return;
  refuse_overloaded(session, request, key);
}

// What was acknowledged once is acknowledged again, so this is asked behind answer_repeated().
bool Dispatch::is_shed(Slot session, const Request& request) {
  if (request.type != MessageType::chat || admissions_.is_known(session)) return false;
  if (!context_.overload.sheds(Shedding::anonymous_chat)) return false;
  ++context_.stats.overload_chat_refused;
  return true;
}

void Dispatch::refuse_overloaded(Slot session, const Request& request, u64 key) {
  if (key != 0) sessions_[session].memory->forget(key);
  ++context_.stats.overloaded;
  sessions_.answer_error(session, request.id, Error::overloaded, {},
                         answers::retry_after_ms(Error::overloaded));
}

void Dispatch::publish_here(Slot session, const Request& request, ChatKind chat, Room& room,
                            u64 key, Permissions may) {
  Rooms::Refusal refusal;
  const Seq seq = rooms_.publish(room,
                                 {.lane = lane_of(request.type),
                                  .sender = sessions_.uid(session),
                                  .payload = request.payload,
                                  .coded = request.coded,
                                  .chat = chat,
                                  .moderator = (may & kMayModerate) != 0},
                                 refusal);
  if (refusal.error != Error::ok) {
    if (key != 0) sessions_[session].memory->forget(key);
    const u32 wait_ms = std::max(refusal.retry_after_ms, answers::retry_after_ms(refusal.error));
    return sessions_.answer_error(session, request.id, refusal.error, refusal.field, wait_ms);
  }
  if (request.id.empty()) return;
  remember(session, key, seq, context_.now.unix_ms);
  acknowledge(session, request.id, room.name, seq, context_.now.unix_ms);
}

void Dispatch::published(const PublishAnswer& answer) {
  if (sessions_.find(answer.sender) == nullptr) return;
  const Slot session = answer.sender.handle().slot;
  const Parcel parcel = open_parcel(answer.parcel);
  if (answer.error != Error::ok) {
    refuse_published(session, answer, parcel.id);
    return;
  }
  if (parcel.id.empty()) return;
  const u32 repeats = remember(session, answer.repeat_key, answer.seq, answer.timestamp_unix_ms);
  for (u32 i = 0; i <= repeats; ++i) {
    acknowledge(session, parcel.id, parcel.room, answer.seq, answer.timestamp_unix_ms);
  }
}

// Each repetition is told as well; the id may be used again.
void Dispatch::refuse_published(Slot session, const PublishAnswer& answer, std::string_view id) {
  const u32 repeats = answer.repeat_key == 0 ? 0 : remember(session, answer.repeat_key, 0, 0);
  if (answer.repeat_key != 0) sessions_[session].memory->forget(answer.repeat_key);
  for (u32 i = 0; i <= repeats; ++i) {
    sessions_.answer_error(session, id, answer.error, {answer.field, answer.field_bytes},
                           std::max(answer.retry_after_ms, answers::retry_after_ms(answer.error)));
  }
}

void Dispatch::send_direct(Slot session, const Request& request) {
  if (!is_permitted(session, request, kMaySendDirect, {}, "to")) return;
  const u64 key = repeat_key(request, request.to);
  if (!admit_signature(session, request, {.is_private = true, .name = request.to}, key)) return;
  ChatKind chat = ChatKind::message;
  if (!admit_chat(session, request, chat)) return;
  if (request.to.starts_with(kNamedRecipient)) return send_named(session, request, chat, key);
  SessionUid to;
  if (!read_client_id(request.to, to.value)) {
    return sessions_.answer_error(session, request.id, Error::bad_value, "to");
  }
  if (to.shard() >= context_.config.shard_count) {
    return sessions_.answer_error(session, request.id, Error::unknown_client, "to");
  }
  if (key != 0 && answer_repeated(session, request, {}, key)) return;
  if (is_shed(session, request)) return refuse_overloaded(session, request, key);
  const SessionUid sender = sessions_.uid(session);
  if (to.shard() != context_.config.shard) {
    DirectLetter letter{.to = to,
                        .sender = sender,
                        .parcel = parcels_.write({request.id, {}, request.payload}),
                        .repeat_key = key,
                        .type = static_cast<u8>(request.type)};
    if (mail_.send(to.shard(), Letter(std::move(letter)), Post::bulk)) return;
    return refuse_overloaded(session, request, key);
  }
  const Error error =
      deliver_direct(to, sender, request.type, request.payload, context_.now.unix_ms);
  if (error != Error::ok) {
    if (key != 0) sessions_[session].memory->forget(key);
    return sessions_.answer_error(session, request.id, error, "to");
  }
  if (key == 0) return;
  remember(session, key, 0, context_.now.unix_ms);
  acknowledge(session, request.id, {}, 0, context_.now.unix_ms);
}

Error Dispatch::deliver_direct(SessionUid to, SessionUid sender, MessageType type,
                               std::string_view payload, u64 unix_ms) {
  const Session* recipient = sessions_.find(to);
  if (recipient == nullptr || recipient->closing ||
      !admissions_.may(to.handle().slot, kMaySendDirect, {})) {
    return Error::unknown_client;
  }
  const Delivery delivery{.type = type,
                          .room_escaped = {},
                          .sender = sender.value,
                          .to = to.value,
                          .timestamp_unix_ms = unix_ms,
                          .payload = payload};
  const Slot slot = to.handle().slot;
  const auto size_bytes = static_cast<u32>(delivery_bytes(recipient->format.flavour, delivery));
  if (!sessions_.has_room(slot, size_bytes)) return Error::recipient_slow;
  write_delivery(recipient->format.flavour, delivery, sessions_.reserve(slot, size_bytes));
  ++context_.stats.messages_direct;
  context_.emit(EventKind::message_sent, sender, {}, Error::ok, "direct", payload.size());
  return Error::ok;
}

void Dispatch::direct(DirectLetter& letter) {
  const Parcel parcel = open_parcel(letter.parcel);
  const Session* session = sessions_.find(letter.to);
  // Who keeps the name goes by its hash.
  const bool is_other =
      letter.question != 0 && session != nullptr && session->name.view() != parcel.room;
  const u64 unix_ms =
      letter.timestamp_unix_ms == 0 ? context_.now.unix_ms : letter.timestamp_unix_ms;
  const Error error =
      is_other ? Error::unknown_client
               : deliver_direct(letter.to, letter.sender, static_cast<MessageType>(letter.type),
                                parcel.payload, unix_ms);
  if (letter.question != 0) {
    mail_.send(
        letter.sender.shard(),
        Letter(NamedAnswer{.sender = letter.sender, .question = letter.question, .error = error}));
    return;
  }
  if (parcel.id.empty() && error == Error::ok) return;
  const ShardId shard = letter.sender.shard();
  mail_.send(shard, Letter(PublishAnswer{.sender = letter.sender,
                                         .parcel = std::move(letter.parcel),
                                         .repeat_key = letter.repeat_key,
                                         .timestamp_unix_ms = context_.now.unix_ms,
                                         .seq = 0,
                                         .field = "to",
                                         .field_bytes = 2,
                                         .error = error}));
}

}  // namespace perseid
