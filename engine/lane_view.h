// LaneView: one lane of a room in one wire format as a shard with members sees it: the same
// segments, up to
//   the end that the home has published.
// Thread: the viewing shard's. Owns: a hold on each segment of the window.
// Invariants: begin() and end() only move forward; parts are contiguous; bytes below end() never
// change.
#pragma once

#include <vector>

#include "codec/wire_format.h"
#include "engine/lane.h"
#include "engine/segment.h"
#include "engine/send_batch.h"

namespace perseid {

// A member's place in a lane: the next byte to send and the seq of the frame that begins there, of
// which the low half is enough: no lane holds 2^32 frames.
struct LaneCursor {
  constexpr LaneCursor() = default;
  constexpr LaneCursor(Position at, Seq seq) : position(at), next_seq(static_cast<u32>(seq)) {}
  // The whole seq, given one that is not before it.
  constexpr Seq seq_before(Seq later) const {
    return later - static_cast<u32>(static_cast<u32>(later) - next_seq);
  }
  // The same, given one that may lie on either side of it: a home can be ahead of a view.
  constexpr Seq seq_near(Seq other) const {
    return other + static_cast<Seq>(i64{static_cast<i32>(next_seq - static_cast<u32>(other))});
  }
  Position position = 0;
  u32 next_seq = 1;
};

class LaneView {
 public:
  struct Part {
    SegmentHold* hold = nullptr;
    Position begin = 0;
    Position end = 0;
    Seq first_seq = 0;
  };

  // A further segment of the log, its bytes published up to part.end. Takes over the reference.
  void add(SegmentPool& pool, Segment* segment, const Part& part);
  // The last segment's bytes are now published up to `end`; the next frame will bear `next_seq`.
  void advance(Position end, Seq next_seq);
  // The home's window now begins at `begin`.
  void trim(SegmentPool& pool, Position begin);
  // Starts at a position with nothing before it (an empty lane joined late).
  void reset(SegmentPool& pool, Position at, Seq next_seq);
  void clear(SegmentPool& pool);

  Position begin() const { return parts_.empty() ? end_ : parts_.front().begin; }
  Position end() const { return end_; }
  Seq first_seq() const { return parts_.empty() ? next_seq_ : parts_.front().first_seq; }
  Seq next_seq() const { return next_seq_; }

  // Where the frame with this seq begins; false if the window does not hold it. next_seq(): the
  // end.
  bool find(Seq seq, Position& out) const;

  // Where the first state behind that of `tick` begins, in a lane of uncompressed states; false if
  // what follows that tick may have left the window, or cannot be told.
  bool find_tick(WireFormat format, u64 tick, LaneCursor& out) const;

  // Takes slices from `cursor` up to `budget_bytes`, cut at a frame boundary (one frame passes in
  // any case if the batch is empty), and moves the cursor. Returns the frames taken.
  // cursor.position >= begin().
  u32 gather(SegmentPool& pool, LaneCursor& cursor, u32 budget_bytes, SendBatch& out) const;

 private:
  std::vector<Part> parts_;
  Position end_ = 0;
  Seq next_seq_ = 1;
};

}  // namespace perseid
