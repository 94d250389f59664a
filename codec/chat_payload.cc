#include "codec/chat_payload.h"

#include <charconv>

#include "codec/envelope_fields.h"
#include "codec/json_document.h"
#include "codec/json_text.h"
#include "codec/signed_payload.h"

namespace perseid {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr u64 kSeqMax = (u64{1} << 53) - 1;  // as far as a double counts, and so JavaScript

constexpr std::size_t kCapacityRetainedBytesMax = 1 * MiB;

enum class Key : u8 { text, emoji, react, edit, erase, typing, unknown };
constexpr std::string_view kKeys[] = {"text", "emoji", "react", "edit", "delete", "typing"};
constexpr std::string_view kPlaces[] = {"payload.text", "payload.emoji",  "payload.react",
                                        "payload.edit", "payload.delete", "payload.typing"};
constexpr std::string_view kSeqPlaces[] = {"", "", "payload.react.seq", "payload.edit.seq",
                                           "payload.delete.seq"};

Key key_of(std::string_view name) noexcept {
  u8 i = 0;
  while (i < static_cast<u8>(Key::unknown) && kKeys[i] != name) ++i;
  return static_cast<Key>(i);
}

// Values of a payload that was checked as a whole; of one that was not, something wrong.
Error read_string(ondemand::value& value, std::string_view& out) noexcept {
  const auto error = value.get_string().get(out);
  if (!error) return Error::ok;
  return error == simdjson::INCORRECT_TYPE ? Error::wrong_type : Error::invalid_json;
}

// Any; its bytes are not looked at again.
Error check_string(ondemand::value& value) noexcept {
  ondemand::json_type type{};
  if (value.type().get(type)) return Error::invalid_json;
  return type == ondemand::json_type::string ? Error::ok : Error::wrong_type;
}

Error read_bool(ondemand::value& value, bool& out) noexcept {
  return value.get_bool().get(out) ? Error::wrong_type : Error::ok;
}

// Something to show, and short.
Error read_emoji(ondemand::value& value, std::string_view& out) noexcept {
  if (const Error error = read_string(value, out); error != Error::ok) return error;
  return check_name(out, kEmojiBytesMax) == Error::ok ? Error::ok : Error::bad_value;
}

Error read_seq(ondemand::value& value, u64& out) noexcept {
  ondemand::json_type type{};
  if (value.type().get(type)) return Error::invalid_json;
  if (type != ondemand::json_type::number) return Error::wrong_type;
  const std::string_view text = trim_json(value.raw_json_token());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && out > 0 && out <= kSeqMax ? Error::ok : Error::bad_value;
}

// Reads one payload. `field` says where it is, at every moment.
class Reader {
 public:
  Reader(ChatPayload& out, std::string_view& field) : out_(out), field_(field) {}

  Error read(ondemand::object object) {
    for (auto item : object) {
      std::string_view name;
      ondemand::value value;
      field_ = "payload";
      if (item.unescaped_key().get(name) || item.value().get(value)) return Error::invalid_json;
      const Key key = key_of(name);
      if (key == Key::unknown) continue;
      if (const Error error = take(key, value); error != Error::ok) return error;
    }
    return check();
  }

 private:
  Error take(Key key, ondemand::value& value) {
    field_ = kPlaces[static_cast<u8>(key)];
    if (!first(1u << static_cast<u8>(key), seen_)) return Error::duplicate_field;
    std::string_view text;
    if (key == Key::text) return check_string(value);
    if (key == Key::emoji) return read_emoji(value, text);
    if (out_.kind != ChatKind::message) return Error::bad_value;  // one thing at a time
    if (key == Key::typing) {
      out_.kind = ChatKind::typing;
      bool typing = false;
      return read_bool(value, typing);
    }
    return take_event(key, value);
  }

  Error take_event(Key key, ondemand::value& value) {
    out_.kind = key == Key::react  ? ChatKind::react
                : key == Key::edit ? ChatKind::edit
                                   : ChatKind::erase;
    ondemand::object object;
    if (value.get_object().get(object)) return Error::wrong_type;
    u32 seen = 0;
    for (auto item : object) {
      std::string_view name;
      ondemand::value inner;
      if (item.unescaped_key().get(name) || item.value().get(inner)) return Error::invalid_json;
      if (const Error error = take_part(key, name, inner, seen); error != Error::ok) return error;
    }
    return check_event(key, seen);
  }

