// PublishMemory: the last publishes of a session that bore an id, so that a repetition is
// acknowledged again
//   with its first seq and not delivered twice (docs/protocol.md, "Repeating a publish").
// Thread: the shard's. Exists only for sessions that use ids; a ring of 64 entries of 16 bytes, of
// which a session without a connection may keep fewer, the newest.
// Invariant: key is a keyed hash of id, lane and room, of which 48 bits are kept, never 0.
#pragma once

#include <algorithm>
#include <memory>

#include "codec/assert.h"
#include "codec/bytes.h"
#include "engine/ids.h"

namespace perseid {

class PublishMemory {
 public:
  static constexpr u32 kEntriesMax = 64;
  static constexpr u64 kKeyMask = (u64{1} << 48) - 1;

  class Entry {
   public:
    Seq seq() const { return u64{number_high_} << 32 | number_low_; }
    bool pending() const { return seq() == kPending; }
    // The low half is kept: a time within three weeks of `now_unix_ms`.
    u64 timestamp_unix_ms(u64 now_unix_ms) const {
      const auto since =
          static_cast<std::int32_t>(time_or_repeats_ - static_cast<u32>(now_unix_ms));
      return now_unix_ms + static_cast<u64>(i64{since});
    }
    // While pending: so many acknowledgements more are owed.
    void repeat() {
      if (time_or_repeats_ < 0xffff) ++time_or_repeats_;
    }
    // It has its seq; returns the repeats meanwhile.
    u32 settle(Seq seq, u64 unix_ms) {
      const u32 repeats = pending() ? time_or_repeats_ : 0;
      set_seq(seq);
      time_or_repeats_ = static_cast<u32>(unix_ms);
      return repeats;
    }

   private:
    friend class PublishMemory;
    static constexpr Seq kPending = kKeyMask;
    void set_seq(Seq seq) {
      number_high_ = seq >> 32 & 0xffff;
      number_low_ = static_cast<u32>(seq);
    }
    u64 key_ : 48 = 0;
    u64 number_high_ : 16 = 0;  // of the seq
    u32 number_low_ = 0;
    u32 time_or_repeats_ = 0;
  };
  static_assert(sizeof(Entry) == 16);

  Entry* find(u64 key) {
    key = kept(key);
    for (u32 i = 0; i < capacity_; ++i) {
      if (entries_[i].key_ == key) return &entries_[i];
    }
    return nullptr;
  }
  // Remembers a publish that is on its way; the oldest is forgotten.
  void begin(u64 key) {
    if (capacity_ < kEntriesMax) resize(kEntriesMax);
    Entry& entry = entries_[next_];
    entry = {};
    entry.key_ = kept(key) & kKeyMask;
    entry.set_seq(Entry::kPending);
    next_ = static_cast<u16>((next_ + 1) % kEntriesMax);
  }
  void forget(u64 key) {
    if (Entry* entry = find(key)) *entry = {};
  }
  u32 size() const {
    return static_cast<u32>(std::count_if(entries_.get(), entries_.get() + capacity_,
                                          [](const Entry& e) { return e.key_ != 0; }));
  }
  // Keeps the newest, at most so many, in as much memory as they need.
  void keep_newest(u32 most) { resize(std::min(most, size())); }

 private:
  static u64 kept(u64 key) { return (key & kKeyMask) == 0 ? 1 : key & kKeyMask; }
  // The newest move, in their order, to the front of a table of so many.
  void resize(u32 capacity) {
    auto fresh = std::make_unique<Entry[]>(capacity);
    u32 left = std::min(capacity, size());
    const u16 next = static_cast<u16>(left % kEntriesMax);
    for (u32 i = 1; i <= capacity_ && left > 0; ++i) {
      const Entry& entry = entries_[(next_ + capacity_ - i) % capacity_];
      if (entry.key_ != 0) fresh[--left] = entry;
    }
    entries_ = std::move(fresh);
    capacity_ = static_cast<u16>(capacity);
    next_ = next;
  }

  std::unique_ptr<Entry[]> entries_;
  u16 capacity_ = 0;
  u16 next_ = 0;  // where the next goes
};

}  // namespace perseid
