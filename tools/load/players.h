// Players: everyone in a room acts at a rate, and everyone hears it. Sends are spread evenly over
// time, as unsynchronised players are, which is the hardest for a server that batches.
// Thread: one. Invariant: a message is stamped with the time at which it was due, so that a load
// that falls behind shows.
#pragma once

#include "tools/load/flow_run.h"

namespace perseid::load {

class Players : public FlowRun {
 public:
  explicit Players(const Config& config);

 private:
  u64 pump(u64 now_ns) override;
  void delivered(Client&, const Stamp&) override {}
  void measuring(u64) override {}
  void add_to(Result&) const override {}
  u64 due_ns(u64 number) const;

  double interval_ns_;
  u64 start_ns_ = 0;
  u64 next_ = 0;
};

}  // namespace perseid::load
