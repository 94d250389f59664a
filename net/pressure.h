// Pressure: whether a shard has more work than it can do: in all that time it has not waited once.
// A thread that waits in the kernel gives up its core of its own accord, which the kernel counts;
// what other processes take of that core does not count.
// Thread: the shard's. Invariant: costs one call per LoadMeter period, and a look at the process's
// memory once per kMemoryPeriodMs if --overload-memory-mib asks for it.
#pragma once

#include <string_view>
#include <utility>

#include "engine/options.h"
#include "net/machine.h"

namespace perseid {

class Pressure {
 public:
  explicit Pressure(const Options& options) : options_(options) {}

  // In words; empty if there is none.
  // `waits`: how often this thread has waited up to now.
  std::string_view why(u64 now_ms, u64 waits) {
    look_at_memory(now_ms);
    if (waits != std::exchange(waits_, waits)) waited_ms_ = now_ms;
    if (memory_is_short_) return "the relay takes more memory than --overload-memory-mib";
    const u32 most_ms = options_.overload_behind_ms;
    if (most_ms == 0 || now_ms - waited_ms_ < most_ms) return {};
    return "the shard has not caught up with its work for --overload-behind-ms";
  }
  // When why() has to be asked again although nothing happens; `sheds`: something is left undone.
  u64 next_look_ms(bool sheds, u64 now_ms) const {
    return sheds || options_.overload_memory_mib > 0 ? now_ms + kLookPeriodMs : ~u64{0};
  }

 private:
  static constexpr u64 kLookPeriodMs = 100;
  static constexpr u64 kMemoryPeriodMs = 500;

  void look_at_memory(u64 now_ms) {
    if (options_.overload_memory_mib == 0 || now_ms < memory_seen_ms_ + kMemoryPeriodMs) return;
    memory_seen_ms_ = now_ms;
    memory_is_short_ = process_memory_bytes() > u64{options_.overload_memory_mib} * MiB;
  }

  const Options& options_;
  u64 waits_ = ~u64{0};
  u64 waited_ms_ = 0;
  u64 memory_seen_ms_ = 0;
  bool memory_is_short_ = false;
};

}  // namespace perseid
