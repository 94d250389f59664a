#include "codec/message_buffer.h"

#include <algorithm>
#include <cstring>

#include "codec/assert.h"

namespace perseid {
namespace {
constexpr std::size_t kFirstCapacityBytes = 512;
}

void MessageBuffer::append(Bytes bytes, u64 most_bytes) {
  if (bytes.empty()) return;
  const std::size_t needed = size_ + bytes.size();
  if (needed + kParsePaddingBytes > capacity_) {
    const std::size_t wished = std::max({needed, 2 * size_, kFirstCapacityBytes});
    const u64 bounded = std::max<u64>(needed, std::min<u64>(wished, most_bytes));
    const std::size_t capacity = static_cast<std::size_t>(bounded) + kParsePaddingBytes;
    // realloc, since large blocks then grow by remapping instead of copying.
    u8* block = static_cast<u8*>(std::realloc(block_.get(), capacity));
    PSD_ASSERT(block != nullptr);
    (void)block_.release();
    block_.reset(block);
    capacity_ = capacity;
  }
  std::memcpy(block_.get() + size_, bytes.data(), bytes.size());
  size_ = needed;
}

MutableBytes MessageBuffer::padded() {
  if (block_ == nullptr) {
    block_.reset(static_cast<u8*>(std::malloc(kParsePaddingBytes)));
    PSD_ASSERT(block_ != nullptr);
    capacity_ = kParsePaddingBytes;
  }
  std::memset(block_.get() + size_, 0, kParsePaddingBytes);
  return {block_.get(), size_};
}

}  // namespace perseid
