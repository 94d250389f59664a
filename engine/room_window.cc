// Room: how much of each lane is kept.
#include <algorithm>

#include "engine/room.h"

namespace perseid {

// Who is further behind than a whole state weighs gets that, so what lies further back serves
// nobody. What it weighs is an estimate until one was made; a few deltas there are in any case.
u32 Room::state_window_bytes(const FormatLogs& logs, Flavour flavour) const {
  constexpr u64 kDeltasMin = 8;
  const u64 whole_bytes = std::max(state->bytes(flavour), logs.whole_bytes);
  const u64 useful_bytes =
      std::max(2 * (whole_bytes + kKeyframeSlackBytes), kDeltasMin * u64{logs.delta_bytes});
  return static_cast<u32>(std::min<u64>(std::max(useful_bytes, u64{kStateWindowBytesMin}),
                                        context_.options.state_window_bytes));
}

LaneWindow Room::window(Lane lane, const FormatLogs& logs, Flavour flavour) const {
  const Options& options = context_.options;
  LaneWindow window;
  switch (lane) {
    case Lane::system:  // a roster says as much in fewer bytes
      window.bytes_max = options.system_window_bytes;
      return window;
    case Lane::game_state:  // so does a keyframe
      window.bytes_max = state_window_bytes(logs, flavour);
      return window;
    case Lane::player_action:
      window.bytes_max = options.action_window_bytes;
      break;
    case Lane::chat:
      window.bytes_max = options.chat_window_bytes;
      window.frames_max = std::max(options.chat_history, 1u);
      break;
  }
  window.burst_bytes_max = options.burst_window_bytes;
  window.fresh_since_ms = context_.now.mono_ms - std::min(context_.now.mono_ms, kFreshMs);
  return window;
}

bool Room::trim() {
  if (chat_book != nullptr) {
    chat_book->forget_before(canonical().lanes[index(Lane::chat)].first_seq());
  }
  bool too_fresh = false;
  for (u8 i = 0; i < kWireFormats; ++i) {
    if (formats[i] == nullptr) continue;
    const Flavour flavour = WireFormat::at(i).flavour;
    for (u8 lane = 0; lane < kLanes; ++lane) {
      LaneLog& log = formats[i]->lanes[lane];
      too_fresh |= log.trim(context_.pool, window(static_cast<Lane>(lane), *formats[i], flavour));
    }
  }
  return too_fresh;
}

}  // namespace perseid
