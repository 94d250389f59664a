#include "engine/segment.h"

#include <cstdlib>
#include <new>

namespace perseid {

Segment* Segment::create(u32 capacity_bytes) {
  void* memory = std::malloc(sizeof(Segment) + capacity_bytes + kParsePaddingBytes);
  PSD_ASSERT(memory != nullptr);
  auto* segment = new (memory) Segment;
  segment->capacity_bytes = capacity_bytes;
  return segment;
}

void Segment::release() {
  if (refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    this->~Segment();
    std::free(this);
  }
}

SegmentPool::~SegmentPool() {
  for (auto& segments : free_segments_) {
    for (Segment* segment : segments) segment->release();
  }
  for (Segment* segment : lent_) segment->release();
  for (SegmentHold* hold : free_holds_) delete hold;
}

SegmentHold* SegmentPool::acquire(u32 capacity_bytes) {
  reclaim();
  SegmentHold* hold = adopt(take(capacity_bytes));
  hold->own = true;
  return hold;
}

Segment* SegmentPool::take(u32 capacity_bytes) {
  for (u32 i = 0; i < kClasses; ++i) {
    if (capacity_bytes > kClassBytes[i]) continue;
    if (free_segments_[i].empty()) return Segment::create(kClassBytes[i]);
    Segment* segment = free_segments_[i].back();
    free_segments_[i].pop_back();
    return segment;
  }
  return Segment::create(capacity_bytes);
}

// Looks at a few of those that others had still to read, in turn: more than one for each that can
// have been lent since.
void SegmentPool::reclaim() {
  constexpr u32 kLooks = 3;
  for (u32 i = 0; i < kLooks && !lent_.empty(); ++i) {
    if (next_lent_ >= lent_.size()) next_lent_ = 0;
    Segment* segment = lent_[next_lent_];
    if (segment->refs.load(std::memory_order_acquire) != 1) {
      ++next_lent_;
      continue;
    }
    lent_[next_lent_] = lent_.back();
    lent_.pop_back();
    recycle(segment);
  }
}

SegmentHold* SegmentPool::adopt(Segment* segment) {
  SegmentHold* hold;
  if (free_holds_.empty()) {
    hold = new SegmentHold;
  } else {
    hold = free_holds_.back();
    free_holds_.pop_back();
  }
  hold->segment = segment;
  hold->holds = 1;
  hold->own = false;
  hold->sealed = false;
  hold->torn = hold->cut = false;
  return hold;
}

void SegmentPool::drop(SegmentHold* hold) {
  PSD_ASSERT(hold->holds > 0);
  if (--hold->holds > 0) return;
  // Nobody else can gain a reference to a segment that only we refer to: reuse needs no more than
  // this.
  if (hold->segment->refs.load(std::memory_order_acquire) == 1) {
    recycle(hold->segment);
  } else if (hold->own) {
    // The shards that read it only count down, so that it comes back to us who will write again.
    lent_.push_back(hold->segment);
  } else {
    hold->segment->release();
  }
  hold->segment = nullptr;
  free_holds_.push_back(hold);
}

void SegmentPool::recycle(Segment* segment) {
  for (u32 i = 0; i < kClasses; ++i) {
    if (segment->capacity_bytes != kClassBytes[i]) continue;
    if (u64{free_segments_[i].size()} * kClassBytes[i] >= kKeptBytesPerClass) break;
    free_segments_[i].push_back(segment);
    return;
  }
  segment->release();
}

}  // namespace perseid
