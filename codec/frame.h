// WebSocket frame headers (RFC 6455 section 5.2), read and written.
// Thread: none; pure functions of their arguments. No heap, no state.
// Invariant: a header that is not in its shortest form is refused, so a length can neither wrap nor
// lie.
#pragma once

#include <array>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

enum class Opcode : u8 { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_control(Opcode opcode) {
  return (static_cast<u8>(opcode) & 8) != 0;
}

constexpr u32 kFrameHeaderBytesMax = 14;
constexpr u32 kServerFrameHeaderBytesMax = 10;  // a server never masks
constexpr u32 kControlPayloadBytesMax = 125;

struct FrameHeader {
  bool final = true;
  bool rsv1 = false;  // permessage-deflate, RFC 7692 section 6
  bool masked = false;
  Opcode opcode = Opcode::text;
  u8 header_bytes = 0;  // 2 to 14
  u64 payload_bytes = 0;
  std::array<u8, 4> mask{};
};

// Whose frames are being read: a client's must be masked, a server's must not (section 5.1).
enum class FrameSource : u8 { client, server };

// Reads one header from the start of `in`. need_more if it is incomplete (but a header that is
// already wrong is refused at once). rsv1 is reserved unless `allow_rsv1`; on control and
// continuation frames always.
Error parse_frame_header(Bytes in, FrameSource source, bool allow_rsv1, FrameHeader& out) noexcept;

// Bytes that write_frame_header needs for a server's (unmasked) frame: 2, 4 or 10.
constexpr u32 server_header_bytes(u64 payload_bytes) {
  return payload_bytes < 126 ? 2 : payload_bytes < 65536 ? 4 : 10;
}

// Writes an unmasked, final header; returns the bytes written. `out` holds server_header_bytes().
u32 write_frame_header(u8* out, Opcode opcode, u64 payload_bytes, bool rsv1 = false) noexcept;

// Writes a masked, client-side header (tools, tests, SDK); `out` holds kFrameHeaderBytesMax.
u32 write_client_frame_header(u8* out, Opcode opcode, u64 payload_bytes, std::array<u8, 4> mask,
                              bool final = true, bool rsv1 = false) noexcept;

// XORs `data` with the mask, starting at byte `phase` (0..3) of it; returns the phase that follows.
// Vectorised (SSE2 by the compiler's own vectors; RFC 6455 section 5.3).
u32 unmask(MutableBytes data, std::array<u8, 4> mask, u32 phase = 0) noexcept;

}  // namespace perseid
