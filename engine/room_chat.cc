// Room: its chat as it is now: history folded with edits, deletions and reactions.
#include <algorithm>
#include <vector>

#include "codec/assert.h"
#include "codec/delivery.h"
#include "engine/room.h"

namespace perseid {
namespace {

Delivery delivery_of(Bytes frame) {
  Delivery delivery;
  PSD_ASSERT(read_delivery_json(delivery_json(frame), delivery));
  return delivery;
}

std::string frame_of(Flavour flavour, const Delivery& delivery) {
  std::string frame(delivery_bytes(flavour, delivery), '\0');
  write_delivery(flavour, delivery, reinterpret_cast<u8*>(frame.data()));
  return frame;
}

}  // namespace

ChatBook& Room::book() {
  if (chat_book == nullptr) {
    chat_book = std::make_unique<ChatBook>(
        ChatBook::Limits{.reactions_max = context_.options.message_reactions_max,
                         .bytes_max = context_.options.chat_marks_bytes_max});
  }
  return *chat_book;
}

void Room::fold_change(Seq seq, u64 unix_ms, u64 sender, std::string_view payload) {
  book().apply_payload(context_.chat_folder.reader(), {seq, unix_ms, sender, {}}, payload);
}

void Room::fold_events_after(Seq seq, ChatBook& book) const {
  if (chat_book == nullptr || chat_book->newest_event() <= seq) return;
  canonical().lanes[index(Lane::chat)].visit(seq + 1, ~Seq{0}, [&](Seq at, Bytes frame) {
    if (!chat_book->is_event(at)) return;
    const Delivery event = delivery_of(frame);
    book.apply_payload(context_.chat_folder.reader(),
                       {at, event.timestamp_unix_ms, event.sender, {}}, event.payload);
  });
}

bool Room::author_of(Seq message, u64& author) const {
  if (chat_book != nullptr && chat_book->is_event(message)) return false;
  bool found = false;
  canonical().lanes[index(Lane::chat)].visit(message, message, [&](Seq, Bytes frame) {
    author = delivery_of(frame).sender;
    found = true;
  });
  return found;
}

u64 Room::unread_after(Seq read) const {
  const Seq end = canonical().lanes[index(Lane::chat)].next_seq();
  const u64 events = chat_book == nullptr ? 0 : chat_book->events_between(read + 1, end);
  return end - 1 - read - events;
}

u32 Room::write_history(std::string& out, Seq before, u32 limit, SessionUid asker) const {
  const LaneLog& chat = canonical().lanes[index(Lane::chat)];
  const Seq end = std::clamp(before, Seq{1}, chat.next_seq());
  const Seq least = history_first(context_.options.chat_history);
  const Seq first = chat_book == nullptr ? std::max(least, end - std::min<Seq>(end - 1, limit))
                                         : chat_book->first_of(limit, least, end);
  u32 count = 0;
  out += '[';
  chat.visit(first, end - 1, [&](Seq seq, Bytes frame) {
    if (chat_book != nullptr && chat_book->is_event(seq)) return;
    ++count;
    if (out.back() != '[') out += ',';
    const ChatMark* mark = chat_book == nullptr ? nullptr : chat_book->find(seq);
    if (mark == nullptr) {
      out += delivery_json(frame);
      return;
    }
    const Delivery& folded = context_.chat_folder.fold(delivery_of(frame), mark, asker.value);
    out += delivery_json(as_bytes(frame_of(Flavour::json, folded)));
  });
  out += ']';
  return count;
}

// What changes a message comes behind it: so the newest event tells of all of them.
bool Room::history_is_marked(u32 messages) const {
  return chat_book != nullptr && chat_book->newest_event() >= history_first(messages);
}

// What nothing has happened to is copied as it lies in the member's own format.
std::string Room::folded_history(WireFormat format, u32 messages, u32 bytes_max,
                                 SessionUid asker) const {
  const LaneLog& chat = canonical().lanes[index(Lane::chat)];
  const Seq least = history_first(context_.options.chat_history);
  const Seq first = chat_book->first_of(messages, least, chat.next_seq());
  std::string out;
  std::vector<std::size_t> begins;
  formats[format.index()]->lanes[index(Lane::chat)].visit(first, ~Seq{0}, [&](Seq seq, Bytes raw) {
    if (chat_book->is_event(seq)) return;
    begins.push_back(out.size());
    const ChatMark* mark = chat_book->find(seq);
    if (mark == nullptr) {
      out += as_text(raw);
      return;
    }
    chat.visit(seq, seq, [&](Seq, Bytes frame) {
      Delivery message = delivery_of(frame);
      message.room_number = number;
      out += frame_of(format.flavour, context_.chat_folder.fold(message, mark, asker.value));
    });
  });
  const auto kept = std::find_if(begins.begin(), begins.end(), [&](std::size_t begin) {
    return out.size() - begin <= bytes_max;
  });
  return kept == begins.end() ? std::string() : out.substr(*kept);
}

}  // namespace perseid
