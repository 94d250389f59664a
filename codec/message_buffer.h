// MessageBuffer: one contiguous, growing block of bytes with parse padding behind its end.
// Thread: the owner's. Owns: its heap block.
// Invariant: capacity follows the bytes that arrived (at most doubling), never an announced length.
#pragma once

#include <cstdlib>
#include <memory>

#include "codec/bytes.h"

namespace perseid {

class MessageBuffer {
 public:
  // Appends; `most_bytes` is the most that this message can come to, and bounds the slack.
  void append(Bytes bytes, u64 most_bytes);
  // The bytes, with kParsePaddingBytes of zeroes behind them.
  MutableBytes padded();
  void clear() { size_ = 0; }  // keeps the block
  std::size_t size() const { return size_; }
  std::size_t held_bytes() const { return capacity_; }

 private:
  struct Free {
    void operator()(u8* block) const { std::free(block); }
  };
  std::unique_ptr<u8, Free> block_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // padding included
};

}  // namespace perseid
