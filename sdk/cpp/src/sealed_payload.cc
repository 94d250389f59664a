#include "sdk/cpp/src/sealed_payload.h"

#include "codec/delivery.h"
#include "codec/json_string.h"
#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/sealed_text.h"
#include "sdk/cpp/src/signer.h"

namespace perseid {
inline namespace sdk {
namespace {

struct OnlyMember {
  std::string_view key;
  std::string_view value;
};

bool is_object(std::string_view raw) {
  return raw.starts_with('{');
}

// Of an object that has one member; else an empty key.
OnlyMember only_member(std::string_view payload) {
  if (!is_object(payload)) return {};
  JsonWalk walk(payload);
  if (!walk.next()) return {};
  const OnlyMember out{walk.key(), walk.value()};
  return walk.next() ? OnlyMember{} : out;
}

// What the relay must read, and nothing besides.
bool is_open(bool action, const OnlyMember& only) {
  return !action && (only.key == "react" || only.key == "delete" || only.key == "typing");
}

bool is_edit(bool action, const OnlyMember& only) {
  return !action && only.key == "edit" && json_member(only.value, "text").starts_with('"');
}

std::string context_text(const SealContext& context) {
  std::string out = "[";
  append_json_string(out, context.room);
  out += context.action ? R"(,"player_action",)" : R"(,"chat",)";
  append_json_string(out, context.sender);
  return out + "]";
}

// The object with this text as its member "text", behind the others if it had none.
std::string with_text(std::string_view object, std::string_view text) {
  std::string out = "{";
  bool found = false;
  for (JsonWalk walk(object); walk.next();) {
    if (out.size() > 1) out += ',';
    ((out += '"') += walk.key()) += "\":";
    const bool is_text = walk.key() == "text";
    found = found || is_text;
    if (is_text) {
      append_json_string(out, text);
    } else {
      out += walk.value();
    }
  }
  if (!found) {
    append_json_key(out, "text");
    append_json_string(out, text);
  }
  return out + "}";
}

}  // namespace

std::string sealed_payload(RoomCipher& cipher, const SealContext& context,
                           std::string_view payload) {
  const OnlyMember only = only_member(payload);
  if (is_open(context.action, only)) return std::string(payload);
  const bool edit = is_edit(context.action, only);
  const std::string plain =
      edit ? json_text(json_member(only.value, "text")) : std::string(payload);
  const std::string sealed = cipher.seal(plain, context_text(context));
  if (sealed.empty()) return {};
  if (edit) return R"({"edit":)" + with_text(only.value, sealed) + "}";
  return R"({"e2e":")" + sealed + "\"}";
}

SealFault opened_payload(RoomCipher& cipher, const Message& message, bool live, std::string& out) {
  out.clear();
  const std::string bare = without_signature(message.payload);
  const std::string_view payload = bare.empty() ? message.payload : bare;
  const OnlyMember only = only_member(payload);
  if (is_open(message.action, only) || message.deleted || message.sender == kRelaySender) {
    return SealFault::none;
  }
  const std::string context = context_text({message.room, message.action, message.sender});
  std::string plain;
  const auto open = [&](std::string_view raw) {
    if (!is_json_string(raw)) return SealFault::not_sealed;
    return cipher.open(json_text(raw), context, live, plain);
  };
  if (is_edit(message.action, only)) {
    const SealFault fault = open(json_member(only.value, "text"));
    if (fault != SealFault::none) return fault;
    out = R"({"edit":)" + with_text(only.value, plain) + "}";
  } else {
    const SealFault fault = open(json_member(payload, "e2e"));
    if (fault != SealFault::none) return fault;
    out = plain;
    // Edited, of a history: the new text stands beside what there was.
    if (message.edited) {
      const SealFault newer = open(json_member(payload, "text"));
      if (newer != SealFault::none) return newer;
      out = with_text(is_object(out) ? out : "{}", plain);
    }
  }
  return is_valid_json(out) ? SealFault::none : SealFault::not_authentic;
}

std::size_t sealed_payload_bytes_max(std::size_t plain) {
  return sizeof R"({"e2e":""})" + sealed_bytes_max(plain);
}

}  // namespace sdk
}  // namespace perseid
