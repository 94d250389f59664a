#include "tools/load/result.h"

namespace perseid::load {

Sample operator-(const Sample& later, const Sample& earlier) {
  return {.time_ns = later.time_ns - earlier.time_ns,
          .server_cpu_ns = later.server_cpu_ns - earlier.server_cpu_ns,
          .own_cpu_ns = later.own_cpu_ns - earlier.own_cpu_ns,
          .server_rss_bytes = 0,
          .sent = later.sent - earlier.sent,
          .received = later.received - earlier.received,
          .message_bytes = later.message_bytes - earlier.message_bytes,
          .receives = later.receives - earlier.receives};
}

double MemorySlope::bytes_per_connection() const {
  if (to_connections <= from_connections) return 0;
  return (static_cast<double>(rss_to_bytes) - static_cast<double>(rss_from_bytes)) /
         (to_connections - from_connections);
}

}  // namespace perseid::load
