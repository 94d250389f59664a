#include "tests/sim/inbox.h"

#include <algorithm>

#include "codec/binary.h"
#include "codec/client_id.h"

namespace perseid::sim {
namespace {

std::string id_text(u64 uid) {
  char digits[kClientIdBytes];
  write_client_id(uid, digits);
  return std::string(digits, kClientIdBytes);
}

MessageType type_of(std::string_view name) {
  return name == "chat"            ? MessageType::chat
         : name == "player_action" ? MessageType::player_action
         : name == "game_state"    ? MessageType::game_state
                                   : MessageType::system;
}

StateCell cell_of(simdjson::dom::element object) {
  StateCell out;
  simdjson::dom::array cell;
  if (object["cell"].get(cell) != simdjson::SUCCESS) return out;
  i64 x = 0;
  i64 y = 0;
  out.present = cell.at(0).get(x) == simdjson::SUCCESS && cell.at(1).get(y) == simdjson::SUCCESS;
  out.x = static_cast<i32>(x);
  out.y = static_cast<i32>(y);
  out.level = static_cast<u8>(number_of(object, "level"));
  return out;
}

}  // namespace

std::string text_of(simdjson::dom::element object, std::string_view key) {
  std::string_view out;
  return object[key].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
}

u64 number_of(simdjson::dom::element object, std::string_view key) {
  u64 out = 0;
  return object[key].get(out) == simdjson::SUCCESS ? out : 0;
}

std::string id_of(simdjson::dom::element object) {
  simdjson::dom::element id;
  if (object["id"].get(id) != simdjson::SUCCESS) return {};
  return simdjson::minify(id);
}

std::string_view payload_of(std::string_view json) {
  constexpr std::string_view kKey = R"(,"payload":)";
  const std::size_t at = json.find(kKey);
  if (at == std::string_view::npos) return {};
  return json.substr(at + kKey.size(), json.size() - at - kKey.size() - 1);
}

Inbox::Inbox(WireFormat format, InboxSink& sink)
    : format_(format), sink_(sink), inflater_(15, false) {}

void Inbox::feed(Bytes bytes) {
  if (dead_ || bytes.empty()) return;
  buffer_.assign(bytes.begin(), bytes.end());
  buffer_.resize(bytes.size() + kParsePaddingBytes);
  const ReaderLimits limits{.message_bytes_max = 256 * MiB,
                            .source = FrameSource::server,
                            .inflater = format_.deflate ? &inflater_ : nullptr};
  const Error error = reader_.feed({buffer_.data(), bytes.size()}, limits, *this);
  if (error != Error::ok && !dead_) (void)broken("frame: " + std::string(info(error).code));
}

Error Inbox::broken(const std::string& why) {
  dead_ = true;
  sink_.on_broken(why);
  return Error::invalid_json;
}

Error Inbox::on_control(Opcode opcode, Bytes payload) {
  if (opcode == Opcode::ping) sink_.on_ping(payload);
  if (opcode != Opcode::close) return Error::ok;
  dead_ = true;
  const u16 code =
      payload.size() < 2 ? u16{0} : static_cast<u16>(u16{payload[0]} << 8 | payload[1]);
  sink_.on_close(code);
  return Error::need_more;
}

Error Inbox::on_message(Opcode opcode, MutableBytes payload) {
  if ((opcode == Opcode::text) != (format_.flavour == Flavour::json)) {
    return broken("a message of the other flavour");
  }
  return format_.flavour == Flavour::json ? read_json(payload) : read_binary(payload);
}

Error Inbox::read_json(MutableBytes payload) {
  const std::string_view json = as_text(payload);
  Incoming message;
  if (parser_.parse(json.data(), json.size(), true).get(message.system) != simdjson::SUCCESS) {
    return broken("not JSON: " + std::string(json.substr(0, 100)));
  }
  const std::string type = text_of(message.system, "type");
  message.type = type_of(type);
  if (message.type == MessageType::system && type != "system") return broken("type " + type);
  message.room = text_of(message.system, "room");
  message.seq = static_cast<Seq>(number_of(message.system, "seq"));
  message.sender = text_of(message.system, "sender");
  message.to = text_of(message.system, "to");
  message.tick = number_of(message.system, "tick");
  bool full = false;
  message.full = message.system["full"].get(full) == simdjson::SUCCESS && full;
  message.cell = cell_of(message.system);
  message.payload = payload_of(json);
  if (message.type == MessageType::chat) message.marks = marks_of(message.system);
  sink_.on_incoming(message);
  return Error::ok;
}

Error Inbox::read_binary(MutableBytes payload) {
  BinaryMessage binary;
  if (!read_delivery_binary(payload, binary)) return broken("not perseid.bin.v1");
  Incoming message;
  if (binary.kind == BinaryKind::system) {
    if (parser_.parse(binary.system.data(), binary.system.size(), true).get(message.system) !=
        simdjson::SUCCESS) {
      return broken("system is not JSON");
    }
  } else if (binary.kind == BinaryKind::game_state || binary.kind == BinaryKind::coded_state) {
    message.type = MessageType::game_state;
    message.room_number = binary.state.room_number;
    message.tick = binary.state.tick;
    message.full = binary.state.full;
    message.coded = binary.state.coded;
    message.cell = binary.state.cell;
    message.payload = binary.state.payload;
  } else {
    message.type = binary.delivery.type;
    message.room_number = binary.delivery.room_number;
    message.seq = binary.delivery.seq;
    message.sender = id_text(binary.delivery.sender);
    if (binary.delivery.to != 0) message.to = id_text(binary.delivery.to);
    if (!binary.delivery.marks.empty()) {
      const std::string marks = '{' + std::string(binary.delivery.marks) + '}';
      simdjson::dom::element object;
      if (parser_.parse(marks).get(object) != simdjson::SUCCESS) return broken("marks: " + marks);
      message.marks = marks_of(object);
      if (!message.marks.any()) return broken("marks that say nothing");
    }
    message.payload = binary.delivery.payload;
  }
  sink_.on_incoming(message);
  return Error::ok;
}

}  // namespace perseid::sim
