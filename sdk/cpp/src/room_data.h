// RoomData: what a client knows of one room.
// Thread: the client's. Owned by its Room.
// Invariants: `chat_seq` and `action_seq` are the newest that were handed on, and stay over
// reconnects while `epoch` does; `phase` is joined only while the relay holds us for a member.
#pragma once

#include <perseid/room.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sdk/cpp/src/room_state.h"
#include "sdk/cpp/src/state_out.h"

namespace perseid {
inline namespace sdk {

enum class RoomPhase : u8 { idle, joining, joined, left };

struct RoomData {
  RoomData(ClientCore& owner, std::string room) : core(owner), name(std::move(room)) {}

  ClientCore& core;
  std::string name;
  JoinOptions options;
  Done join_done;
  RoomPhase phase = RoomPhase::idle;
  bool was_joined = false;  // in this session or an earlier one
  bool in_session = false;  // in this one, that is: what `joined` says is of it
  bool rejoin = false;      // join() came while a leave was under way
  bool leaving = false;     // leave() waits for its answer
  bool doomed = false;      // to be destroyed when nobody stands in it
  u64 join_id = 0;
  u32 number = 0;  // the binary flavour's name for it, on this connection
  std::string epoch;
  u64 chat_seq = 0;
  u64 action_seq = 0;
  u64 old_until = 0;    // chat up to this is the history that the join asked for
  u64 missed_chat = 0;  // what a recovery brings reaches up to these
  u64 missed_action = 0;
  u64 own_chat = 0;  // our own newest, acknowledged: what is older answers no publish that waits
  u64 own_action = 0;
  u32 unsure = 0;  // publishes of an earlier session that may have arrived
  std::string schema;
  RoomState state;
  StateOut out;
  std::vector<Member> members;
  u32 room_hz = 20;     // ticks a second
  u32 state_hz = 20;    // of them so many are sent to us
  u32 far_divisor = 1;  // of a grid: its far cells are told each so many ticks
  bool degraded = false;
  double keyframe_asked_ms = -1e18;
  std::unique_ptr<Timeline> timeline;
  TimelineConfig timeline_config;

  void start_timeline();
  void set_sent_hz(u32 hz);
  u64& seq_of(bool action) { return action ? action_seq : chat_seq; }
  bool is_seated() const { return was_joined && in_session; }
  u64& own_seq(bool action) { return action ? own_action : own_chat; }
  bool caught_up() const { return chat_seq >= missed_chat && action_seq >= missed_action; }
};

// Calls with each message of a history's answer.
void each_message(std::string_view room, std::string_view messages,
                  const std::function<void(const Message&)>& call);

}  // namespace sdk
}  // namespace perseid
