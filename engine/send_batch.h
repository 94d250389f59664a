// SendBatch: what one send hands to the kernel, slices of shared segments in the order of the
// lanes. Thread: the shard that gathers and sends. Nothing here is atomic. Owns: one hold per slice
// until Relay::release() (or Outbox) gives it back; the bytes never move. Invariant: total_bytes is
// the sum of the slices; slices are sent in order, once.
#pragma once

#include <array>

#include "codec/bytes.h"
#include "engine/ids.h"

namespace perseid {

struct SegmentHold;

struct SendSlice {
  const u8* data = nullptr;
  u32 size_bytes = 0;
  SegmentHold* hold = nullptr;  // null for bytes that live for ever
  // Where it came from, so that what the kernel did not take can be given back.
  enum class Source : u8 { outbox, ping, lane, keyframe } source = Source::outbox;
  u8 lane = 0;
  Handle member;
  u32 position = 0;   // of `data`: in the lane's log, or in the outbox's chunk
  u32 first_seq = 0;  // of the first frame, its low half
  u32 frames = 0;     // of a lane; a keyframe is one
};
static_assert(sizeof(SendSlice) <= 48, "many of them lie in every send");

// A member of a grid has a lane for each cell in view. Sends are taken within the turn, so that few
// exist at one time: what more slices cost is not per connection.
constexpr u32 kSendSlicesMax = 32;

struct SendBatch {
  std::array<SendSlice, kSendSlicesMax> slices;
  u32 count = 0;
  u32 total_bytes = 0;
  bool full() const { return count == kSendSlicesMax; }
  bool empty() const { return count == 0; }
};

}  // namespace perseid
