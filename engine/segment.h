// Segment: a block of finished frames that many readers on many shards share without copying.
// Thread: bytes below a published end may be read by any shard; only the writer (the room's home
// shard)
//   writes, and only above every end that it has published. `refs` is the only atomic.
// Owns: its bytes. Invariant: nobody reads above the end that reached it through a mailbox.
//
// SegmentHold: one shard's handle on a segment, with a plain count, so that sends cost no atomic.
// SegmentPool: a shard's free lists; the steady state takes every segment from here.
#pragma once

#include <atomic>
#include <utility>
#include <vector>

#include "codec/assert.h"
#include "codec/bytes.h"

namespace perseid {

struct Segment {
  std::atomic<u32> refs{1};
  u32 capacity_bytes = 0;
  u8* data() { return reinterpret_cast<u8*>(this + 1); }
  static Segment* create(u32 capacity_bytes);  // refs == 1, parse padding behind the end
  void retain() { refs.fetch_add(1, std::memory_order_relaxed); }
  void release();  // the last one frees
};

// A reference to bytes in a shared segment that may pass through a mailbox. Move only.
class SharedSlice {
 public:
  SharedSlice() = default;
  SharedSlice(Segment* segment, u32 offset, u32 size_bytes)
      : segment_(segment), offset_(offset), size_bytes_(size_bytes) {
    if (segment_ != nullptr) segment_->retain();
  }
  SharedSlice(SharedSlice&& other) noexcept { swap(other); }
  SharedSlice& operator=(SharedSlice&& other) noexcept {
    swap(other);
    return *this;
  }
  SharedSlice(const SharedSlice&) = delete;
  SharedSlice& operator=(const SharedSlice&) = delete;
  ~SharedSlice() {
    if (segment_ != nullptr) segment_->release();
  }
  MutableBytes bytes() const {
    return segment_ == nullptr ? MutableBytes{}
                               : MutableBytes{segment_->data() + offset_, size_bytes_};
  }
  Segment* segment() const { return segment_; }

 private:
  void swap(SharedSlice& other) noexcept {
    std::swap(segment_, other.segment_);
    std::swap(offset_, other.offset_);
    std::swap(size_bytes_, other.size_bytes_);
  }
  Segment* segment_ = nullptr;
  u32 offset_ = 0;
  u32 size_bytes_ = 0;
};

// A shard's own counted handle on a segment. Never leaves its shard.
struct SegmentHold {
  Segment* segment = nullptr;
  u32 holds = 0;  // by lanes, outboxes and sends in flight of this shard
  // While an outbox alone holds it: a link of its ring, and the bytes that wait.
  SegmentHold* next = nullptr;
  u32 begin = 0;
  u32 end = 0;
  bool own = false;     // from this shard's acquire(): the segment is to come back here
  bool sealed = false;  // shared bytes behind `end`: nothing may be appended
  bool cut = false;     // `begin` may lie within a frame
  bool torn = false;    // the rest of a lane's frame that the kernel took in part
};

// A shard's segments and handles, reused: the steady state allocates nothing.
class SegmentPool {
 public:
  SegmentPool() = default;
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // A fresh segment of at least `capacity_bytes`, held once.
  SegmentHold* acquire(u32 capacity_bytes);
  // A handle on another shard's segment, held once; takes over the reference that `slice` owns.
  SegmentHold* adopt(Segment* segment);
  void hold(SegmentHold* hold) { ++hold->holds; }
  void drop(SegmentHold* hold);  // the last drop gives the segment back

  // Size classes in bytes; larger segments are made to measure and never kept.
  static constexpr u32 kClassBytes[] = {512, 2048, 8192, 32768};

 private:
  static constexpr u32 kClasses = 4;
  static constexpr u32 kKeptBytesPerClass = 256 * 1024;
  Segment* take(u32 capacity_bytes);
  void recycle(Segment* segment);
  void reclaim();

  std::vector<Segment*> free_segments_[kClasses];
  std::vector<Segment*> lent_;  // let go of here, still read elsewhere
  std::size_t next_lent_ = 0;
  std::vector<SegmentHold*> free_holds_;
};

}  // namespace perseid
