#include "engine/lane_view.h"

#include "codec/delivery.h"
#include "engine/lane_log.h"

namespace perseid {

void LaneView::add(SegmentPool& pool, Segment* segment, const Part& part) {
  parts_.push_back(part);
  parts_.back().hold = pool.adopt(segment);
  end_ = part.end;
}

void LaneView::advance(Position end, Seq next_seq) {
  PSD_ASSERT(distance(end_, end) >= 0);
  if (!parts_.empty()) parts_.back().end = end;
  end_ = end;
  next_seq_ = next_seq;
}

void LaneView::trim(SegmentPool& pool, Position begin) {
  std::size_t drop = 0;
  while (drop + 1 < parts_.size() && distance(begin, parts_[drop + 1].begin) <= 0) {
    pool.drop(parts_[drop].hold);
    ++drop;
  }
  parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(drop));
}

void LaneView::reset(SegmentPool& pool, Position at, Seq next_seq) {
  clear(pool);
  end_ = at;
  next_seq_ = next_seq;
}

void LaneView::clear(SegmentPool& pool) {
  for (const Part& part : parts_) pool.drop(part.hold);
  parts_.clear();
}

bool LaneView::find(Seq seq, Position& out) const {
  out = end_;
  if (seq == next_seq_) return true;
  if (seq < first_seq() || seq > next_seq_) return false;
  auto part = parts_.rbegin();
  while (part->first_seq > seq) ++part;
  out = part->begin;
  for (Seq at = part->first_seq; at < seq; ++at) {
    out += frame_bytes_at(part->hold->segment->data() + (out - part->begin));
  }
  return true;
}

bool LaneView::find_tick(WireFormat format, u64 tick, LaneCursor& out) const {
  u64 passed = ~u64{0};  // the last tick that was passed
  for (const Part& part : parts_) {
    Seq seq = part.first_seq;
    for (Position at = part.begin; distance(at, part.end) > 0; ++seq) {
      const u8* frame = part.hold->segment->data() + (at - part.begin);
      u64 told = 0;
      const u32 size_bytes = frame_bytes_at(frame);
      if (!read_state_tick(format.flavour, {frame, size_bytes}, told)) return false;
      if (told > tick) {
        out = {at, seq};
        return passed == tick || told == tick + 1;
      }
      passed = told;
      at += size_bytes;
    }
  }
  out = {end_, next_seq_};
  return !parts_.empty() && passed == tick;
}

namespace {

// Bytes and frames from `data` that fit the budget, whole frames only; at least one if `progress`.
struct Cut {
  u32 bytes = 0;
  u32 frames = 0;
};
Cut cut_at_frame(const u8* data, u32 size_bytes, u32 budget_bytes, bool progress) {
  Cut cut;
  while (cut.bytes < size_bytes) {
    const u32 next_bytes = frame_bytes_at(data + cut.bytes);
    if (cut.bytes + next_bytes > budget_bytes && !(progress && cut.frames == 0)) break;
    cut.bytes += next_bytes;
    ++cut.frames;
  }
  return cut;
}

}  // namespace

u32 LaneView::gather(SegmentPool& pool, LaneCursor& cursor, u32 budget_bytes,
                     SendBatch& out) const {
  std::size_t at = parts_.size();
  while (at > 0 && distance(cursor.position, parts_[at - 1].begin) > 0) --at;
  u32 taken_frames = 0;
  u32 taken_bytes = 0;
  for (at = at == 0 ? 0 : at - 1; at < parts_.size() && !out.full(); ++at) {
    const Part& part = parts_[at];
    const std::int32_t pending = distance(cursor.position, part.end);
    if (pending <= 0) continue;
    const u32 offset = cursor.position - part.begin;
    const u8* data = part.hold->segment->data() + offset;
    Cut cut{static_cast<u32>(pending), 0};
    const bool whole = cut.bytes <= budget_bytes - taken_bytes;
    if (whole) {
      const Seq part_end_seq = at + 1 < parts_.size() ? parts_[at + 1].first_seq : next_seq_;
      cut.frames = static_cast<u32>(part_end_seq) - cursor.next_seq;
    } else {
      cut = cut_at_frame(data, cut.bytes, budget_bytes - taken_bytes, out.empty());
    }
    if (cut.frames == 0) break;
    pool.hold(part.hold);
    out.slices[out.count++] = {.data = data,
                               .size_bytes = cut.bytes,
                               .hold = part.hold,
                               .source = SendSlice::Source::lane,
                               .member = {},
                               .position = cursor.position,
                               .first_seq = cursor.next_seq,
                               .frames = cut.frames};
    out.total_bytes += cut.bytes;
    cursor.position += cut.bytes;
    cursor.next_seq += cut.frames;
    taken_frames += cut.frames;
    taken_bytes += cut.bytes;
    if (!whole) break;
  }
  return taken_frames;
}

}  // namespace perseid
