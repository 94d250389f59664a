// Rooms: chat at home: who may write, what changes a message, what only passes by, who has read.
#include <string>

#include "codec/delivery.h"
#include "engine/answers.h"
#include "engine/chat_facts.h"
#include "engine/rooms.h"

namespace perseid {
namespace {

std::string_view target_field(ChatKind kind) {
  return kind == ChatKind::react  ? "payload.react.seq"
         : kind == ChatKind::edit ? "payload.edit.seq"
                                  : "payload.delete.seq";
}

}  // namespace

bool Rooms::admit_chat(Room& room, const Publish& message, ChatPayload& says, Refusal& refusal) {
  if (!may_write(room, message, refusal)) return false;
  if (message.chat == ChatKind::message) return true;
  if (message.chat == ChatKind::typing) {
    pass_on(room, message);
    return false;
  }
  // Looked at by the sender's shard already; only what it says did not come along.
  refusal.error = context_.chat_folder.reader().read(message.payload, says, refusal.field);
  return refusal.error == Error::ok && admit_event(room, message, says, refusal);
}

bool Rooms::may_write(Room& room, const Publish& message, Refusal& refusal) {
  if (room.moderation == nullptr || message.moderator) return true;
  const u64 unix_ms = context_.now.unix_ms;
  if (const u64 until = room.moderation->muted_until(message.sender, unix_ms); until != 0) {
    refusal = {Error::muted, "room", left_ms(until, unix_ms)};
  } else if (message.chat == ChatKind::message) {
    const u32 wait_ms = room.moderation->slow_down(message.sender, context_.now.mono_ms);
    if (wait_ms != 0) refusal = {Error::slow_mode, "room", wait_ms};
  }
  if (refusal.error == Error::ok) return true;
  ++context_.stats.chat_silenced;
  return false;
}

bool Rooms::admit_event(Room& room, const Publish& message, const ChatPayload& says,
                        Refusal& refusal) {
  u64 author = 0;
  const bool found = room.author_of(says.target, author);
  return judge(found ? &author : nullptr, room.book(), message, says, refusal);
}

// What would change nothing is done already: acknowledged, but nobody is told again.
bool Rooms::judge(const u64* author, const ChatBook& book, const Publish& message,
                  const ChatPayload& says, Refusal& refusal) {
  if (author == nullptr) {
    refusal.error = Error::unknown_message;
  } else if (says.kind != ChatKind::react && *author != message.sender.value &&
             !message.moderator) {
    refusal.error = Error::not_author;
  } else {
    refusal.error = book.check(says, message.sender.value);
  }
  if (refusal.error == Error::chat_limit) ++context_.stats.chat_marks_refused;
  if (refusal.error == Error::ok) return book.changes(says, message.sender.value);
  refusal.field = target_field(says.kind);
  return false;
}

// To the others, in small rooms, now or never.
void Rooms::pass_on(Room& room, const Publish& message) {
  const Options& options = context_.options;
  if (room.typing == nullptr) room.typing = std::make_unique<TypingThrottle>();
  if (room.members_total > options.typing_members_max ||
      !room.typing->admit(message.sender, message.payload, options.typing_per_second,
                          context_.now.mono_ms)) {
    ++context_.stats.typing_untold;
    return;
  }
  const Delivery delivery{.type = MessageType::chat,
                          .room_escaped = room.name_json,
                          .room_number = room.number,
                          .sender = message.sender.value,
                          .timestamp_unix_ms = context_.now.unix_ms,
                          .payload = message.payload};
  for (const Viewer& viewer : room.viewers) {
    auto letter = std::make_unique<PassingLetter>();
    letter->view = viewer.view;
    letter->sender = message.sender;
    for (const Flavour flavour : {Flavour::json, Flavour::bin}) {
      std::string& frame = letter->frames[static_cast<u8>(flavour)];
      frame.resize(delivery_bytes(flavour, delivery));
      write_delivery(flavour, delivery, reinterpret_cast<u8*>(frame.data()));
    }
    mail_.send(viewer.shard, Letter(std::move(letter)), Post::bulk);
  }
}

// What of the chat a joiner is told at once. A history in which something has changed is sent as
// it is now: what was deleted is not told to who comes after (docs/protocol.md).
void Rooms::fill_chat(const Room& room, const JoinRequest& request, JoinAnswer& answer) {
  if (room.moderation != nullptr) {
    answer.slow_mode_ms = room.moderation->interval_ms();
    room.moderation->seat(request.session, request.name, context_.now.unix_ms);
  }
  if (room.reads != nullptr) {
    const std::string_view user = request.is_user ? std::string_view(request.name) : "";
    answer.read = room.reads->find(user_key(user, request.session));
  }
  answer.unread = room.unread_after(answer.read);
  if (!request.has_history || answer.recovered || !room.history_is_marked(request.history)) return;
  const u32 messages = std::min(request.history, context_.options.chat_history);
  answer.history = room.folded_history(request.format, messages, context_.options.outbox_bytes_max,
                                       request.session);
  const LaneLog& log = room.formats[request.format.index()]->lanes[index(Lane::chat)];
  answer.cursors[index(Lane::chat)] = {log.end(), log.next_seq()};
  ++context_.stats.histories_folded;
}

Error Rooms::read(Room& room, const ChatAsk& ask, std::string_view& field) {
  field = "seq";
  if (ask.seq > room.last_seq(Lane::chat)) return Error::bad_value;
  u32 dropped = 0;
  const bool moved = read_positions(room).move(user_key(ask.user, ask.session), ask.seq,
                                               context_.options.read_positions_max, dropped);
  context_.stats.read_positions_dropped += dropped;
  if (moved) remember(room, kReadFact, ask.user, ask.seq);
  if (!moved || !room.rule->read_receipts) return Error::ok;
  std::string& text = context_.scratch;
  text.clear();
  answers::receipt(text, room.name, ask.session, ask.user, ask.seq);
  room.notice(text);
  touch(room);
  return Error::ok;
}

void Rooms::chat_ask(ChatAsk& ask) {
  if (waits(ask)) return;
  u32 seat = kNoSlot;
  Room* room = find_seated(ask.room, ask.room_name, ask.session, seat);
  auto answer = std::make_unique<TextAnswer>();
  answer->session = ask.session;
  if (room == nullptr) {
    answer->error = Error::not_joined;
  } else if (ask.op == ClientOp::read) {
    answer->error = read(*room, ask, answer->field);
  } else {
    answer->error = moderate(*room, ask, answer->field);
  }
  if (answer->error == Error::ok && ask.id.empty()) return;
  if (answer->error == Error::ok) {
    answers::ack(answer->json, ask.id, ask.room_name, ask.seq, context_.now.unix_ms);
  }
  answer->id = std::move(ask.id);
  mail_.send(ask.session.shard(), Letter(std::move(answer)));
}

// A message of the relay itself, in the chat's one order and its history.
void Rooms::notice(const NoticeLetter& letter) {
  const auto it = by_name_.find(std::string_view(letter.room));
  if (it == by_name_.end()) return;
  Room& room = *rooms_[it->second];
  Refusal refusal;
  const Publish message{.payload = letter.payload, .moderator = true};
  if (stores_first(room)) {
    PublishLetter parcel;
    parcel.parcel = parcels_.write({{}, {}, letter.payload});
    hold(room, parcel, message, refusal);
  } else {
    publish(room, message, refusal);
  }
}

}  // namespace perseid
