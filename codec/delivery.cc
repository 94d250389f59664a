#include "codec/delivery.h"

#include <charconv>
#include <cstring>

#include "codec/assert.h"
#include "codec/binary.h"
#include "codec/client_id.h"
#include "codec/frame.h"

namespace perseid {
namespace {

u32 digit_count(u64 number) noexcept {
  u32 digits = 1;
  while (number >= 10) {
    number /= 10;
    ++digits;
  }
  return digits;
}

u64 magnitude(std::int32_t value) noexcept {
  return static_cast<u64>(value < 0 ? -i64{value} : i64{value});
}

// The two sinks take the same calls, so that a size and the bytes written cannot disagree.
struct Counter {
  std::size_t bytes = 0;
  void text(std::string_view part) noexcept { bytes += part.size(); }
  void number(u64 value) noexcept { bytes += digit_count(value); }
  void integer(std::int32_t value) noexcept {
    bytes += (value < 0 ? 1 : 0) + digit_count(magnitude(value));
  }
  void client(u64 uid) noexcept { bytes += uid == 0 ? kRelaySender.size() : kClientIdBytes; }
  void byte(u8) noexcept { ++bytes; }
  void varint(u64 value) noexcept { bytes += varint_bytes(value); }
  void little_endian(u64, u32 width) noexcept { bytes += width; }
};

struct Writer {
  u8* at;
  void text(std::string_view part) noexcept {
    if (part.empty()) return;  // memcpy from a null view is undefined
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  void number(u64 value) noexcept {
    char* const chars = reinterpret_cast<char*>(at);
    at += std::to_chars(chars, chars + 20, value).ptr - chars;
  }
  void integer(std::int32_t value) noexcept {
    if (value < 0) byte('-');
    number(magnitude(value));
  }
  void client(u64 uid) noexcept {
    if (uid == 0) return text(kRelaySender);
    write_client_id(uid, reinterpret_cast<char*>(at));
    at += kClientIdBytes;
  }
  void byte(u8 value) noexcept { *at++ = value; }
  void varint(u64 value) noexcept { at += write_varint(at, value); }
  void little_endian(u64 value, u32 width) noexcept {
    for (u32 i = 0; i < width; ++i) *at++ = static_cast<u8>(value >> (8 * i));
  }
};

std::string_view json_head(MessageType type) noexcept {
  switch (type) {
    case MessageType::chat:
      return R"({"type":"chat")";
    case MessageType::player_action:
      return R"({"type":"player_action")";
    case MessageType::game_state:
      return R"({"type":"game_state")";
    case MessageType::system:
      break;
  }
  return R"({"type":"system")";
}

template <typename Sink>
void emit_json(Sink& out, const Delivery& d) noexcept {
  out.text(json_head(d.type));
  if (d.to != 0) {
    out.text(R"(,"to":")");
    out.client(d.to);
    out.text(R"(","sender":")");
  } else {
    out.text(R"(,"room":")");
    out.text(d.room_escaped);
    if (d.seq != 0) {
      out.text(R"(","seq":)");
      out.number(d.seq);
      out.text(R"(,"sender":")");
    } else {
      out.text(R"(","sender":")");
    }
  }
  out.client(d.sender);
  out.text(R"(","timestamp":)");
  out.number(d.timestamp_unix_ms);
  if (!d.marks.empty()) {
    out.text(",");
    out.text(d.marks);
  }
  out.text(R"(,"payload":)");
  out.text(d.payload);
  out.text("}");
}

BinaryKind binary_kind(MessageType type) noexcept {
  switch (type) {
    case MessageType::chat:
      return BinaryKind::chat;
    case MessageType::player_action:
      return BinaryKind::player_action;
    case MessageType::game_state:
      return BinaryKind::game_state;
    case MessageType::system:
      break;
  }
  return BinaryKind::system;
}

template <typename Sink>
void emit_binary(Sink& out, const Delivery& d) noexcept {
  const u8 kind = static_cast<u8>(static_cast<u8>(binary_kind(d.type)) |
                                  (d.marks.empty() ? u8{0} : kBinaryMarked));
  if (d.to != 0) {
    out.byte(kind | kBinaryPrivate);
    out.little_endian(d.to, kBinaryClientBytes);
  } else {
    out.byte(kind);
    out.varint(d.room_number);
    out.varint(d.seq);
  }
  out.little_endian(d.sender, kBinaryClientBytes);
  out.little_endian(d.timestamp_unix_ms, kBinaryTimestampBytes);
  if (!d.marks.empty()) {
    out.varint(d.marks.size() + 2);
    out.text("{");
    out.text(d.marks);
    out.text("}");
  }
  out.text(d.payload);
}

template <typename Sink>
void emit_json_cell(Sink& out, const StateCell& cell) noexcept {
  out.text(R"(,"cell":[)");
  out.integer(cell.x);
  out.text(",");
  out.integer(cell.y);
  out.text("]");
  if (cell.level == 0) return;
  out.text(R"(,"level":)");
  out.number(cell.level);
}

template <typename Sink>
void emit_json(Sink& out, const StateDelivery& s) noexcept {
  PSD_DEBUG_ASSERT(!s.coded);  // its payload is no JSON
  out.text(R"({"type":"game_state","room":")");
  out.text(s.room_escaped);
  out.text(R"(","tick":)");
  out.number(s.tick);
  if (s.cell.present) emit_json_cell(out, s.cell);
  out.text(s.full ? R"(,"full":true,"payload":)" : R"(,"payload":)");
  out.text(s.payload);
  out.text("}");
}

template <typename Sink>
void emit_binary(Sink& out, const StateDelivery& s) noexcept {
  const u8 kind = static_cast<u8>(s.coded ? BinaryKind::coded_state : BinaryKind::game_state);
  out.byte(kind | (s.full ? kBinaryFull : u8{0}) | (s.cell.present ? kBinaryCell : u8{0}) |
           (s.packed ? kBinaryPacked : u8{0}));
  out.varint(s.room_number);
  out.varint(s.tick);
  if (s.cell.present) {
    out.varint(zigzag(s.cell.x));
    out.varint(zigzag(s.cell.y));
    out.varint(s.cell.level);
  }
  out.text(s.payload);
}

template <typename Message>
std::size_t body_bytes(Flavour flavour, const Message& message) noexcept {
  Counter counter;
  if (flavour == Flavour::json) {
    emit_json(counter, message);
  } else {
    emit_binary(counter, message);
  }
  return counter.bytes;
}

template <typename Message>
std::size_t write_message(Flavour flavour, const Message& message, u8* out) noexcept {
  const std::size_t body = body_bytes(flavour, message);
  Writer writer{out};
  if (flavour == Flavour::json) {
    writer.at += write_frame_header(out, Opcode::text, body);
    emit_json(writer, message);
  } else {
    writer.at += write_frame_header(out, Opcode::binary, body);
    emit_binary(writer, message);
  }
  const auto written = static_cast<std::size_t>(writer.at - out);
  PSD_DEBUG_ASSERT(written == server_header_bytes(body) + body);
  return written;
}

}  // namespace

std::size_t delivery_bytes(Flavour flavour, const Delivery& delivery) noexcept {
  const std::size_t body = body_bytes(flavour, delivery);
  return server_header_bytes(body) + body;
}

std::size_t write_delivery(Flavour flavour, const Delivery& delivery, u8* out) noexcept {
  return write_message(flavour, delivery, out);
}

std::size_t state_bytes(Flavour flavour, const StateDelivery& state) noexcept {
  const std::size_t body = body_bytes(flavour, state);
  return server_header_bytes(body) + body;
}

std::size_t write_state(Flavour flavour, const StateDelivery& state, u8* out) noexcept {
  return write_message(flavour, state, out);
}

bool read_state_tick(Flavour flavour, Bytes frame, u64& tick) noexcept {
  FrameHeader header;
  const bool is_whole = parse_frame_header(frame, FrameSource::server, true, header) == Error::ok;
  if (!is_whole || header.rsv1) return false;
  const Bytes body = frame.subspan(header.header_bytes);
  if (flavour == Flavour::bin) {
    BinaryMessage message;
    if (!read_delivery_binary(body, message)) return false;
    tick = message.state.tick;
    return true;
  }
  constexpr std::string_view kTick = R"(","tick":)";  // no room's name holds it unescaped
  const std::string_view text = as_text(body);
  const std::size_t at = text.find(kTick);
  if (at == std::string_view::npos) return false;
  const char* end = text.data() + text.size();
  return std::from_chars(text.data() + at + kTick.size(), end, tick).ec == std::errc{};
}

std::size_t system_bytes(Flavour flavour, std::string_view json) noexcept {
  const std::size_t body = json.size() + (flavour == Flavour::bin ? 1 : 0);
  return server_header_bytes(body) + body;
}

std::size_t write_system(Flavour flavour, std::string_view json, u8* out) noexcept {
  const bool bin = flavour == Flavour::bin;
  Writer writer{out};
  writer.at +=
      write_frame_header(out, bin ? Opcode::binary : Opcode::text, json.size() + (bin ? 1 : 0));
  if (bin) writer.byte(static_cast<u8>(BinaryKind::system));
  writer.text(json);
  return static_cast<std::size_t>(writer.at - out);
}

}  // namespace perseid
