#include "codec/frame.h"

#include <bit>
#include <cstring>

namespace perseid {
namespace {

constexpr u8 kFinal = 0x80, kRsv1 = 0x40, kRsv23 = 0x30, kMasked = 0x80, kLength16 = 126,
             kLength64 = 127;

constexpr bool is_known(u8 opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

Error parse_first_byte(u8 byte, bool allow_rsv1, FrameHeader& out) noexcept {
  const u8 opcode = byte & 0x0f;
  if ((byte & kRsv23) != 0) return Error::reserved_bits;
  if (!is_known(opcode)) return Error::reserved_opcode;
  out.final = (byte & kFinal) != 0;
  out.rsv1 = (byte & kRsv1) != 0;
  out.opcode = static_cast<Opcode>(opcode);
  const bool may_compress = allow_rsv1 && (opcode == 1 || opcode == 2);
  if (out.rsv1 && !may_compress) return Error::reserved_bits;
  if (is_control(out.opcode) && !out.final) return Error::fragmented_control;
  return Error::ok;
}

u64 read_big_endian(const u8* in, u32 bytes) noexcept {
  u64 value = 0;
  for (u32 i = 0; i < bytes; ++i) value = value << 8 | in[i];
  return value;
}

u32 write_big_endian(u8* out, u64 value, u32 bytes) noexcept {
  for (u32 i = 0; i < bytes; ++i) out[i] = static_cast<u8>(value >> (8 * (bytes - 1 - i)));
  return bytes;
}

// The length field and what follows it; the length code is in the header's second byte.
Error parse_length(Bytes in, FrameHeader& out) noexcept {
  const u8 code = in[1] & 0x7f;
  const u32 extra = code == kLength64 ? 8 : code == kLength16 ? 2 : 0;
  out.header_bytes = static_cast<u8>(2 + extra);
  if (code < kLength16) {
    out.payload_bytes = code;
    return Error::ok;
  }
  if (is_control(out.opcode)) return Error::control_too_long;
  // RFC 6455 section 5.2: the topmost bit of a 64-bit length is zero.
  if (code == kLength64 && in.size() > 2 && in[2] > 0x7f) return Error::length_overflow;
  if (in.size() < out.header_bytes) return Error::need_more;
  out.payload_bytes = read_big_endian(in.data() + 2, extra);
  const u64 shortest = code == kLength64 ? 65536 : 126;
  return out.payload_bytes < shortest ? Error::non_minimal_length : Error::ok;
}

u32 write_header(u8* out, u8 first, u8 mask_bit, u64 payload_bytes) noexcept {
  out[0] = first;
  const u32 bytes = server_header_bytes(payload_bytes);
  out[1] = static_cast<u8>(mask_bit | (bytes == 2   ? static_cast<u8>(payload_bytes)
                                       : bytes == 4 ? kLength16
                                                    : kLength64));
  return 2 + write_big_endian(out + 2, payload_bytes, bytes - 2);
}

using Lanes4 = u32 __attribute__((vector_size(16)));

template <class Block>
inline void xor_block(u8* data, Block key) noexcept {
  Block block;
  std::memcpy(&block, data, sizeof block);
  block ^= key;
  std::memcpy(data, &block, sizeof block);
}

}  // namespace

Error parse_frame_header(Bytes in, FrameSource source, bool allow_rsv1, FrameHeader& out) noexcept {
  if (in.empty()) return Error::need_more;
  if (const Error error = parse_first_byte(in[0], allow_rsv1, out); error != Error::ok) {
    return error;
  }
  if (in.size() < 2) return Error::need_more;
  out.masked = (in[1] & kMasked) != 0;
  if (!out.masked && source == FrameSource::client) return Error::unmasked_frame;
  if (out.masked && source == FrameSource::server) return Error::masked_frame;
  if (const Error error = parse_length(in, out); error != Error::ok) return error;
  if (!out.masked) return Error::ok;
  if (in.size() < out.header_bytes + out.mask.size()) return Error::need_more;
  std::memcpy(out.mask.data(), in.data() + out.header_bytes, out.mask.size());
  out.header_bytes = static_cast<u8>(out.header_bytes + out.mask.size());
  return Error::ok;
}

u32 write_frame_header(u8* out, Opcode opcode, u64 payload_bytes, bool rsv1) noexcept {
  const u8 first = static_cast<u8>(kFinal | (rsv1 ? kRsv1 : 0) | static_cast<u8>(opcode));
  return write_header(out, first, 0, payload_bytes);
}

u32 write_client_frame_header(u8* out, Opcode opcode, u64 payload_bytes, std::array<u8, 4> mask,
                              bool final, bool rsv1) noexcept {
  const u8 first =
      static_cast<u8>((final ? kFinal : 0) | (rsv1 ? kRsv1 : 0) | static_cast<u8>(opcode));
  const u32 bytes = write_header(out, first, kMasked, payload_bytes);
  std::memcpy(out + bytes, mask.data(), mask.size());
  return bytes + static_cast<u32>(mask.size());
}

u32 unmask(MutableBytes data, std::array<u8, 4> mask, u32 phase) noexcept {
  u8* at = data.data();
  std::size_t left = data.size();
  u32 key;
  std::memcpy(&key, mask.data(), sizeof key);
  // The first byte of memory is the lowest of the word.
  static_assert(std::endian::native == std::endian::little);
  key = std::rotr(key, static_cast<int>(8 * phase));
  const Lanes4 lanes = {key, key, key, key};
  for (; left >= 64; at += 64, left -= 64) {
    xor_block(at, lanes);
    xor_block(at + 16, lanes);
    xor_block(at + 32, lanes);
    xor_block(at + 48, lanes);
  }
  for (; left >= 16; at += 16, left -= 16) xor_block(at, lanes);
  for (; left >= 4; at += 4, left -= 4) xor_block(at, key);
  for (; left > 0; ++at, --left, key >>= 8) *at ^= static_cast<u8>(key);
  return static_cast<u32>((phase + data.size()) & 3);
}

}  // namespace perseid
