// The client's side of perseid.bin.v1, for tools, tests and SDKs: writing requests, reading
// deliveries.
#include "codec/assert.h"
#include "codec/binary.h"

namespace perseid {
namespace {

void append_varint(std::string& out, u64 value) {
  u8 bytes[kVarintBytesMax];
  out += as_text({bytes, write_varint(bytes, value)});
}

void append_text(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

void append_little_endian(std::string& out, u64 value, u32 width) {
  for (u32 i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
}

void append_id(std::string& out, const BinaryRequest& request) {
  if (request.id_kind == BinaryId::text) {
    append_text(out, request.id_text);
  } else if (request.id_kind != BinaryId::none) {
    append_varint(out, request.id_number);
  }
}

void append_target(std::string& out, const BinaryRequest& request) {
  switch (request.target) {
    case BinaryTarget::room_number:
      return append_varint(out, request.room_number);
    case BinaryTarget::room_name:
      return append_text(out, request.room);
    case BinaryTarget::client:
      return append_little_endian(out, request.to, kBinaryClientBytes);
    case BinaryTarget::user_name:
      return append_text(out, request.to_name);
  }
}

// Reading: a front that only moves if all of a field is there.
struct Reader {
  Bytes in;
  bool ok = true;

  u32 number() noexcept {
    const u64 value = large_number();
    ok = ok && value <= 0xffffffffu;
    return ok ? static_cast<u32>(value) : 0;
  }
  u64 large_number() noexcept {
    u64 value = 0;
    ok = ok && take_varint(in, value);
    return ok ? value : 0;
  }
  u64 little_endian(u32 width) noexcept {
    ok = ok && in.size() >= width;
    if (!ok) return 0;
    u64 value = 0;
    for (u32 i = 0; i < width; ++i) value |= u64{in[i]} << (8 * i);
    in = in.subspan(width);
    return value;
  }
};

// {"edited":…}: what stands between its brackets.
void read_marks(Reader& reader, std::string_view& out) noexcept {
  const u64 size = reader.large_number();
  reader.ok = reader.ok && size > 2 && size <= reader.in.size();
  reader.ok = reader.ok && reader.in[0] == '{' && reader.in[size - 1] == '}';
  if (!reader.ok) return;
  out = as_text(reader.in.subspan(1, static_cast<std::size_t>(size) - 2));
  reader.in = reader.in.subspan(static_cast<std::size_t>(size));
}

bool read_sequenced(Reader& reader, MessageType type, u8 flags, Delivery& out) noexcept {
  out.type = type;
  if ((flags & kBinaryPrivate) != 0) {
    out.to = reader.little_endian(kBinaryClientBytes);
    reader.ok = reader.ok && out.to != 0;
  } else {
    out.room_number = reader.number();
    out.seq = reader.large_number();
  }
  out.sender = reader.little_endian(kBinaryClientBytes);
  out.timestamp_unix_ms = reader.little_endian(kBinaryTimestampBytes);
  if ((flags & kBinaryMarked) != 0) read_marks(reader, out.marks);
  out.payload = as_text(reader.in);
  return reader.ok && !out.payload.empty();
}

void read_cell(Reader& reader, StateCell& out) noexcept {
  out.present = true;
  out.x = unzigzag(reader.number());
  out.y = unzigzag(reader.number());
  const u32 level = reader.number();
  reader.ok = reader.ok && level <= 0xff;
  out.level = static_cast<u8>(level);
}

bool read_state(Reader& reader, u8 flags, StateDelivery& out) noexcept {
  out.full = (flags & kBinaryFull) != 0;
  out.room_number = reader.number();
  out.tick = reader.large_number();
  if ((flags & kBinaryCell) != 0) read_cell(reader, out.cell);
  out.payload = as_text(reader.in);
  return reader.ok && !out.payload.empty();
}

}  // namespace

void append_binary_request(std::string& out, const BinaryRequest& request) {
  PSD_ASSERT(request.kind != BinaryKind::system || request.id_kind == BinaryId::none);
  if (request.kind == BinaryKind::system) {
    out += static_cast<char>(BinaryKind::system);
    return append_text(out, request.json);
  }
  out += static_cast<char>(static_cast<u32>(request.kind) |
                           static_cast<u32>(request.target) << kBinaryTargetShift |
                           static_cast<u32>(request.id_kind) << kBinaryIdShift);
  append_id(out, request);
  append_target(out, request);
  append_text(out, request.json);
}

bool read_delivery_binary(Bytes message, BinaryMessage& out) noexcept {
  if (message.empty()) return false;
  const u8 flags = message[0] & 0xf0;
  out = {};
  out.kind = static_cast<BinaryKind>(message[0] & 0x0f);
  out.state.coded = out.kind == BinaryKind::coded_state;
  out.state.packed = out.kind == BinaryKind::game_state && (message[0] & kBinaryPacked) != 0;
  const u8 known = out.kind == BinaryKind::game_state ? kBinaryFull | kBinaryCell | kBinaryPacked
                   : out.state.coded                  ? kBinaryFull | kBinaryCell
                   : out.kind == BinaryKind::chat     ? kBinaryPrivate | kBinaryMarked
                                                      : kBinaryPrivate;
  if ((flags & ~known) != 0) return false;
  Reader reader{message.subspan(1)};
  switch (out.kind) {
    case BinaryKind::chat:
      return read_sequenced(reader, MessageType::chat, flags, out.delivery);
    case BinaryKind::player_action:
      return read_sequenced(reader, MessageType::player_action, flags, out.delivery);
    case BinaryKind::game_state:
    case BinaryKind::coded_state:
      return read_state(reader, flags, out.state);
    case BinaryKind::system:
      out.system = as_text(reader.in);
      return flags == 0 && !out.system.empty();
  }
  return false;
}

}  // namespace perseid
