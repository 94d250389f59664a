// UTF-8 validation (RFC 3629) of whole texts and of texts that come in pieces.
// Thread: the owner's. Owns: at most three bytes of an unfinished sequence; no heap.
// Invariant: feed() says no at the first byte that no valid text can contain there, even inside a
//   sequence that the next piece would have continued.
#pragma once

#include <array>

#include "codec/bytes.h"

namespace perseid {

// The whole of `text`, by simdjson, with a short cut for ASCII.
bool is_utf8(Bytes text) noexcept;

class Utf8Stream {
 public:
  // False once the bytes so far cannot begin a valid text; the stream is then of no further use.
  bool feed(Bytes bytes) noexcept;
  // True if the text may end here. Makes the stream ready for the next text.
  bool finish() noexcept;

 private:
  std::array<u8, 3> carried_{};
  u8 carried_bytes_ = 0;
};
static_assert(sizeof(Utf8Stream) <= 8);

}  // namespace perseid
