// After a send from views: count what the kernel took, give back what it did not.
#include <algorithm>

#include "engine/lane_log.h"
#include "engine/views.h"

namespace perseid {
namespace {

bool is_of_lane(const SendSlice& slice) {
  return slice.source == SendSlice::Source::lane || slice.source == SendSlice::Source::keyframe;
}

}  // namespace

void Views::sent(Slot session_slot, SendBatch& batch, u32 sent_bytes) {
  Session& session = sessions_[session_slot];
  PSD_ASSERT(session.batch_out && sent_bytes <= batch.total_bytes);
  session.batch_out = false;
  session.unread = sent_bytes < batch.total_bytes;
  if (sent_bytes < batch.total_bytes) {
    ++context_.stats.sends_returned;
    const u32 rate = context_.options.client_bytes_per_second;
    if (rate != 0) sessions_.bytes_out(session_slot).refund(batch.total_bytes - sent_bytes, rate);
  }
  // Backwards, so that what comes back stands in its old order.
  u32 slice_begin = batch.total_bytes;
  Handle untouched;  // the first of whose slices nothing was taken
  for (u32 i = batch.count; i-- > 0;) {
    SendSlice& slice = batch.slices[i];
    slice_begin -= slice.size_bytes;
    const u32 taken =
        sent_bytes > slice_begin ? std::min(sent_bytes - slice_begin, slice.size_bytes) : 0;
    if (taken == slice.size_bytes) {
      if (slice.hold != nullptr) context_.pool.drop(slice.hold);
    } else {
      if (taken == 0 && is_of_lane(slice)) untouched = slice.member;
      give_back(session_slot, slice, taken);
    }
  }
  if (const Member* next = members_.find(untouched); next && next->session == session_slot) {
    begin_with(session_slot, untouched.slot);
  }
  count_sent(batch);
  batch.count = 0;
  batch.total_bytes = 0;
}

// The slices say by now what goes out for good: give_back() has shortened those that were cut.
void Views::count_sent(const SendBatch& batch) {
  const SendSlice* before = nullptr;
  for (u32 i = 0; i < batch.count; ++i) {
    const SendSlice& slice = batch.slices[i];
    if (!is_of_lane(slice) || slice.frames == 0) continue;
    const LaneStats stats = lane_stats(context_.stats, static_cast<Lane>(slice.lane));
    const bool goes_on =
        before != nullptr && before->lane == slice.lane && before->member == slice.member;
    stats.sent += slice.frames;
    stats.merged += slice.frames - (goes_on ? 0 : 1);
    stats.bytes += slice.size_bytes;
    before = &slice;
  }
}

void Views::give_back(Slot session_slot, SendSlice& slice, u32 sent_bytes) {
  Session& session = sessions_[session_slot];
  if (slice.source == SendSlice::Source::outbox) {
    return session.outbox.give_back(context_.pool, slice, sent_bytes);
  }
  if (slice.source == SendSlice::Source::lane) return tear(session_slot, slice, sent_bytes);
  if (slice.source == SendSlice::Source::ping) {
    const bool is_heartbeat = slice.size_bytes == 2;
    if (sent_bytes > 0) {
      session.outbox.prepend(context_.pool,
                             {slice.data + sent_bytes, slice.size_bytes - sent_bytes});
    } else if (is_heartbeat) {
      session.ping_due = true;
    } else {
      session.read_back.take_back();
    }
    return;
  }
  if (sent_bytes != 0) {
    // A torn keyframe keeps its (shared) bytes until it is through; the deltas after it stay in
    // order.
    session.outbox.prepend_shared(context_.pool, slice.hold->segment, sent_bytes, slice.size_bytes);
  } else {
    slice.frames = 0;
    Member* member = members_.find(slice.member);
    if (member != nullptr && member->session == session_slot) {
      want_keyframe(*member);
      member->state_held = false;
    }
  }
  context_.pool.drop(slice.hold);
}

// The rest of a torn frame, to go first. A large one stays where all who stopped in it share it, so
// that a thousand stalled readers of one megabyte cost a megabyte; a small one is copied, rather
// than keep a whole segment of other frames.
void Views::keep_rest(Slot session_slot, const SendSlice& slice, u32 begin, u32 end) {
  Outbox& outbox = sessions_[session_slot].outbox;
  Segment* segment = slice.hold->segment;
  if ((end - begin) * 2 < segment->capacity_bytes) {
    return outbox.prepend(context_.pool, {slice.data + begin, end - begin});
  }
  const u32 offset = static_cast<u32>(slice.data - segment->data());
  outbox.prepend_shared(context_.pool, segment, offset + begin, offset + end);
}

// A lane's slice that was cut: whole frames go back to the cursor, the rest of the torn one goes
// first.
void Views::tear(Slot session_slot, SendSlice& slice, u32 sent_bytes) {
  u32 boundary = 0;
  u32 frames = 0;
  while (boundary < sent_bytes) {
    boundary += frame_bytes_at(slice.data + boundary);
    ++frames;
  }
  if (boundary > sent_bytes) keep_rest(session_slot, slice, sent_bytes, boundary);
  // A batch that comes home to another session was of one that has gone on elsewhere since.
  Member* member = members_.find(slice.member);
  if (member != nullptr && member->session == session_slot) {
    member->cursors[slice.lane] = {slice.position + boundary, slice.first_seq + frames};
    // What did not go out is due still, not only next time.
    const bool is_state = static_cast<Lane>(slice.lane) == Lane::game_state;
    if (is_state && boundary < slice.size_bytes) member->state_held = false;
  }
  slice.size_bytes = boundary;
  slice.frames = frames;
  context_.pool.drop(slice.hold);
}

}  // namespace perseid
