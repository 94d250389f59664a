// permessage-deflate (RFC 7692): negotiation, and one message deflated or inflated by zlib.
// Thread: the owner's. A Deflater or Inflater without context takeover may serve every connection
// of a shard. Owns: zlib's windows (about 256 KiB and 44 KiB at 15 bits), from its first message
// on. Invariants: inflating
// stops at the limit, not after it; nothing is allocated from an announced length.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

// Agreed parameters (section 7.1).
struct DeflateParams {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  // 8..15. At 8, where zlib cannot deflate raw, the relay repeats only the byte before (Z_RLE).
  u8 server_window_bits = 15;
  u8 client_window_bits = 15;
};

// What this endpoint of the relay is willing to agree to.
struct DeflatePolicy {
  bool server_context_takeover = false;  // false: always answer server_no_context_takeover
  bool client_context_takeover = false;  // false: always answer client_no_context_takeover
};

struct DeflateAgreement {
  DeflateParams params;
  std::string response;  // the value of the Sec-WebSocket-Extensions answer
};

// Picks the first acceptable offer of a Sec-WebSocket-Extensions value (all its header lines joined
// by commas). nullopt: none acceptable, or not well-formed; the connection then goes on
// uncompressed. Linear in the length of `offers`.
std::optional<DeflateAgreement> negotiate_deflate(std::string_view offers, DeflatePolicy policy);

class Deflater {
 public:
  Deflater(u8 window_bits, bool context_takeover);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  // Compresses one whole message without the 00 00 ff ff tail (section 7.2.1). The result lives
  // until the next call. Never fails.
  Bytes deflate(Bytes message);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// So much is inflated whatever it was made from.
constexpr u64 kInflateFreeBytes = 32 * KiB;
// What so many bytes may come to: `ratio_max` times as much beyond that; 0: any.
constexpr u64 inflated_bytes_max(u64 from_bytes, u64 ratio_max) {
  return ratio_max == 0 ? ~u64{0} : std::max(kInflateFreeBytes, ratio_max * from_bytes);
}

class Inflater {
 public:
  Inflater(u8 window_bits, bool context_takeover);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  // Inflates one whole message (without its tail). The result is padded for parsing, may be written
  // to and lives until the next call. message_too_big as soon as the output would pass
  // `limit_bytes`, or, beyond kInflateFreeBytes, `ratio_max` times what was read to make it (0:
  // any); bad_deflate if the stream is broken. After an error the inflater has been reset.
  Error inflate(Bytes message, u64 limit_bytes, MutableBytes& out, u64 ratio_max = 0);
  // Gives back what one large message made the output buffer grow to; the last result dies.
  void trim();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perseid
