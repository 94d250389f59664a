// StoreBackend: a database as the store's worker sees it: it does jobs, many in one transaction.
// Thread: open() before the worker's thread begins or on it; the rest on it alone.
// Invariant: a job without an error is on disk when run() returns; one with an error left nothing.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/options.h"
#include "engine/store.h"

namespace perseid {

// What is kept of each room; 0: no limit.
struct Retention {
  u64 messages_max = 0;
  u64 bytes_max = 0;
  u64 age_ms_max = 0;
  u64 rooms_max = ~u64{0};
  u64 directs_max = 0;  // in all
  static Retention from(const Options& options) {
    return {.messages_max = options.store_room_messages_max,
            .bytes_max = options.store_room_bytes_max,
            .age_ms_max = u64{options.store_days_max} * 86'400'000,
            .rooms_max = options.store_rooms_max,
            .directs_max = options.store_private_messages_max};
  }
};

// Which of the private messages, told from the oldest on, are to go: those before `end`.
struct DirectExcess {
  const Retention& retention;
  u64 newest = 0;  // the greatest number that there is
  u64 now_unix_ms = 0;
  u64 end = 0;
  u64 count = 0;
  bool take(u64 number, u64 unix_ms) {
    const bool many = retention.directs_max != 0 && newest - number >= retention.directs_max;
    const bool old = retention.age_ms_max != 0 && unix_ms + retention.age_ms_max < now_unix_ms;
    if (!many && !old) return false;
    end = number + 1;
    ++count;
    return true;
  }
};

class StoreBackend {
 public:
  virtual ~StoreBackend() = default;
  // Whether there is something already, which had better be in order when the relay starts.
  virtual bool exists() const = 0;
  // Makes it if there is nothing. What is wrong and what to do about it, empty if nothing is.
  virtual std::string open() = 0;
  // In their order; each is given its error. Opens by itself if that has not been done.
  virtual void run(std::span<const std::unique_ptr<StoreJob>> jobs, u64 now_unix_ms) = 0;
  // Removes a little of what is beyond the limits; returns how many messages, and whether there is
  // more to look at just now.
  struct Tidied {
    u64 removed = 0;
    bool more = false;
  };
  virtual Tidied tidy(u64 now_unix_ms) = 0;
};

}  // namespace perseid
