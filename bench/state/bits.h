// BitWriter and BitReader: numbers of so many bits, one after the other, least bit first.
// Thread: none; plain values.
// Invariant: reading beyond the end throws std::runtime_error.
#pragma once

#include <stdexcept>
#include <vector>

#include "codec/bytes.h"

namespace perseid::bench {

class BitWriter {
 public:
  explicit BitWriter(std::vector<u8>& out) : out_(out) {}
  void put(u32 value, u32 bits) {
    held_ |= u64{value} << count_;
    count_ += bits;
    while (count_ >= 8) {
      out_.push_back(static_cast<u8>(held_));
      held_ >>= 8;
      count_ -= 8;
    }
  }
  // What is left of the last byte.
  void finish() {
    if (count_ > 0) out_.push_back(static_cast<u8>(held_));
    held_ = count_ = 0;
  }

 private:
  std::vector<u8>& out_;
  u64 held_ = 0;
  u32 count_ = 0;
};

class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}
  u32 get(u32 bits) {
    while (count_ < bits) {
      if (next_ == bytes_.size()) throw std::runtime_error("the bits end early");
      held_ |= u64{bytes_[next_++]} << count_;
      count_ += 8;
    }
    const u32 value = static_cast<u32>(held_ & ((u64{1} << bits) - 1));
    held_ >>= bits;
    count_ -= bits;
    return value;
  }
  bool get_bit() { return get(1) != 0; }

 private:
  Bytes bytes_;
  std::size_t next_ = 0;
  u64 held_ = 0;
  u32 count_ = 0;
};

}  // namespace perseid::bench
