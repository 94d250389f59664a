// Rooms: changes to messages of durable rooms that have left the window. The store is asked for the
// message and all that has become of it; who may change what is judged by that, and the change goes
// its way like any other. What its sender says meanwhile may come before it.
#include <utility>

#include "engine/answers.h"
#include "engine/rooms.h"

namespace perseid {
namespace {

constexpr u32 kQuestionBytes = 256;  // a small job

}  // namespace

// True if it is seen to: refused, or waiting for the store.
bool Rooms::looks_back(Room& room, PublishLetter& letter, const Publish& message,
                       Refusal& refusal) {
  if (room.line == nullptr || message.lane != Lane::chat || !is_event(message.chat)) return false;
  ChatPayload says;
  std::string_view field;
  const Error error = context_.chat_folder.reader().read(message.payload, says, field);
  if (error != Error::ok || says.target == 0 || says.target >= room.chat_begin()) return false;
  if (!may_write(room, message, refusal)) return true;
  const auto bytes = static_cast<u32>(message.payload.size()) + kQuestionBytes;
  if (!context_.config.store->reserve(bytes)) {
    ++context_.stats.store_overloaded;
    refusal.error = Error::overloaded;
    return true;
  }
  ++context_.stats.store_changes;
  auto job = std::make_unique<StoreJob>();
  job->shard = context_.config.shard;
  job->room = rooms_.handle(slot_of(room));
  job->reserved_bytes = bytes;
  job->body = store::ReadPage{.room = room.line->room,
                              .before = says.target + 1,
                              .limit = 1,
                              .bytes_max = context_.options.store_page_bytes_max,
                              .change = ++changes_begun_};
  changes_.emplace(changes_begun_, std::move(letter));
  ++room.line->changes_out;
  context_.config.store->submit(std::move(job));
  return true;
}

// What it is about has come.
void Rooms::change_past(StoreJob& job) {
  auto& page = std::get<store::ReadPage>(job.body);
  Room* room = find(job.room);
  PSD_ASSERT(room != nullptr && room->line->changes_out > 0);  // it cannot go while it is busy
  --room->line->changes_out;
  PublishLetter letter = std::move(changes_.extract(page.change).mapped());
  const Parcel parcel = open_parcel(letter.parcel);
  const Publish message{.lane = Lane::chat,
                        .sender = letter.sender,
                        .payload = parcel.payload,
                        .chat = letter.chat,
                        .moderator = letter.moderator};
  Refusal refusal{.error = job.error, .field = {}};
  Seq seq = 0;
  if (refusal.error != Error::ok) {
    ++context_.stats.store_refused;
  } else {
    ChatPayload says;
    const bool admitted = admit_past(*room, page, message, says, refusal);
    if (admitted && stores_first(*room)) {
      if (hold_admitted(*room, letter, says.target, parcel.payload, refusal)) return;
    } else if (admitted) {
      seq = sequence(*room, message, says, refusal);
    }
  }
  if (!parcel.id.empty() || refusal.error != Error::ok) answer_parcel(letter, seq, refusal);
}

bool Rooms::admit_past(Room& room, const store::ReadPage& page, const Publish& message,
                       ChatPayload& says, Refusal& refusal) {
  if (!is_stored(room, page)) {
    refusal.error = Error::store_unavailable;
    ++context_.stats.store_refused;
    return false;
  }
  ChatBook book({.reactions_max = context_.options.message_reactions_max});
  fold_page(&room, page, book);
  refusal.error = context_.chat_folder.reader().read(message.payload, says, refusal.field);
  if (refusal.error != Error::ok) return false;
  const bool found = !page.messages.empty() && page.messages[0].seq == says.target;
  return judge(found ? &page.messages[0].sender : nullptr, book, message, says, refusal);
}

// What a room has delivered may be waiting for the store still, and be out of its window already.
// The answers of a store come in their order: so a page that could lack something finds it not said
// to be stored.
bool Rooms::is_stored(const Room& room, const store::ReadPage& page) {
  return page.before <= room.line->stored_seq + 1;
}

// What has become of a page's messages; what is not stored yet is told by the lane.
void Rooms::fold_page(const Room* room, const store::ReadPage& page, ChatBook& book) {
  for (const StoredMessage& event : page.events) {
    book.apply_payload(context_.chat_folder.reader(),
                       {event.seq, event.timestamp_unix_ms, event.sender, {}}, event.payload);
  }
  if (room != nullptr) room->fold_events_after(room->line->stored_seq, book);
}

}  // namespace perseid
