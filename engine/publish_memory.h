// PublishMemory: the last publishes of a session that bore an id, so that a repetition is
// acknowledged again
//   with its first seq and not delivered twice (docs/protocol.md, "Repeating a publish").
// Thread: the shard's. Exists only for sessions that use ids; a fixed ring, never grown.
// Invariant: key is a keyed hash of id, lane and room, never 0.
#pragma once

#include <array>

#include "codec/bytes.h"
#include "engine/ids.h"

namespace perseid {

class PublishMemory {
 public:
  static constexpr u32 kEntriesMax = 64;
  struct Entry {
    u64 key = 0;
    u64 timestamp_unix_ms = 0;
    Seq seq = 0;
    bool pending = false;
    u16 repeats = 0;  // while pending: so many acknowledgements more are owed
  };

  Entry* find(u64 key) {
    for (Entry& entry : entries_) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }
  // Remembers a publish that is on its way; the oldest is forgotten.
  void begin(u64 key) {
    entries_[next_] = {.key = key, .pending = true};
    next_ = (next_ + 1) % kEntriesMax;
  }
  void forget(u64 key) {
    if (Entry* entry = find(key)) *entry = {};
  }

 private:
  std::array<Entry, kEntriesMax> entries_{};
  u32 next_ = 0;
};

}  // namespace perseid
