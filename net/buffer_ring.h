// BufferRing: the receive buffers of one shard, provided to the kernel, which picks one when bytes
// have come; so an idle connection holds none (io_uring_setup_buf_ring, Linux 5.19).
// Thread: the shard's. Owns: the buffers and the ring of their names.
// Invariant: between a completion and recycle() a buffer is ours; kParsePaddingBytes behind each
// are readable, so messages are parsed in place.
#pragma once

#include <optional>
#include <string>

#include "codec/bytes.h"
#include "net/ring.h"

namespace perseid {

constexpr u16 kBufferGroup = 0;

class BufferRing {
 public:
  BufferRing() = default;
  ~BufferRing();
  BufferRing(const BufferRing&) = delete;
  BufferRing& operator=(const BufferRing&) = delete;

  // `count` is rounded up to a power of two. The reason in words if the kernel refuses.
  std::optional<std::string> open(Ring& ring, u32 count, u32 buffer_bytes);

  MutableBytes bytes(u16 buffer, u32 size_bytes);
  void recycle(u16 buffer);
  u32 buffer_bytes() const { return buffer_bytes_; }

 private:
  u8* at(u16 buffer) { return memory_ + std::size_t{buffer} * stride_bytes_; }

  Ring* ring_ = nullptr;
  io_uring_buf_ring* names_ = nullptr;
  u8* memory_ = nullptr;
  u32 count_ = 0;
  u32 buffer_bytes_ = 0;
  u32 stride_bytes_ = 0;
};

}  // namespace perseid
