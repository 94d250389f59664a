// ChatPayload: what the payload of a chat message says: a message, or a change to an earlier one.
// Thread: the owner's; the reader keeps simdjson's buffers.
// Invariants: the payload itself is relayed as it is, this only looks at it. Keys that are not
// ours say nothing, and neither does a payload that is no object: those are messages.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

enum class ChatKind : u8 {
  message,  // `text`, `emoji`, or anything else
  react,    // {"react":{"seq":…,"emoji":…,"remove":…}}
  edit,     // {"edit":{"seq":…,"text":…}}
  erase,    // {"delete":{"seq":…}}
  typing    // {"typing":true}: passes by, is neither numbered nor kept
};
// Changes an earlier message: bears a target, and is none in the history.
constexpr bool is_event(ChatKind kind) {
  return kind == ChatKind::react || kind == ChatKind::edit || kind == ChatKind::erase;
}

constexpr u32 kEmojiBytesMax = 64;  // a family of seven with tones of skin has 59

struct ChatPayload {
  ChatKind kind = ChatKind::message;
  bool remove = false;     // react: take the reaction away
  u64 target = 0;          // react, edit, erase: the seq of the message
  std::string_view emoji;  // react: unescaped
  std::string_view text;   // edit: a JSON string as written, in its quotes
};

class ChatPayloadReader {
 public:
  ChatPayloadReader();
  ~ChatPayloadReader();
  // `payload` is valid JSON with kParsePaddingBytes readable behind it; views in `out` live until
  // the next call. Else what is wrong, with `field` naming the place ("payload.react.seq").
  Error read(std::string_view payload, ChatPayload& out, std::string_view& field);
  // Appends a message's payload with another text (a JSON string in quotes); what stands beside
  // the text stays, but for its signature. A payload that is no object becomes one. Padded as
  // above.
  void append_edited(std::string& out, std::string_view payload, std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perseid
