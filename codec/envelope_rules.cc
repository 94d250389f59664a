// What a message must have, and what a name may be: the same in both flavours.
#include "codec/client_id.h"
#include "codec/envelope_fields.h"

namespace perseid {
namespace {

// Decodes one character of valid UTF-8 at `i` and moves behind it.
u32 next_character(std::string_view text, std::size_t& i) noexcept {
  const u8 lead = static_cast<u8>(text[i++]);
  if (lead < 0x80) return lead;
  const u32 more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  u32 character = lead & (0x3fu >> more);
  for (u32 k = 0; k < more && i < text.size(); ++k) {
    character = character << 6 | (static_cast<u8>(text[i++]) & 0x3fu);
  }
  return character;
}

// C0, DEL and C1; line and paragraph separators; bidirectional embeddings, overrides and isolates
// (UAX 9), with which a name could rearrange the line that shows it.
bool is_control_character(u32 c) noexcept {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

void require(const FieldSet& fields, RequestField field, std::string_view name, Problem& problem) {
  if (!fields.has(field)) report(problem, Error::missing_field, name);
}

void check_publish(const Request& request, const FieldSet& fields, Problem& problem) {
  const bool has_to = fields.has(RequestField::to);
  if (request.type == MessageType::game_state) {
    require(fields, RequestField::room, "room", problem);
    if (has_to) report(problem, Error::bad_value, "to");  // state belongs to rooms
  } else if (!has_to) {
    require(fields, RequestField::room, "room", problem);
  } else if (fields.has(RequestField::room)) {
    report(problem, Error::bad_value, "to");  // to a room or to a client, not both
  }
  require(fields, RequestField::payload, "payload", problem);
  if (request.type == MessageType::game_state && !request.payload.starts_with('{')) {
    report(problem, Error::wrong_type, "payload");
  }
}

// Whom a moderator means: by one of the two.
void check_subject(const FieldSet& fields, Problem& problem) {
  const bool has_name = fields.has(RequestField::name);
  if (!has_name) return require(fields, RequestField::client, "client", problem);
  if (fields.has(RequestField::client)) report(problem, Error::bad_value, "client");
}

// Of a room, or with a user, who is meant by name.
void check_history(const Request& request, const FieldSet& fields, Problem& problem) {
  if (!fields.has(RequestField::to)) return require(fields, RequestField::room, "room", problem);
  if (fields.has(RequestField::room) || !request.to.starts_with(kNamedRecipient)) {
    report(problem, Error::bad_value, "to");
  }
}

void check_op(const Request& request, const FieldSet& fields, Problem& problem) {
  switch (request.op) {
    case ClientOp::history:
      return check_history(request, fields, problem);
    case ClientOp::refresh:
      return require(fields, RequestField::token, "token", problem);
    case ClientOp::view:
      return require(fields, RequestField::view, "view", problem);
    case ClientOp::read:
      return require(fields, RequestField::seq, "seq", problem);
    case ClientOp::slow_mode:
      return require(fields, RequestField::interval_ms, "interval_ms", problem);
    case ClientOp::mute:
    case ClientOp::unmute:
    case ClientOp::kick:
    case ClientOp::ban:
    case ClientOp::unban:
      return check_subject(fields, problem);
    default:
      return;
  }
}

}  // namespace

Error check_name(std::string_view name, u32 bytes_max) noexcept {
  if (name.empty()) return Error::bad_value;
  if (name.size() > bytes_max) return Error::name_too_long;
  for (std::size_t i = 0; i < name.size();) {
    if (is_control_character(next_character(name, i))) return Error::bad_value;
  }
  return Error::ok;
}

Error check_client(std::string_view text) noexcept {
  u64 uid = 0;
  return read_client_id(text, uid) && uid != 0 ? Error::ok : Error::bad_value;
}

Error check_recipient(std::string_view text, const EnvelopeLimits& limits) noexcept {
  if (!text.starts_with(kNamedRecipient)) return check_client(text);
  return check_name(text.substr(1), limits.name_bytes_max);
}

void check_required(const Request& request, const FieldSet& fields, Problem& problem) {
  if (problem.error != Error::ok) return;  // one precise complaint is enough
  require(fields, RequestField::type, "type", problem);
  if (problem.error != Error::ok) return;
  if (request.type != MessageType::system) return check_publish(request, fields, problem);
  require(fields, RequestField::op, "op", problem);
  if (request.op != ClientOp::hello && request.op != ClientOp::ping &&
      request.op != ClientOp::history && request.op != ClientOp::refresh) {
    require(fields, RequestField::room, "room", problem);
  }
  const bool without_epoch = request.op == ClientOp::join && request.since.present &&
                             request.since.epoch.data() == nullptr;
  if (without_epoch) report(problem, Error::missing_field, "since.epoch");
  check_op(request, fields, problem);
}

}  // namespace perseid
