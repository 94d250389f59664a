// LaneLog: one lane of a room in one wire format, as its home shard writes it: an append-only log
// of finished
//   frames in segments, with a bounded window.
// Thread: the room's home shard. Owns: a hold on each segment of the window.
// Invariants: one frame per seq; parts are contiguous in position and in seq; only the last part
// grows; what
//   was published (see published_end) never changes.
#pragma once

#include <vector>

#include "engine/lane.h"
#include "engine/segment.h"

namespace perseid {

// How much of a lane is kept. A window alone would take from quick readers what came faster than
// anybody could be sent it: so what the views were told of since `fresh_since_ms` stays as well,
// up to `burst_bytes_max`.
struct LaneWindow {
  u32 bytes_max = 0;
  u32 frames_max = ~0u;
  u32 burst_bytes_max = 0;
  u64 fresh_since_ms = ~u64{0};
};

class LaneLog {
 public:
  // A run of frames in one segment.
  struct Part {
    SegmentHold* hold = nullptr;
    Position begin = 0;  // position of the segment's first byte
    u32 used_bytes = 0;
    Seq first_seq = 0;  // of the first frame
    u32 frames = 0;
    u64 told_ms = 0;  // when the views were last told of something in it
  };

  // `first_seq` is what the next frame bears, `start` where it will stand.
  explicit LaneLog(Seq first_seq, Position start = 0)
      : told_begin(start),
        published_end(start),
        published_next_seq(first_seq),
        end_(start),
        next_seq_(first_seq) {}
  LaneLog(LaneLog&&) = default;
  LaneLog& operator=(LaneLog&&) = default;

  // Room for the next frame; the caller writes exactly `size_bytes` there. It bears seq next_seq().
  u8* append(SegmentPool& pool, u32 size_bytes);
  // Drops whole parts from the front while what remains still fills the window. The last part
  // always stays, and what the views have not been told of. True if something stays that is only
  // too fresh to go.
  bool trim(SegmentPool& pool, const LaneWindow& window);
  // The views have been told of everything.
  void told(u64 now_ms);
  void clear(SegmentPool& pool);

  // Position of the frame with this seq; false if it lies outside the window. seq == next_seq() is
  // the end.
  bool find(Seq seq, Position& out) const;
  // Calls visit(seq, frame bytes) for the frames first .. last that the window holds.
  template <class Visit>
  void visit(Seq first, Seq last, Visit&& visit) const;

  Position end() const { return end_; }
  Seq next_seq() const { return next_seq_; }
  Seq first_seq() const { return parts_.empty() ? next_seq_ : parts_.front().first_seq; }
  Position begin() const { return parts_.empty() ? end_ : parts_.front().begin; }
  const std::vector<Part>& parts() const { return parts_; }
  u32 window_bytes() const { return end_ - begin(); }

  // What the views have been told of: begin, parts and end.
  Position told_begin;
  Position published_end;
  Seq published_next_seq;

 private:
  std::vector<Part> parts_;
  u32 segment_bytes_max_ = SegmentPool::kClassBytes[3];  // so that a part is let go of in time
  Position end_;
  Seq next_seq_;
};

// Size of the server frame at `data` (header and payload). `data` is the start of a frame of ours.
u32 frame_bytes_at(const u8* data);

template <class Visit>
void LaneLog::visit(Seq first, Seq last, Visit&& visit) const {
  for (const Part& part : parts_) {
    if (part.first_seq + part.frames <= first) continue;
    u32 offset = 0;
    for (Seq seq = part.first_seq; offset < part.used_bytes; ++seq) {
      const u8* data = part.hold->segment->data() + offset;
      const u32 size_bytes = frame_bytes_at(data);
      if (seq > last) return;
      if (seq >= first) visit(seq, Bytes{data, size_bytes});
      offset += size_bytes;
    }
  }
}

}  // namespace perseid
