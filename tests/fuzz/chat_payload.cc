// Any JSON as a chat payload: no crash, no read beyond; what it says is within bounds, and what an
// edit makes of it is JSON again.
#include "codec/chat_payload.h"

#include <cstdlib>
#include <string>

#include "codec/json_document.h"

namespace {

using namespace perseid;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json(const std::string& text) {
  static JsonDocument document;
  const std::string bytes = text + std::string(kParsePaddingBytes, '"');
  return document.open(std::string_view(bytes).substr(0, text.size())) == Error::ok;
}

void check(const ChatPayload& payload, std::string_view field) {
  require(field.empty());
  require(is_event(payload.kind) == (payload.target != 0));
  require((payload.kind == ChatKind::react) == !payload.emoji.empty());
  require(payload.emoji.size() <= kEmojiBytesMax);
  require((payload.kind == ChatKind::edit) == !payload.text.empty());
  require(payload.text.empty() || is_json(std::string(payload.text)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  static ChatPayloadReader reader;
  const std::string text(as_text({data, size}));
  const std::string bytes = text + std::string(kParsePaddingBytes, '"');
  const std::string_view payload = std::string_view(bytes).substr(0, size);
  ChatPayload out;
  std::string_view field;
  const Error error = reader.read(payload, out, field);
  if (error != Error::ok) require(field.starts_with("payload"));
  if (!is_json(text)) return 0;
  require(error != Error::invalid_json);
  if (error == Error::ok) check(out, field);
  const std::string trimmed(trim_json(payload));
  const std::string again = trimmed + std::string(kParsePaddingBytes, '"');
  std::string edited;
  reader.append_edited(edited, std::string_view(again).substr(0, trimmed.size()), "\"new\"");
  require(is_json(edited));
  return 0;
}
