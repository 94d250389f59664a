// ChatBook: what has become of a room's chat messages: edits, deletions and reactions, folded from
// the events that change them. Beside the window of the chat lane, which keeps the messages.
// Thread: the owner's. Owns: the marks.
// Invariants: bytes() is at most Limits::bytes_max once check() was asked; a deleted message has
// nothing but that mark; folding an event twice changes nothing.
//
// It is fed with what is published, or with what a store has kept: either gives the same marks.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codec/chat_payload.h"
#include "codec/delivery.h"
#include "engine/ids.h"

namespace perseid {

struct ChatEvent {
  Seq seq = 0;
  u64 timestamp_unix_ms = 0;
  u64 sender = 0;  // SessionUid value
  ChatPayload says;
};

struct ChatReaction {
  std::string emoji;
  std::vector<u64> clients;  // in the order in which they came
};

// What has become of one message.
struct ChatMark {
  std::string text;  // the newest edit's, a JSON string; empty: not edited
  u64 edited_unix_ms = 0;
  Seq edited_seq = 0;  // of the edit: an older one changes nothing
  bool deleted = false;
  std::vector<ChatReaction> reactions;
  u32 reactions_total = 0;
  bool empty() const { return text.empty() && !deleted && reactions.empty(); }
};

class ChatBook {
 public:
  struct Limits {
    u32 reactions_max = ~0u;  // of one message: clients times emoji
    u64 bytes_max = ~u64{0};
  };
  static constexpr u32 kEmojisMax = 32;  // different ones on one message
  explicit ChatBook(const Limits& limits) : limits_(limits) {}

  // Whether the event may be folded: unknown_message of what is deleted, chat_limit.
  Error check(const ChatPayload& says, u64 sender) const;
  // False if it would leave everything as it is: the same reaction twice, say.
  bool changes(const ChatPayload& says, u64 sender) const;
  void apply(const ChatEvent& event);
  // The same from an event's payload as it was kept; false if that is none.
  bool apply_payload(ChatPayloadReader& reader, const ChatEvent& kept, std::string_view payload);

  const ChatMark* find(Seq message) const;
  bool is_event(Seq seq) const;
  Seq newest_event() const { return events_.empty() ? 0 : events_.back(); }
  // How many of the seqs first .. end - 1 are events.
  u64 events_between(Seq first, Seq end) const;
  // The least seq from which at most `messages` messages stand before `end`; not below `least`.
  Seq first_of(u64 messages, Seq least, Seq end) const;
  // The window begins here: what is before is not asked for any more.
  void forget_before(Seq first);
  u64 bytes() const { return bytes_; }

 private:
  static u64 bytes_of(const ChatMark& mark);
  static u64 added_bytes(const ChatPayload& says);
  void react(ChatMark& mark, const ChatEvent& event);

  const Limits limits_;
  std::map<Seq, ChatMark> marks_;
  std::deque<Seq> events_;
  u64 bytes_ = 0;
};

// Appends what a mark says to a delivery (Delivery::marks); `asker` sees which reactions are its
// own.
void append_marks(std::string& out, const ChatMark& mark, u64 asker);

// Deliveries of the history, folded: each message as it is now, for one asker.
// Keeps its buffers; what it returns lives until the next call.
class ChatFolder {
 public:
  // The message with its marks and its edited payload; `mark` may be null.
  const Delivery& fold(const Delivery& message, const ChatMark* mark, u64 asker);
  ChatPayloadReader& reader() { return reader_; }

 private:
  ChatPayloadReader reader_;
  Delivery folded_;
  std::string marks_;
  std::string padded_;
  std::string payload_;
};

}  // namespace perseid
