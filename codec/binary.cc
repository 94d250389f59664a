#include "codec/binary.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "codec/client_id.h"
#include "codec/envelope_fields.h"
#include "codec/json_document.h"

namespace perseid {
namespace {

constexpr u8 kKindMask = 0x0f;
constexpr u8 kTwoBits = 0x03;

bool take_u8(Bytes& in, u8& out) noexcept {
  if (in.empty()) return false;
  out = in[0];
  in = in.subspan(1);
  return true;
}

bool take_u32(Bytes& in, u32& out) noexcept {
  u64 value = 0;
  if (!take_varint(in, value) || value > 0xffffffffu) return false;
  out = static_cast<u32>(value);
  return true;
}

bool take_little_endian(Bytes& in, u32 width, u64& out) noexcept {
  if (in.size() < width) return false;
  out = 0;
  for (u32 i = 0; i < width; ++i) out |= u64{in[i]} << (8 * i);
  in = in.subspan(width);
  return true;
}

// A length and as many bytes. The length is only believed if the bytes are there.
bool take_text(Bytes& in, std::string_view& out) noexcept {
  u64 size = 0;
  if (!take_varint(in, size) || size > in.size()) return false;
  out = as_text(in.first(static_cast<std::size_t>(size)));
  in = in.subspan(static_cast<std::size_t>(size));
  return true;
}

// Strictly: no overlong forms, no surrogates, nothing beyond U+10FFFF (RFC 3629).
bool is_utf8(std::string_view text) noexcept {
  return simdjson::validate_utf8(text.data(), text.size());
}

// Characters that a JSON string holds as they are, so that the id can be echoed between quotes.
bool needs_no_escape(std::string_view text) noexcept {
  for (const char c : text) {
    if (static_cast<u8>(c) < 0x20 || c == '"' || c == '\\') return false;
  }
  return true;
}

}  // namespace

bool take_varint(Bytes& in, u64& value) noexcept {
  u64 result = 0;
  for (u32 i = 0; i < kVarintBytesMax && i < in.size(); ++i) {
    const u8 byte = in[i];
    if (i == kVarintBytesMax - 1 && byte > 1) return false;  // beyond 64 bits
    result |= u64{byte & 0x7fu} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && i > 0) return false;  // not the shortest form
    value = result;
    in = in.subspan(i + 1);
    return true;
  }
  return false;
}

struct BinaryReader::State {
  explicit State(const EnvelopeLimits& bounds) : limits(bounds), system(bounds) {}

  EnvelopeLimits limits;
  Bytes rest;
  u32 taken = 0;
  JsonDocument json;
  EnvelopeReader system;
  char id_token[kIdBytesMax];
  char to_text[kClientIdBytes];
  std::string to_name;  // with its @

  bool take(Request& out, Problem& problem);
  bool take_head(u8 head, Request& out, Problem& problem);
  bool take_id(BinaryId kind, Request& out, Problem& problem);
  bool take_target(BinaryTarget target, Request& out, Problem& problem);
  bool take_room_name(Request& out, Problem& problem);
  bool take_user_name(Request& out, Problem& problem);
  bool take_payload(Request& out, Problem& problem);
  bool take_system(u8 head, Request& out, Problem& problem);
};

BinaryReader::BinaryReader(const EnvelopeLimits& limits) : state_(new State(limits)) {}
BinaryReader::~BinaryReader() = default;

Problem BinaryReader::begin(MutableBytes message) {
  state_->rest = message;
  state_->taken = 0;
  if (message.empty()) return {Error::invalid_binary, {}, {}};
  return {};
}

bool BinaryReader::next(Request& out, Problem& problem) {
  State& state = *state_;
  if (state.rest.empty()) return false;
  out = {};
  problem = {};
  if (++state.taken > state.limits.messages_per_frame_max) {
    problem.error = Error::too_many_messages_in_frame;
    state.rest = {};
    return true;
  }
  if (!state.take(out, problem)) {
    problem.error = Error::invalid_binary;
    state.rest = {};
  }
  return true;
}

// False: the form is broken, so nobody knows where the next message starts. Anything else that is
// wrong goes into `problem`, and the reading goes on behind this message.
bool BinaryReader::State::take(Request& out, Problem& problem) {
  u8 head = 0;
  if (!take_u8(rest, head)) return false;
  if ((head & kKindMask) == static_cast<u8>(BinaryKind::system)) {
    return take_system(head, out, problem);
  }
  return take_head(head, out, problem) &&
         take_id(static_cast<BinaryId>(head >> kBinaryIdShift), out, problem) &&
         take_target(static_cast<BinaryTarget>(head >> kBinaryTargetShift & kTwoBits), out,
                     problem) &&
         take_payload(out, problem);
}

