#include "net/buffer_ring.h"

#include <sys/mman.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "codec/assert.h"

namespace perseid {
namespace {

std::size_t names_bytes(u32 count) {
  return count * sizeof(io_uring_buf);
}

void* map(std::size_t bytes) {
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

std::optional<std::string> BufferRing::open(Ring& ring, u32 count, u32 buffer_bytes) {
  PSD_ASSERT(memory_ == nullptr && count > 0 && count <= 32768);
  count_ = std::bit_ceil(count);
  buffer_bytes_ = buffer_bytes;
  stride_bytes_ = (buffer_bytes + static_cast<u32>(kParsePaddingBytes) + 63) / 64 * 64;
  names_ = static_cast<io_uring_buf_ring*>(map(names_bytes(count_)));
  memory_ = static_cast<u8*>(map(std::size_t{count_} * stride_bytes_));
  if (names_ == nullptr || memory_ == nullptr) return "Memory for --recv-buffers is short.";
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<u64>(names_);
  registration.ring_entries = count_;
  registration.bgid = kBufferGroup;
  int result = io_uring_register_buf_ring(ring.raw(), &registration, 0);
  if (result < 0)
    return "io_uring refused the receive buffers: " + std::string(std::strerror(-result)) +
           ". Lower --recv-buffers.";
  ring_ = &ring;
  io_uring_buf_ring_init(names_);
  for (u32 i = 0; i < count_; ++i) recycle(static_cast<u16>(i));
  return std::nullopt;
}

BufferRing::~BufferRing() {
  if (ring_ != nullptr) (void)io_uring_unregister_buf_ring(ring_->raw(), kBufferGroup);
  if (names_ != nullptr) ::munmap(names_, names_bytes(count_));
  if (memory_ != nullptr) ::munmap(memory_, std::size_t{count_} * stride_bytes_);
}

MutableBytes BufferRing::bytes(u16 buffer, u32 size_bytes) {
  PSD_ASSERT(buffer < count_ && size_bytes <= buffer_bytes_);
  return {at(buffer), size_bytes};
}

void BufferRing::recycle(u16 buffer) {
  io_uring_buf_ring_add(names_, at(buffer), buffer_bytes_, buffer, io_uring_buf_ring_mask(count_),
                        0);
  io_uring_buf_ring_advance(names_, 1);
}

}  // namespace perseid
