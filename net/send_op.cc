#include "net/send_op.h"

namespace perseid {

void SendOp::aim(bool with_tls) {
  first = 0;
  count = 0;
  left_bytes = 0;
  // The kernel only reads, but struct iovec knows no const.
  auto add = [this](const u8* data, std::size_t size) {
    vectors[count++] = {const_cast<u8*>(data), size};
    left_bytes += size;
  };
  if (with_tls) {
    add(sealed.data(), sealed.size());
  } else if (batch.empty()) {
    add(own.data(), own.size());
  } else {
    for (u32 i = 0; i < batch.count; ++i) add(batch.slices[i].data, batch.slices[i].size_bytes);
  }
}

void SendOp::advance(u64 sent_bytes) {
  PSD_ASSERT(sent_bytes <= left_bytes);
  left_bytes -= sent_bytes;
  while (sent_bytes > 0) {
    iovec& vector = vectors[first];
    if (sent_bytes < vector.iov_len) {
      vector.iov_base = static_cast<u8*>(vector.iov_base) + sent_bytes;
      vector.iov_len -= sent_bytes;
      return;
    }
    sent_bytes -= vector.iov_len;
    ++first;
  }
}

}  // namespace perseid
