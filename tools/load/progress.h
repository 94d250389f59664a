// Progress: one line a second on standard error, so that a long run is seen to live.
// Thread: one.
#pragma once

#include "tools/load/histogram.h"
#include "tools/load/result.h"

namespace perseid::load {

class Progress {
 public:
  // Without a flow of messages there is nothing to tell of them.
  Progress(bool quiet, bool flows) : quiet_(quiet), flows_(flows) {}
  u64 next_ns() const { return next_ns_; }
  // Prints if a second has passed since the last line.
  void tick(const char* phase, u32 connected, const Sample& now, const Histogram& latency);
  void say(const char* text) const;

 private:
  void print_flow(const Sample& now, const Sample& step, const Histogram& recent) const;

  bool quiet_;
  bool flows_;
  u64 start_ns_ = 0;
  u64 next_ns_ = 0;
  Sample last_;
  Histogram last_latency_;
};

}  // namespace perseid::load
