// Lane: the four lanes of a room in their order of priority, and positions in a lane's log.
// Thread: none; plain values.
#pragma once

#include <string_view>

#include "codec/bytes.h"
#include "codec/envelope.h"
#include "engine/ids.h"

namespace perseid {

// name, what it carries
#define PERSEID_LANES(X)                                   \
  X(system, "Presence and membership.")                    \
  X(player_action, "Opaque actions, every one, in order.") \
  X(chat, "Chat messages; the window is the history.")     \
  X(game_state, "What changed in the room's state, per tick.")

enum class Lane : u8 {
#define X(name, text) name,
  PERSEID_LANES(X)
#undef X
};
constexpr u8 kLanes = 4;
constexpr u8 index(Lane lane) {
  return static_cast<u8>(lane);
}

constexpr std::string_view name(Lane lane) {
  constexpr std::string_view kNames[] = {
#define X(name, text) #name,
      PERSEID_LANES(X)
#undef X
  };
  return kNames[index(lane)];
}

// Lanes whose messages bear a seq.
constexpr bool is_sequenced(Lane lane) {
  return lane == Lane::player_action || lane == Lane::chat;
}
constexpr Lane lane_of(MessageType type) {
  return type == MessageType::chat            ? Lane::chat
         : type == MessageType::player_action ? Lane::player_action
         : type == MessageType::game_state    ? Lane::game_state
                                              : Lane::system;
}

// A byte position in a lane's log, modulo 2^32: windows are far smaller than half of that, so the
// signed difference orders any two positions that live at the same time.
using Position = u32;
constexpr std::int32_t distance(Position from, Position to) {
  return static_cast<std::int32_t>(to - from);
}

// A keyframe that replaces pending deltas has to spare at least this much.
constexpr u32 kKeyframeSlackBytes = 512;
// A lane of state is kept no shorter than this, however little a keyframe weighs.
constexpr u32 kStateWindowBytesMin = 4096;
// Whether who is sent a keyframe may read on behind it: the lane still holds what follows `at`, and
// that is not much more than the keyframe itself.
constexpr bool leads_on(Position at, u32 keyframe_bytes, Position lane_begin, Position lane_end) {
  return distance(lane_begin, at) >= 0 &&
         distance(at, lane_end) <= static_cast<std::int32_t>(keyframe_bytes + kKeyframeSlackBytes);
}

}  // namespace perseid
