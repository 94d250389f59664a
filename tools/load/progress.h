// Progress: one line a second on standard error, so that a long run is seen to live.
// Thread: one.
#pragma once

#include "tools/load/histogram.h"
#include "tools/load/result.h"

namespace perseid::load {

class Progress {
 public:
  explicit Progress(bool quiet) : quiet_(quiet) {}
  u64 next_ns() const { return next_ns_; }
  // Prints if a second has passed since the last line.
  void tick(const char* phase, u32 connected, const Sample& now, const Histogram& latency);
  void say(const char* text) const;

 private:
  bool quiet_;
  u64 start_ns_ = 0;
  u64 next_ns_ = 0;
  Sample last_;
  Histogram last_latency_;
};

}  // namespace perseid::load
