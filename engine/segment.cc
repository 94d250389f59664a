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
  for (SegmentHold* hold : free_holds_) delete hold;
}

SegmentHold* SegmentPool::acquire(u32 capacity_bytes) {
  for (u32 i = 0; i < kClasses; ++i) {
    if (capacity_bytes > kClassBytes[i]) continue;
    if (free_segments_[i].empty()) return adopt(Segment::create(kClassBytes[i]));
    Segment* segment = free_segments_[i].back();
    free_segments_[i].pop_back();
    return adopt(segment);
  }
  return adopt(Segment::create(capacity_bytes));
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
