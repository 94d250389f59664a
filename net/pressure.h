// Pressure: whether a shard has more work than it can do. It comes round when a turn leaves nothing
// over: no completion, letter, flush or handshake that has to wait for the next.
// Thread: the shard's. Invariant: costs a comparison per turn, and a look at the process's memory
// once per kMemoryPeriodMs if --overload-memory-mib asks for it.
#pragma once

#include <string_view>

#include "engine/options.h"
#include "net/machine.h"

namespace perseid {

class Pressure {
 public:
  Pressure(const Options& options, u64 now_ms) : options_(options), round_ms_(now_ms) {}

  void begin_turn(u64 now_ms) {
    if (!behind_) round_ms_ = now_ms;
  }
  void end_turn(bool behind) { behind_ = behind; }

  // In words; empty if there is none.
  std::string_view why(u64 now_ms) {
    look_at_memory(now_ms);
    if (memory_is_short_) return "the relay takes more memory than --overload-memory-mib";
    const u32 most_ms = options_.overload_behind_ms;
    if (most_ms == 0 || now_ms - round_ms_ < most_ms) return {};
    return "the shard has not come round with its work for --overload-behind-ms";
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
  u64 round_ms_;
  u64 memory_seen_ms_ = 0;
  bool memory_is_short_ = false;
  bool behind_ = false;
};

}  // namespace perseid
