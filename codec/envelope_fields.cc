#include "codec/envelope_fields.h"

#include <charconv>
#include <limits>

#include "codec/base64url.h"
#include "codec/signed_payload.h"

namespace perseid {
namespace {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;

RequestField field_of(std::string_view key) noexcept {
#define X(name) \
  if (key == #name) return RequestField::name;
  PERSEID_REQUEST_FIELDS(X)
#undef X
  return RequestField::unknown;
}

bool type_of(std::string_view name, MessageType& out) noexcept {
  if (name == "chat") {
    out = MessageType::chat;
  } else if (name == "player_action") {
    out = MessageType::player_action;
  } else if (name == "game_state") {
    out = MessageType::game_state;
  } else if (name == "system") {
    out = MessageType::system;
  } else {
    return false;
  }
  return true;
}

bool op_of(std::string_view text, ClientOp& out) noexcept {
#define X(name, fields, description) \
  if (text == #name) {               \
    out = ClientOp::name;            \
    return true;                     \
  }
  PERSEID_CLIENT_OPS(X)
#undef X
  return false;
}

json_type type_of(ondemand::value& value) noexcept {
  return value.type().value_unsafe();  // the document was checked: it has one
}

std::string_view raw(ondemand::value& value) noexcept {
  std::string_view text;
  if (simdjson::to_json_string(value).get(text)) return {};
  return trim_json(text);
}

// The bytes of a scalar as they are written; nothing is consumed.
std::string_view token(ondemand::value& value) noexcept {
  return trim_json(value.raw_json_token());
}

Error read_string(ondemand::value& value, std::string_view& out) noexcept {
  return value.get_string().get(out) ? Error::wrong_type : Error::ok;
}

Error read_bool(ondemand::value& value, bool& out) noexcept {
  return value.get_bool().get(out) ? Error::wrong_type : Error::ok;
}

template <class Number>
Error read_whole(ondemand::value& value, Number& out) noexcept {
  if (type_of(value) != json_type::number) return Error::wrong_type;
  const std::string_view text = token(value);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? Error::ok : Error::bad_value;
}

// As far as a double counts, and so JavaScript.
Error read_seq(ondemand::value& value, u64& out) noexcept {
  constexpr u64 kSeqMax = (u64{1} << 53) - 1;
  const Error error = read_whole(value, out);
  return error == Error::ok && out > kSeqMax ? Error::bad_value : error;
}

Error read_id(ondemand::value& value, std::string_view& out) noexcept {
  const json_type type = type_of(value);
  if (type == json_type::null) return Error::ok;
  if (type != json_type::number && type != json_type::string) return Error::wrong_type;
  const std::string_view text = token(value);
  if (text.size() > kIdBytesMax) return Error::bad_value;
  if (type == json_type::number) {
    i64 number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return Error::bad_value;
  }
  out = text;
  return Error::ok;
}

Error read_raw_object(ondemand::value& value, std::string_view& out) noexcept {
  if (type_of(value) != json_type::object) return Error::wrong_type;
  out = raw(value);
  return Error::ok;
}

class RequestReader {
 public:
  RequestReader(const EnvelopeLimits& limits, Request& out, Problem& problem)
      : limits_(limits), out_(out), problem_(problem) {}

  void read(ondemand::object& object) {
    for (auto entry : object) {
      const std::string_view key = entry.unescaped_key().value_unsafe();
      const RequestField field = field_of(key);
      if (field == RequestField::unknown) continue;
      const std::string_view name = kFieldNames[static_cast<u8>(field)];
      if (!fields_.add(field)) {
        report(problem_, Error::duplicate_field, name);
        continue;
      }
      ondemand::value value = entry.value().value_unsafe();
      if (const Error error = read_field(field, value); error != Error::ok) {
        report(problem_, error, name);
      }
    }
    problem_.id = out_.id;
    check_required(out_, fields_, problem_);
  }

 private:
  static constexpr std::string_view kFieldNames[] = {
#define X(name) #name,
      PERSEID_REQUEST_FIELDS(X)
#undef X
  };

  Error read_field(RequestField field, ondemand::value& value) {
    switch (field) {
      case RequestField::type:
        return read_type(value);
      case RequestField::op:
        return read_op(value);
      case RequestField::id:
        return read_id(value, out_.id);
      case RequestField::room:
        return read_name(value, limits_.room_name_bytes_max, out_.room);
      case RequestField::name:
        return read_name(value, limits_.name_bytes_max, out_.name);
      case RequestField::to:
        return read_to(value);
      case RequestField::payload:
        out_.payload = raw(value);
        return Error::ok;
      case RequestField::token:
        return read_string(value, out_.token);
      case RequestField::session:
        return read_string(value, out_.session);
      case RequestField::meta:
        return read_bounded_object(value, limits_.meta_bytes_max, out_.meta);
      default:
        return read_option(field, value);
    }
  }

  // What join and history may add.
  Error read_option(RequestField field, ondemand::value& value) {
    switch (field) {
      case RequestField::presence:
        return read_bool(value, out_.presence);
      case RequestField::history:
        out_.has_history = true;
        return read_whole(value, out_.history);
      case RequestField::before:
        out_.has_before = true;
        return read_seq(value, out_.before);
      case RequestField::limit:
        out_.has_limit = true;
        return read_whole(value, out_.limit);
      case RequestField::create:
        return read_bounded_object(value, limits_.create_bytes_max, out_.create);
      case RequestField::view:
        return read_bounded_object(value, limits_.create_bytes_max, out_.view);
      case RequestField::since:
        return read_since(value);
      default:
        return read_subject(field, value);
    }
  }

  // Whom or what a moderator means, and how far somebody has read.
  Error read_subject(RequestField field, ondemand::value& value) {
    switch (field) {
      case RequestField::seq:
        return read_seq(value, out_.seq);
      case RequestField::duration_ms:
        return read_seq(value, out_.duration_ms);
      case RequestField::interval_ms:
        return read_whole(value, out_.interval_ms);
      case RequestField::signing:
        return read_signing(value);
      case RequestField::signing_key:
        return read_signing_key(value);
      default:
        if (const Error error = read_string(value, out_.client); error != Error::ok) return error;
        return check_client(out_.client);
    }
  }

  Error read_signing(ondemand::value& value) {
    SignatureKind kind;
    if (const Error error = read_string(value, out_.signing); error != Error::ok) return error;
    return signature_kind_named(out_.signing, kind) ? Error::ok : Error::bad_value;
  }

  Error read_signing_key(ondemand::value& value) {
    SigningKey key;
    if (const Error error = read_string(value, out_.signing_key); error != Error::ok) return error;
    return read_base64url(out_.signing_key, key) ? Error::ok : Error::bad_value;
  }

  Error read_type(ondemand::value& value) {
    std::string_view text;
    if (const Error error = read_string(value, text); error != Error::ok) return error;
    return type_of(text, out_.type) ? Error::ok : Error::unknown_type;
  }

  Error read_op(ondemand::value& value) {
    std::string_view text;
    if (const Error error = read_string(value, text); error != Error::ok) return error;
    return op_of(text, out_.op) ? Error::ok : Error::unknown_op;
  }

  Error read_name(ondemand::value& value, u32 bytes_max, std::string_view& out) {
    std::string_view text;
    if (const Error error = read_string(value, text); error != Error::ok) return error;
    if (const Error error = check_name(text, bytes_max); error != Error::ok) return error;
    out = text;
    return Error::ok;
  }

  Error read_to(ondemand::value& value) {
    if (const Error error = read_string(value, out_.to); error != Error::ok) return error;
    return check_recipient(out_.to, limits_);
  }

  static Error read_bounded_object(ondemand::value& value, u32 bytes_max, std::string_view& out) {
    if (const Error error = read_raw_object(value, out); error != Error::ok) return error;
    return out.size() > bytes_max ? Error::payload_too_large : Error::ok;
  }

  // Reports its own problems, with the inner field's name. A join needs the epoch, a hello rooms.
  Error read_since(ondemand::value& value) {
    if (type_of(value) != json_type::object) return Error::wrong_type;
    ondemand::object object = value.get_object().value_unsafe();
    bool has_epoch = false;
    out_.since.present = true;
    for (auto entry : object) {
      const std::string_view key = entry.unescaped_key().value_unsafe();
      ondemand::value inner = entry.value().value_unsafe();
      if (key == "epoch") {
        if (has_epoch) report(problem_, Error::duplicate_field, "since.epoch");
        has_epoch = true;
        report(problem_, read_string(inner, out_.since.epoch), "since.epoch");
      } else if (key == "chat") {
        read_since_seq(inner, out_.since.has_chat, out_.since.chat, "since.chat");
      } else if (key == "player_action") {
        read_since_seq(inner, out_.since.has_player_action, out_.since.player_action,
                       "since.player_action");
      } else if (key == "rooms") {
        read_since_rooms(inner);
      }
    }
    if (!has_epoch && out_.since.rooms.empty())
      report(problem_, Error::missing_field, "since.epoch");
    return Error::ok;
  }

  // What a resumed session has seen of each of its rooms: read when it is one
  // (engine/seen_rooms.h).
  void read_since_rooms(ondemand::value& value) {
    if (!out_.since.rooms.empty()) return report(problem_, Error::duplicate_field, "since.rooms");
    report(problem_, read_bounded_object(value, limits_.create_bytes_max, out_.since.rooms),
           "since.rooms");
  }

  void read_since_seq(ondemand::value& value, bool& has, u64& out, std::string_view field) {
    if (has) return report(problem_, Error::duplicate_field, field);
    has = true;
    report(problem_, read_seq(value, out), field);
  }

  const EnvelopeLimits& limits_;
  Request& out_;
  Problem& problem_;
  FieldSet fields_;
};

}  // namespace

void read_request(ondemand::object object, const EnvelopeLimits& limits, Request& out,
                  Problem& problem) {
  out = {};
  problem = {};
  RequestReader(limits, out, problem).read(object);
}

}  // namespace perseid
