// Delivery: relay-to-client messages written straight into a segment, in both flavours.
// Thread: none; pure functions. No heap: the size is computed first, then exactly so much is
// written. Invariant: write_*() writes exactly *_bytes() bytes, WebSocket header included; one
// frame, one message.
#pragma once

#include <string_view>

#include "codec/bytes.h"
#include "codec/envelope.h"
#include "codec/wire_format.h"

namespace perseid {

constexpr std::string_view kRelaySender = "relay";  // sender 0 in the JSON flavour

// A sequenced or private message. Lane messages have room and seq; private ones have `to` instead.
struct Delivery {
  MessageType type = MessageType::chat;
  std::string_view room_escaped = {};  // JSON-escaped, without quotes (see append_json_escaped)
  u32 room_number = 0;                 // its name in the binary flavour
  u64 seq = 0;                         // 0: none; it passes by
  u64 sender = 0;  // SessionUid value, see codec/client_id.h; 0: the relay itself
  u64 to = 0;      // private message if not 0
  u64 timestamp_unix_ms = 0;
  // What has become of a message of the history since: members of a JSON object, without brackets.
  std::string_view marks = {};
  std::string_view payload = {};  // raw JSON
};
// Bytes of the frame in this flavour, without deflate. Constant time.
std::size_t delivery_bytes(Flavour flavour, const Delivery& delivery) noexcept;
// Writes the frame; returns the bytes written, which equal delivery_bytes().
std::size_t write_delivery(Flavour flavour, const Delivery& delivery, u8* out) noexcept;

// Which cell of a grid room a delivery is of; level 0 is the finest.
struct StateCell {
  bool present = false;
  std::int32_t x = 0;
  std::int32_t y = 0;
  u8 level = 0;
  bool operator==(const StateCell&) const = default;
};

// One tick of a room's or a cell's state. `payload` is the JSON object {"set":...,"unset":...}, or
// with `coded`, in the binary flavour only, a frame of codec/state_frame.h.
struct StateDelivery {
  std::string_view room_escaped = {};
  u32 room_number = 0;
  u64 tick = 0;
  bool full = false;
  bool coded = false;
  bool packed = false;  // by the relay's dictionary (codec/dictionary.h); binary flavour, JSON only
  StateCell cell = {};
  std::string_view payload = {};
};
std::size_t state_bytes(Flavour flavour, const StateDelivery& state) noexcept;
std::size_t write_state(Flavour flavour, const StateDelivery& state, u8* out) noexcept;
// The tick of a frame that write_state() wrote. False of a compressed one.
bool read_state_tick(Flavour flavour, Bytes frame, u64& tick) noexcept;

// A system message (an answer, a notice): `json` is the finished JSON object, e.g.
// {"type":"system",...}. The JSON flavour sends it as a text frame; the binary one wraps the same
// bytes (docs/protocol.md).
std::size_t system_bytes(Flavour flavour, std::string_view json) noexcept;
std::size_t write_system(Flavour flavour, std::string_view json, u8* out) noexcept;

// The message inside a frame that write_delivery made in the JSON flavour: its payload, header
// skipped. `frame` must be such a frame. Used for history answers and for transcoding a lane's
// window.
std::string_view delivery_json(Bytes frame) noexcept;
// Reads such JSON back (our own exact template; room_number stays 0). False if it is not of that
// form.
bool read_delivery_json(std::string_view json, Delivery& out) noexcept;

}  // namespace perseid
