// Outbox: personal frames waiting to leave on one connection: replies, acks, private messages,
// pongs. Thread: the shard's. Owns: its chunks (holds on pooled segments); an empty outbox owns
// nothing. Invariants: bytes() is the sum of the chunks; frames leave in the order pushed; what the
// kernel did not
//   take comes back to the front.
#pragma once

#include <algorithm>

#include "codec/bytes.h"
#include "engine/lane_log.h"
#include "engine/segment.h"
#include "engine/send_batch.h"

namespace perseid {

class Outbox {
 public:
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox() { PSD_ASSERT(last_ == nullptr); }  // clear() needs the pool, so the owner calls it

  // Room for one frame of `size_bytes` behind what waits; the caller writes exactly so many bytes
  // there.
  u8* append(SegmentPool& pool, u32 size_bytes);
  // Puts bytes before everything else: the rest of a frame that the kernel took in part.
  void prepend(SegmentPool& pool, Bytes bytes);
  // The same without a copy: the bytes stay where others share them.
  void prepend_shared(SegmentPool& pool, Segment* segment, u32 begin, u32 end);
  // Moves whole chunks into the batch while it has slices and `budget_bytes` is not used up (the
  // first chunk passes in any case). Returns the bytes moved.
  u32 gather(SendBatch& out, u32 budget_bytes);
  // Puts a slice of ours that was not sent, or its rest, back to the front. Slices come back last
  // first.
  void give_back(SegmentPool& pool, const SendSlice& slice, u32 sent_bytes);
  // Moves all of another's behind what waits here.
  void append_all(Outbox& other);
  void swap(Outbox& other) noexcept;
  // What is left of a frame that has left in part; 0 if the next byte begins one.
  u32 rest_of_frame() const;
  Bytes front(u32 size_bytes) const;  // of the first chunk
  // The stream has broken: a torn lane's frame is forgotten, one of ours begins afresh.
  void mend(SegmentPool& pool);
  // Drops the whole frames of which stays(frame) is false. Nothing is torn.
  template <class Stays>
  void filter(SegmentPool& pool, Stays&& stays);
  void clear(SegmentPool& pool);

  u32 bytes() const { return bytes_; }
  // Those that count against --outbox-bytes-max: not the rest of a lane's frame, of which there is
  // one at most.
  u32 reply_bytes() const { return bytes_ - torn_bytes_; }
  u64 held_bytes() const;  // of memory
  bool empty() const { return bytes_ == 0; }
  // A frame has left in part: until its rest has left, nothing else may.
  bool in_mid_frame() const { return last_ != nullptr && last_->next->cut; }

 private:
  void push_front(SegmentHold* hold, u32 begin, u32 end);
  SegmentHold* pop_front();

  SegmentHold* last_ = nullptr;  // a ring: last_->next is the first
  u32 bytes_ = 0;
  u32 torn_bytes_ = 0;
};

template <class Stays>
void Outbox::filter(SegmentPool& pool, Stays&& stays) {
  Outbox kept;
  const u32 bytes_before = bytes_;
  while (last_ != nullptr) {
    SegmentHold* chunk = pop_front();
    const u8* end = chunk->segment->data() + chunk->end;
    for (const u8* at = chunk->segment->data() + chunk->begin; at < end;) {
      const u32 size_bytes = frame_bytes_at(at);
      if (stays(Bytes{at, size_bytes})) {
        std::copy_n(at, size_bytes, kept.append(pool, size_bytes));
      }
      at += size_bytes;
    }
    pool.drop(chunk);
  }
  PSD_ASSERT(kept.bytes_ <= bytes_before);
  swap(kept);
}

}  // namespace perseid
