#include "tools/load/outgoing.h"

#include <array>
#include <cstring>

namespace perseid::load {
namespace {

std::size_t write_masked(u8* out, Opcode opcode, std::string_view payload, u32 key) {
  std::array<u8, 4> mask;
  std::memcpy(mask.data(), &key, mask.size());
  const u32 header = write_client_frame_header(out, opcode, payload.size(), mask);
  std::memcpy(out + header, payload.data(), payload.size());
  unmask({out + header, payload.size()}, mask);
  return header + payload.size();
}

}  // namespace

std::vector<u8> client_frame(Opcode opcode, std::string_view payload) {
  std::vector<u8> out(kFrameHeaderBytesMax + payload.size());
  out.resize(write_masked(out.data(), opcode, payload, 0x5bd1e995));
  return out;
}

Outgoing::Outgoing(Wrapping wrapping, std::string_view before, u32 size_bytes,
                   std::string_view after)
    : wrapping_(wrapping), message_(before), payload_at_(before.size()) {
  message_ += make_payload(size_bytes);
  message_ += after;
  frame_.resize(kFrameHeaderBytesMax + message_.size());
}

Bytes Outgoing::stamped(const Stamp& stamp) {
  write_stamp(message_.data() + payload_at_, stamp);
  if (wrapping_ == Wrapping::none) return as_bytes(message_);
  mask_ = mask_ * 1664525 + 1013904223;  // RFC 6455 5.3 wants a fresh key, not a good one here
  return {frame_.data(), write_masked(frame_.data(), Opcode::text, message_, mask_)};
}

}  // namespace perseid::load
