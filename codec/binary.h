// perseid.bin.v1: the binary flavour (docs/protocol.md, "The binary flavour", byte by byte).
// Thread: the owner's; a reader keeps its buffers and is used by one thread.
// Invariants: integers are LEB128 varints in their shortest form or fixed little-endian; nothing is
// allocated from an announced length; a payload is the sender's own bytes, checked to be JSON, so
// that members of the JSON flavour get it byte for byte. Only a coded update is left unchecked: to
// read it takes the room's schema (codec/coded_update.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "codec/bytes.h"
#include "codec/delivery.h"
#include "codec/envelope.h"
#include "codec/error.h"

namespace perseid {

// Low four bits of a message's first byte; the high four are flags.
enum class BinaryKind : u8 {
  chat = 1,
  player_action = 2,
  game_state = 3,
  system = 4,
  coded_state = 5,  // game_state by the room's schema: a state frame, or a coded update
};

// Relay to client.
constexpr u8 kBinaryPrivate = 0x10;  // chat, player_action: `to` in place of room and seq
constexpr u8 kBinaryMarked = 0x20;   // chat: what has become of it stands before the payload
constexpr u8 kBinaryFull = 0x10;     // game_state, coded_state: a whole state
constexpr u8 kBinaryCell = 0x20;     // game_state, coded_state: of one cell
constexpr u8 kBinaryPacked = 0x40;   // game_state: the payload is a zstd frame, see `dictionary`
constexpr u32 kBinaryClientBytes = 8;
constexpr u32 kBinaryTimestampBytes = 6;
constexpr u64 kBinaryTimestampMax = (u64{1} << 48) - 1;

// Client to relay: two bits of target, two bits of id.
enum class BinaryTarget : u8 { room_number = 0, room_name = 1, client = 2, user_name = 3 };
enum class BinaryId : u8 { none = 0, number = 1, negative = 2, text = 3 };
constexpr u32 kBinaryTargetShift = 4;
constexpr u32 kBinaryIdShift = 6;
constexpr u32 kBinaryIdTextBytesMax = 32;

// Varints (unsigned LEB128).
constexpr u32 kVarintBytesMax = 10;
constexpr u32 varint_bytes(u64 value) {
  u32 bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}
// Writes varint_bytes(value) bytes and returns how many.
inline u32 write_varint(u8* out, u64 value) noexcept {
  u32 bytes = 0;
  for (; value >= 0x80; value >>= 7) out[bytes++] = static_cast<u8>(value | 0x80);
  out[bytes++] = static_cast<u8>(value);
  return bytes;
}
// Takes a varint from the front of `in`. False: cut off, longer than its shortest form, or beyond
// 64 bits.
bool take_varint(Bytes& in, u64& value) noexcept;

// Signed numbers as unsigned ones, small magnitudes as small numbers: 0, -1, 1, -2, ...
constexpr u32 zigzag(std::int32_t value) {
  return static_cast<u32>(value) << 1 ^ (value < 0 ? ~0u : 0u);
}
constexpr std::int32_t unzigzag(u32 value) {
  return static_cast<std::int32_t>(value >> 1 ^ ((value & 1) != 0 ? ~0u : 0u));
}

// Reads the requests of one binary message: one or more, back to back.
class BinaryReader {
 public:
  explicit BinaryReader(const EnvelopeLimits& limits);
  ~BinaryReader();
  // kParsePaddingBytes readable behind `message`. A problem here (empty) concerns the whole frame.
  Problem begin(MutableBytes message);
  // As EnvelopeReader::next(). invalid_binary ends the message: what follows cannot be found.
  bool next(Request& out, Problem& problem);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A message as a client writes it. `json` is the payload, or the whole system message, or the coded
// update of a coded_state. The id is used if id_kind says so.
struct BinaryRequest {
  BinaryKind kind = BinaryKind::chat;
  BinaryTarget target = BinaryTarget::room_number;
  u32 room_number = 0;
  std::string_view room = {};
  u64 to = 0;
  std::string_view to_name = {};
  BinaryId id_kind = BinaryId::none;
  u64 id_number = 0;  // negative: the id is -1 - id_number
  std::string_view id_text = {};
  std::string_view json = {};
};
// Appends it to `out`. For tools, tests and SDKs.
void append_binary_request(std::string& out, const BinaryRequest& request);

// A relay-to-client message read back (tools, tests, SDKs).
struct BinaryMessage {
  BinaryKind kind = BinaryKind::system;
  Delivery delivery;        // chat, player_action; room_escaped stays empty
  StateDelivery state;      // game_state, coded_state
  std::string_view system;  // system: the JSON object
};
// False if `message` (a binary WebSocket message's payload) is not of this form. What is within,
// JSON or a coded frame, is not checked.
bool read_delivery_binary(Bytes message, BinaryMessage& out) noexcept;

}  // namespace perseid
