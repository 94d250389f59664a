// Plan: everything about a run that its seed decides before the first turn; Faults: what a test of
// the checker breaks on purpose. Thread: none; plain values.
#pragma once

#include <array>

#include "engine/options.h"
#include "tests/sim/dice.h"

namespace perseid::sim {

// The world's betrayals, each committed once, to show that the invariants see it.
enum class Fault : u8 {
  none,
  drop_publish,     // a publish vanishes between shards
  swap_publishes,   // two publishes of one session change places
  drop_answer,      // an acknowledgement vanishes
  drop_direct,      // a private message vanishes
  drop_leave,       // a home never hears that a member left
  drop_keyframe,    // a whole state vanishes
  repeat_slice,     // a finished slice is sent twice
  lose_slice,       // a slice is called sent, but was not
  corrupt_payload,  // one byte of a payload changes on the way
  repeat_publish,   // a publish arrives twice
  drop_joined,      // the answer to a join vanishes
  drop_roster,      // the rosters for those who fell out of the system lane vanish, each
  silence_lane,     // a shard hears no more of one lane of a room
  lose_state,       // a change of state is called sent, but was not
  repeat_state,     // it is sent twice
  swap_states,      // two of them change places
  corrupt_state,    // one byte of it changes
  skip_reset,       // the mark that the models begin afresh is lost
  lose_unset,       // a member is not told that an entity left a cell or room
  keep_cell,        // a member is not told that a cell left its view
  drop_cells,       // a shard never hears that a member's view has moved
  miscount,         // a history tells of one reaction too many
  lend_entities,    // the home takes one member for another: what is owned is written by others
};

enum class RoomKind : u8 {
  plain,
  typed,  // has a schema
  owned,  // and owners, with whom their entities go
  lent,   // has owners but no schema; what is theirs stays behind
  grid
};

struct Plan {
  u64 seed = 1;
  u32 shards = 4;
  u32 players = 16;
  u32 rooms = 4;
  u32 steps = 1200;
  u32 acts_per_step_percent = 120;
  bool roomy = false;     // windows that nobody can fall out of
  bool refusals = false;  // bulk letters are sometimes refused
  bool slow_links = true;
  bool kills = true;
  bool clock_jumps = true;
  bool state = true;
  bool durable = false;  // some kinds of rooms are kept
  bool changes = false;  // chat is edited, deleted, reacted to, read
  u32 padding_bytes_max = 200;
  std::array<RoomKind, 6> kinds{};  // by the room's number, modulo
  u32 checksum_every = 1;           // deltas
  u32 grid_hz = 20;
  u32 far_divisor = 4;  // 1: nothing is seen far away
  double hysteresis = 2;
  Fault fault = Fault::none;
  u32 fault_from_percent = 0;  // of the steps
  Options options;
};

// A small run of any kind.
Plan plan_from(u64 seed);
// Hundreds of clients in few rooms.
Plan crowd_plan(u64 seed);

}  // namespace perseid::sim
