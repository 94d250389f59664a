// Outgoing: the one message that a client sends again and again, ready for the socket but for its
// stamp: a masked WebSocket frame, or bare bytes for the ruler.
// Thread: one. Owns: the message and the frame made from it; stamped() allocates nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "codec/frame.h"
#include "tools/load/stamp.h"

namespace perseid::load {

// A masked text or control frame with this payload, as a client must send it.
std::vector<u8> client_frame(Opcode opcode, std::string_view payload);

class Outgoing {
 public:
  enum class Wrapping : u8 { frame, none };
  // `before` and `after` stand around the stamped payload of `size_bytes`.
  Outgoing(Wrapping wrapping, std::string_view before, u32 size_bytes, std::string_view after);
  // The bytes to send; valid until the next call.
  Bytes stamped(const Stamp& stamp);

 private:
  Wrapping wrapping_;
  std::string message_;
  std::size_t payload_at_;
  std::vector<u8> frame_;
  u32 mask_ = 0x9e3779b9;
};

}  // namespace perseid::load
