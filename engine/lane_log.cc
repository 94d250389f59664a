#include "engine/lane_log.h"

#include <algorithm>

namespace perseid {

u32 frame_bytes_at(const u8* data) {
  const u32 length = data[1] & 0x7fu;
  if (length < 126) return 2 + length;
  if (length == 126) return 4 + (u32{data[2]} << 8 | data[3]);
  return 10 + (u32{data[6]} << 24 | u32{data[7]} << 16 | u32{data[8]} << 8 | data[9]);
}

u8* LaneLog::append(SegmentPool& pool, u32 size_bytes) {
  const bool fits =
      !parts_.empty() &&
      parts_.back().hold->segment->capacity_bytes - parts_.back().used_bytes >= size_bytes;
  if (!fits) {
    // Quiet rooms stay small: segments grow as the lane is used, up to the half of its window.
    const u32 wish_bytes = parts_.empty() ? SegmentPool::kClassBytes[0]
                                          : parts_.back().hold->segment->capacity_bytes * 4;
    SegmentHold* hold =
        pool.acquire(std::max(size_bytes, std::min(wish_bytes, segment_bytes_max_)));
    parts_.push_back({.hold = hold, .begin = end_, .first_seq = next_seq_});
  }
  Part& part = parts_.back();
  u8* out = part.hold->segment->data() + part.used_bytes;
  part.used_bytes += size_bytes;
  ++part.frames;
  ++next_seq_;
  end_ += size_bytes;
  return out;
}

bool LaneLog::trim(SegmentPool& pool, const LaneWindow& window) {
  segment_bytes_max_ = std::min(SegmentPool::kClassBytes[3], window.bytes_max / 2);
  std::size_t drop = 0;
  u32 bytes = window_bytes();
  u64 frames = next_seq_ - first_seq();
  bool too_fresh = false;
  while (drop + 1 < parts_.size()) {
    const Part& part = parts_[drop];
    const u32 bytes_after = bytes - part.used_bytes;
    const bool full = bytes_after >= window.bytes_max || frames - part.frames >= window.frames_max;
    const bool untold = distance(published_end, part.begin + part.used_bytes) > 0;
    const bool fresh =
        part.told_ms >= window.fresh_since_ms && bytes_after < window.burst_bytes_max;
    too_fresh = full && (untold || fresh);
    if (!full || too_fresh) break;
    bytes = bytes_after;
    frames -= part.frames;
    pool.drop(part.hold);
    ++drop;
  }
  parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(drop));
  return too_fresh;
}

void LaneLog::told(u64 now_ms) {
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    if (distance(published_end, part->begin + part->used_bytes) <= 0) break;
    part->told_ms = now_ms;
  }
  told_begin = begin();
  published_end = end_;
  published_next_seq = next_seq_;
}

void LaneLog::clear(SegmentPool& pool) {
  for (const Part& part : parts_) pool.drop(part.hold);
  parts_.clear();
}

bool LaneLog::find(Seq seq, Position& out) const {
  if (seq == next_seq_) {
    out = end_;
    return true;
  }
  if (seq < first_seq() || seq > next_seq_) return false;
  for (const Part& part : parts_) {
    if (seq >= part.first_seq + part.frames) continue;
    u32 offset = 0;
    for (Seq at = part.first_seq; at < seq; ++at) {
      offset += frame_bytes_at(part.hold->segment->data() + offset);
    }
    out = part.begin + offset;
    return true;
  }
  return false;
}

}  // namespace perseid
