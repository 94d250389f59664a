// RangeEncoder, RangeDecoder: binary decisions with given probabilities as bytes, and back. A carry
// propagating coder as in LZMA (Martin 1979; Pavlov), without its leading zero byte and with a
// shorter end.
// Thread: the owner's. Invariants: the decoder needs 32-bit unsigned arithmetic only, so JavaScript
// runs it without BigInt; it reads zeros behind the end, and never beyond the bytes it was given.
#pragma once

#include <string>

#include "codec/bytes.h"

namespace perseid {

constexpr u32 kProbabilityBits = 12;
constexpr u32 kRangeMin = 1u << 24;  // below it, a byte is shifted
constexpr u32 kRangeEndBytes = 4;    // zeros that the end may leave out

class RangeEncoder {
 public:
  static constexpr bool kDecodes = false;
  explicit RangeEncoder(std::string& out) : out_(out), begin_(out.size()) {}

  // `one` is the probability of a one in 1 / 4096, 1 .. 4095.
  bool bit(u32 one, bool value) {
    const u32 bound = (range_ >> kProbabilityBits) * one;
    if (value) {
      range_ = bound;
    } else {
      low_ += bound;
      range_ -= bound;
    }
    normalise();
    return value;
  }
  // `count` bits (at most 30) of equal probability, the most significant first.
  u32 direct(u32 count, u32 value) {
    for (u32 i = count; i-- > 0;) {
      range_ >>= 1;
      if ((value >> i & 1) != 0) low_ += range_;
      normalise();
    }
    return value;
  }
  // Ends the bytes with as few as will do, given that zeros follow.
  void finish();
  bool overrun() const { return false; }

 private:
  void normalise() {
    while (range_ < kRangeMin) {
      range_ <<= 8;
      shift_low();
    }
  }
  void shift_low();

  std::string& out_;
  std::size_t begin_;
  u64 low_ = 0;
  u32 range_ = 0xffffffffu;
  u32 pending_ = 0;  // bytes 0xff behind cache_ that a carry would turn
  u8 cache_ = 0;
  bool started_ = false;
};

class RangeDecoder {
 public:
  static constexpr bool kDecodes = true;
  explicit RangeDecoder(Bytes in) : in_(in) {
    for (u32 i = 0; i < 4; ++i) code_ = code_ << 8 | next();
  }

  bool bit(u32 one, bool = false) {
    const u32 bound = (range_ >> kProbabilityBits) * one;
    const bool value = code_ < bound;
    if (value) {
      range_ = bound;
    } else {
      code_ -= bound;
      range_ -= bound;
    }
    normalise();
    return value;
  }
  u32 direct(u32 count, u32 = 0) {
    u32 value = 0;
    for (u32 i = 0; i < count; ++i) {
      range_ >>= 1;
      const bool one = code_ >= range_;
      if (one) code_ -= range_;
      value = value << 1 | static_cast<u32>(one);
      normalise();
    }
    return value;
  }
  // More was read than an encoder can have left out: the bytes are cut or were never ours.
  bool overrun() const { return at_ > in_.size() + kRangeEndBytes; }
  // All bytes were needed: nothing stands behind what was read.
  bool at_end() const { return at_ >= in_.size(); }

 private:
  u32 next() {
    const u32 byte = at_ < in_.size() ? in_[at_] : 0;
    ++at_;
    return byte;
  }
  void normalise() {
    while (range_ < kRangeMin) {
      range_ <<= 8;
      code_ = code_ << 8 | next();
    }
  }

  Bytes in_;
  std::size_t at_ = 0;
  u32 range_ = 0xffffffffu;
  u32 code_ = 0;
};

}  // namespace perseid
