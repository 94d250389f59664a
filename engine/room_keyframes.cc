// Room: whole states: made when somebody needs one, given out again while the deltas behind them
// are cheap (docs/decisions/0017-reset-points.md).
#include <cstring>

#include "codec/frame.h"
#include "engine/room.h"

namespace perseid {
namespace {

// However many ask, or read on after a snapshot: a stream restarts no more often for them.
constexpr u64 kRestartEveryMs = 1000;

}  // namespace

// Those that can be of no use any more: their deltas are many or have left the window, or some
// were never written because nobody read the format.
void Room::drop_old_keyframes() {
  for (const auto& logs : formats) {
    if (logs == nullptr) continue;
    const LaneLog& log = logs->lanes[index(Lane::game_state)];
    const bool was_written = logs->members > 0;
    if (!was_written || logs->snapshot.at.position != log.end()) drop(logs->snapshot);
    if (logs->keyframe.hold == nullptr) continue;
    const Keyframe& kept = logs->keyframe;
    const bool useful =
        was_written && leads_on(kept.at.position, kept.size_bytes, log.begin(), log.end());
    if (!useful) drop(logs->keyframe);
  }
}

void Room::drop(Keyframe& keyframe) {
  if (keyframe.hold != nullptr) context_.pool.drop(keyframe.hold);
  keyframe = {};
}

bool Room::is_restart_early(WireFormat format, Position at) const {
  const Keyframe& kept = formats[format.index()]->keyframe;
  return kept.hold != nullptr && distance(at, kept.at.position) < 0 && state->coded() &&
         context_.now.mono_ms - kept.made_ms < kRestartEveryMs;
}

void Room::drop_keyframe_before(WireFormat format, Position at) {
  Keyframe& kept = formats[format.index()]->keyframe;
  if (kept.hold != nullptr && distance(at, kept.at.position) < 0) drop(kept);
}

const Keyframe& Room::keyframe(WireFormat format) {
  FormatLogs& logs = *formats[format.index()];
  const LaneLog& log = logs.lanes[index(Lane::game_state)];
  Keyframe& kept = logs.keyframe;
  // That no delta behind it is missing is seen to by every tick.
  if (kept.hold != nullptr && leads_on(kept.at.position, kept.size_bytes, log.begin(), log.end())) {
    return kept;
  }
  drop(kept);
  return kept = write_keyframe(format, true);
}

const Keyframe& Room::snapshot(WireFormat format) {
  FormatLogs& logs = *formats[format.index()];
  const Position now = logs.lanes[index(Lane::game_state)].end();
  for (const Keyframe* made : {&logs.keyframe, &logs.snapshot}) {
    if (made->hold != nullptr && made->at.position == now) return *made;
  }
  drop(logs.snapshot);
  return logs.snapshot = write_keyframe(format, false);
}

Keyframe Room::write_keyframe(WireFormat format, bool leads_on) {
  FormatLogs& logs = *formats[format.index()];
  const LaneLog& log = logs.lanes[index(Lane::game_state)];
  std::string& payload = context_.scratch;
  payload.clear();
  state->write_full(format.flavour, payload, leads_on);
  const StateDelivery full = state_delivery(format.flavour, true, payload);
  const auto size_bytes = static_cast<u32>(state_bytes(format.flavour, full));
  Keyframe made{.hold = context_.pool.acquire(size_bytes),
                .size_bytes = size_bytes,
                .at = {log.end(), log.next_seq()},
                .made_ms = context_.now.mono_ms,
                .leads_on = leads_on || !full.coded};
  write_state(format.flavour, full, made.hold->segment->data());
  if (format.deflate && !full.coded && !full.packed) pack_keyframe(made);
  logs.whole_bytes = made.size_bytes;
  ++(leads_on ? context_.stats.keyframes_encoded : context_.stats.snapshots_encoded);
  return made;
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
