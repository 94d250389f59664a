// Room: whole states: made when somebody needs one, given out again while the deltas behind them
// are cheap (docs/decisions/0017-reset-points.md).
#include <cstring>

#include "codec/frame.h"
#include "engine/room.h"

namespace perseid {

// Those that can be of no use any more: their deltas are many or have left the window, or some
// were never written because nobody read the format.
void Room::drop_old_keyframes() {
  for (const auto& logs : formats) {
    if (logs == nullptr || logs->keyframe.hold == nullptr) continue;
    const LaneLog& log = logs->lanes[index(Lane::game_state)];
    const Keyframe& kept = logs->keyframe;
    const bool useful =
        logs->members > 0 && leads_on(kept.at.position, kept.size_bytes, log.begin(), log.end());
    if (!useful) drop_keyframe(*logs);
  }
}

void Room::drop_keyframe(FormatLogs& logs) {
  if (logs.keyframe.hold != nullptr) context_.pool.drop(logs.keyframe.hold);
  logs.keyframe = {};
}

void Room::drop_keyframe_before(WireFormat format, Position at) {
  FormatLogs& logs = *formats[format.index()];
  if (logs.keyframe.hold != nullptr && distance(at, logs.keyframe.at.position) < 0) {
    drop_keyframe(logs);
  }
}

const Keyframe& Room::keyframe(WireFormat format) {
  FormatLogs& logs = *formats[format.index()];
  const LaneLog& log = logs.lanes[index(Lane::game_state)];
  Keyframe& kept = logs.keyframe;
  // That no delta behind it is missing is seen to by every tick.
  if (kept.hold != nullptr && leads_on(kept.at.position, kept.size_bytes, log.begin(), log.end())) {
    return kept;
  }
  drop_keyframe(logs);
  std::string& payload = context_.scratch;
  payload.clear();
  state->write_full(format.flavour, payload);
  const StateDelivery full = state_delivery(format.flavour, true, payload);
  const auto size_bytes = static_cast<u32>(state_bytes(format.flavour, full));
  SegmentHold* hold = context_.pool.acquire(size_bytes);
  write_state(format.flavour, full, hold->segment->data());
  kept = {hold, size_bytes, {log.end(), log.next_seq()}};
  if (format.deflate && !full.coded && !full.packed) pack_keyframe(kept);
  logs.whole_bytes = kept.size_bytes;
  ++context_.stats.keyframes_encoded;
  return kept;
}

void Room::pack_keyframe(Keyframe& keyframe) {
  const Bytes plain{keyframe.hold->segment->data(), keyframe.size_bytes};
  const Bytes packed = pack(plain);
  if (packed.empty()) return;
  const u32 header_bytes = server_header_bytes(packed.size());
  SegmentHold* hold = context_.pool.acquire(header_bytes + static_cast<u32>(packed.size()));
  u8* out = hold->segment->data();
  write_frame_header(out, static_cast<Opcode>(plain[0] & 0x0f), packed.size(), true);
  std::memcpy(out + header_bytes, packed.data(), packed.size());
  context_.pool.drop(keyframe.hold);
  keyframe.hold = hold;
  keyframe.size_bytes = header_bytes + static_cast<u32>(packed.size());
}

}  // namespace perseid
