// Result: what one run found; made by a scenario, shown by report.h.
// Thread: none; plain values.
#pragma once

#include <optional>
#include <string>

#include "codec/bytes.h"
#include "tools/load/histogram.h"
#include "tools/load/order.h"

namespace perseid::load {

// One instant of the server and the load; the difference of two is a cost.
struct Sample {
  u64 time_ns = 0;
  u64 server_cpu_ns = 0;
  u64 own_cpu_ns = 0;
  u64 server_rss_bytes = 0;
  u64 sent = 0;
  u64 received = 0;
  u64 message_bytes = 0;
  u64 receives = 0;
};
Sample operator-(const Sample& later, const Sample& earlier);

// What idle connections cost in resident memory of the server.
struct MemorySlope {
  u32 from_connections = 0;
  u32 to_connections = 0;
  u64 rss_empty_bytes = 0;
  u64 rss_from_bytes = 0;
  u64 rss_to_bytes = 0;
  u64 rss_after_stay_bytes = 0;
  u64 rss_closed_bytes = 0;
  double bytes_per_connection() const;
};

struct Result {
  u32 clients = 0;
  Sample cost;  // of the measured time alone
  u64 rss_start_bytes = 0;
  u64 rss_end_bytes = 0;
  Histogram latency;                      // of the measured time
  u64 slowest_ns = 0;                     // delivery of the whole run, the drain included
  std::optional<Histogram> before_stall;  // with --stalled: the readers' latency before and after
  std::optional<Histogram> after_stall;
  std::optional<MemorySlope> memory;
  // Of the whole run, warm-up included.
  u64 sent = 0;
  u64 received = 0;
  u64 missing_at_end = 0;
  u64 broken = 0;
  OrderFaults order;
  u64 pings = 0;
  u64 gaps = 0;
  u64 errors = 0;
  u32 lost = 0;
  std::string first_trouble;

  // Every message arrived once and in order, and nobody was thrown out.
  bool good() const {
    return missing_at_end == 0 && broken == 0 && order.total() == 0 && gaps == 0 && errors == 0 &&
           lost == 0;
  }
};

}  // namespace perseid::load
