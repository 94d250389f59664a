#include "codec/range_coder.h"

namespace perseid {

void RangeEncoder::shift_low() {
  const bool carry = low_ >> 32 != 0;
  const u8 top = static_cast<u8>(low_ >> 24);
  if (top != 0xff || carry) {
    // The first byte of all can only be the zero that a decoder need not read.
    if (started_) out_ += static_cast<char>(cache_ + static_cast<u8>(carry));
    for (; pending_ > 0; --pending_) out_ += static_cast<char>(carry ? 0x00 : 0xff);
    started_ = true;
    cache_ = top;
  } else {
    ++pending_;
  }
  low_ = (low_ & 0x00ffffffu) << 8;
}

void RangeEncoder::finish() {
  // Any value in [low, low + range) decodes alike: the one with the most zeros at its end.
  for (u32 zeros = 24; zeros > 0; zeros -= 8) {
    const u64 mask = (u64{1} << zeros) - 1;
    const u64 value = (low_ + mask) & ~mask;
    if (value >= low_ + range_) continue;
    low_ = value;
    break;
  }
  for (u32 i = 0; i < 5; ++i) shift_low();
  // A decoder has read so many bytes beyond what it needed; zeros before these are not the end's,
  // and whoever left them out would look like one who cuts the bytes (overrun()).
  for (u32 i = 0; i < kRangeEndBytes && out_.size() > begin_ && out_.back() == '\0'; ++i) {
    out_.pop_back();
  }
}

}  // namespace perseid