bool BinaryReader::State::take_head(u8 head, Request& out, Problem&) {
  switch (static_cast<BinaryKind>(head & kKindMask)) {
    case BinaryKind::chat:
      out.type = MessageType::chat;
      return true;
    case BinaryKind::player_action:
      out.type = MessageType::player_action;
      return true;
    case BinaryKind::game_state:
      out.type = MessageType::game_state;
      return true;
    case BinaryKind::coded_state:
      out.type = MessageType::game_state;
      out.coded = true;
      return true;
    case BinaryKind::system:
      break;
  }
  return false;
}

bool BinaryReader::State::take_id(BinaryId kind, Request& out, Problem& problem) {
  if (kind == BinaryId::none) return true;
  char* at = id_token;
  if (kind == BinaryId::text) {
    std::string_view text;
    if (!take_text(rest, text)) return false;
    if (text.size() > kBinaryIdTextBytesMax || !is_utf8(text) || !needs_no_escape(text)) {
      report(problem, Error::bad_value, "id");
      return true;
    }
    *at++ = '"';
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
    *at++ = '"';
  } else {
    u64 number = 0;
    if (!take_varint(rest, number)) return false;
    if (number > u64{std::numeric_limits<i64>::max()}) {
      report(problem, Error::bad_value, "id");
      return true;
    }
    const i64 value = static_cast<i64>(number);
    at = std::to_chars(at, id_token + sizeof(id_token),
                       kind == BinaryId::negative ? -1 - value : value)
             .ptr;
  }
  out.id = {id_token, static_cast<std::size_t>(at - id_token)};
  problem.id = out.id;
  return true;
}

bool BinaryReader::State::take_target(BinaryTarget target, Request& out, Problem& problem) {
  if (target == BinaryTarget::room_number) {
    if (!take_u32(rest, out.room_number)) return false;
    if (out.room_number == 0) report(problem, Error::bad_value, "room");
    return true;
  }
  if (target == BinaryTarget::room_name) return take_room_name(out, problem);
  if (out.type == MessageType::game_state) return false;
  if (target == BinaryTarget::user_name) return take_user_name(out, problem);
  u64 uid = 0;
  if (!take_little_endian(rest, kBinaryClientBytes, uid)) return false;
  if (uid == 0) report(problem, Error::bad_value, "to");
  write_client_id(uid, to_text);
  out.to = {to_text, kClientIdBytes};
  return true;
}

bool BinaryReader::State::take_room_name(Request& out, Problem& problem) {
  if (!take_text(rest, out.room)) return false;
  const Error error =
      is_utf8(out.room) ? check_name(out.room, limits.room_name_bytes_max) : Error::bad_utf8;
  // bad_utf8 would end the connection; in a name it is one bad value among others.
  report(problem, error == Error::bad_utf8 ? Error::bad_value : error, "room");
  return true;
}

bool BinaryReader::State::take_user_name(Request& out, Problem& problem) {
  std::string_view name;
  if (!take_text(rest, name)) return false;
  to_name = kNamedRecipient;
  to_name += name.substr(0, limits.name_bytes_max + 1);
  out.to = to_name;
  report(problem, is_utf8(name) ? check_recipient(out.to, limits) : Error::bad_value, "to");
  return true;
}

bool BinaryReader::State::take_payload(Request& out, Problem& problem) {
  std::string_view text;
  if (!take_text(rest, text)) return false;
  if (out.coded) {
    out.payload = text;
    return true;
  }
  if (const Error error = json.open(text); error != Error::ok) {
    report(problem, error, "payload");
    return true;
  }
  out.payload = json.trimmed();
  if (out.type == MessageType::game_state && !json.is_object()) {
    report(problem, Error::wrong_type, "payload");
  }
  return true;
}

bool BinaryReader::State::take_system(u8 head, Request& out, Problem& problem) {
  std::string_view text;
  if (head != static_cast<u8>(BinaryKind::system) || !take_text(rest, text)) return false;
  problem = system.begin({const_cast<u8*>(as_bytes(text).data()), text.size()});
  if (problem.error != Error::ok) return true;
  if (!system.next(out, problem)) {
    problem.error = Error::not_an_object;  // an empty array
  } else if (text[text.find_first_not_of(" \t\r\n")] != '{') {
    problem = {Error::not_an_object, {}, {}};
  } else if (problem.error == Error::ok && out.type != MessageType::system) {
    report(problem, Error::bad_value, "type");
  }
  return true;
}

}  // namespace perseid