  enum Part : u32 { kSeq = 1, kEmoji = 2, kRemove = 4, kText = 8 };

  Error take_part(Key key, std::string_view name, ondemand::value& value, u32& seen) {
    if (name == "seq") {
      field_ = kSeqPlaces[static_cast<u8>(key)];
      return first(kSeq, seen) ? read_seq(value, out_.target) : Error::duplicate_field;
    }
    if (key == Key::react && name == "emoji") {
      field_ = "payload.react.emoji";
      return first(kEmoji, seen) ? read_emoji(value, out_.emoji) : Error::duplicate_field;
    }
    if (key == Key::react && name == "remove") {
      field_ = "payload.react.remove";
      return first(kRemove, seen) ? read_bool(value, out_.remove) : Error::duplicate_field;
    }
    if (key != Key::edit || name != "text") return Error::ok;
    field_ = "payload.edit.text";
    if (!first(kText, seen)) return Error::duplicate_field;
    out_.text = trim_json(value.raw_json_token());
    return check_string(value);
  }

  Error check_event(Key key, u32 seen) {
    field_ = kSeqPlaces[static_cast<u8>(key)];
    if ((seen & kSeq) == 0) return Error::missing_field;
    field_ = "payload.react.emoji";
    if (key == Key::react && (seen & kEmoji) == 0) return Error::missing_field;
    field_ = "payload.edit.text";
    if (key == Key::edit && (seen & kText) == 0) return Error::missing_field;
    return Error::ok;
  }

  // What changes a message, or passes by, is no message as well: it would be lost as one.
  Error check() {
    for (const Key key : {Key::text, Key::emoji}) {
      field_ = kPlaces[static_cast<u8>(key)];
      const bool has = (seen_ & 1u << static_cast<u8>(key)) != 0;
      if (has && out_.kind != ChatKind::message) return Error::bad_value;
    }
    field_ = {};
    return Error::ok;
  }

  static bool first(u32 bit, u32& seen) {
    const bool fresh = (seen & bit) == 0;
    seen |= bit;
    return fresh;
  }

  ChatPayload& out_;
  std::string_view& field_;
  u32 seen_ = 0;
};

}  // namespace

struct ChatPayloadReader::State {
  ondemand::parser parser;
  ondemand::document document;

  // False if there is no such JSON. What a long payload took is given back at the next.
  bool open(std::string_view payload, ondemand::object& out) {
    if (parser.capacity() > kCapacityRetainedBytesMax) {
      document = ondemand::document();
      parser = ondemand::parser();
    }
    const simdjson::padded_string_view padded(payload.data(), payload.size(),
                                              payload.size() + simdjson::SIMDJSON_PADDING);
    return !parser.iterate(padded).get(document) && !document.get_object().get(out);
  }
};

ChatPayloadReader::ChatPayloadReader() : state_(std::make_unique<State>()) {}
ChatPayloadReader::~ChatPayloadReader() = default;

Error ChatPayloadReader::read(std::string_view payload, ChatPayload& out, std::string_view& field) {
  out = {};
  field = {};
  if (!payload.starts_with('{')) return Error::ok;
  ondemand::object object;
  field = "payload";
  if (!state_->open(payload, object)) return Error::invalid_json;
  return Reader(out, field).read(object);
}

// Nothing that is made here was signed by anybody, whatever stood beside the old text: a replay
// that was refused must not come about by an edit.
void ChatPayloadReader::append_edited(std::string& out, std::string_view payload,
                                      std::string_view text) {
  const std::size_t begin = out.size();
  out += "{\"text\":";
  out += text;
  ondemand::object object;
  if (payload.starts_with('{') && state_->open(payload, object)) {
    for (auto item : object) {
      ondemand::value value;
      std::string_view name;
      std::string_view raw;
      if (item.unescaped_key().get(name) || item.value().get(value)) break;
      if (name == kKeys[0] || simdjson::to_json_string(value).get(raw)) continue;
      out += ",\"";
      append_json_escaped(out, name);
      out += "\":";
      out += trim_json(raw);
    }
  }
  out += '}';
  SignedPayload made;
  if (!read_signed_payload(std::string_view(out).substr(begin), made)) return;
  out.resize(begin + made.body.size());
  out += '}';
}

}  // namespace perseid
