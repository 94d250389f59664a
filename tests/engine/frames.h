// Finished server frames for tests of logs and outboxes.
#pragma once

#include <string>

#include "codec/frame.h"

namespace perseid::test {

// A text frame whose payload is `bytes` bytes made from `mark`.
inline std::string frame(u32 mark, u32 bytes) {
  u8 header[kFrameHeaderBytesMax];
  const u32 header_bytes = write_frame_header(header, Opcode::text, bytes);
  std::string out(reinterpret_cast<const char*>(header), header_bytes);
  for (u32 i = 0; i < bytes; ++i) out += static_cast<char>('a' + (mark + i) % 26);
  return out;
}

}  // namespace perseid::test
