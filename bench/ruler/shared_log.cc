#include <algorithm>
#include <cstring>

#include "bench/ruler/ruler.h"

namespace perseid::ruler {

void SharedLog::append(Bytes bytes) {
  while (!bytes.empty()) {
    const u64 at = written_ % kBytes;
    const std::size_t count = std::min<std::size_t>(bytes.size(), kBytes - at);
    std::memcpy(ring_.data() + at, bytes.data(), count);
    written_ += count;
    bytes = bytes.subspan(count);
  }
}

Bytes SharedLog::from(u64 position) const {
  const u64 at = position % kBytes;
  return {ring_.data() + at, std::min(end() - position, kBytes - at)};
}

}  // namespace perseid::ruler
