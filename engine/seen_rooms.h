// SeenRooms: what a client that resumes has seen of the rooms of its session: hello's
// `since.rooms`. Thread: none; plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"

namespace perseid {

struct SeenRoom {
  std::string room;
  bool has_chat = false;
  bool has_player_action = false;
  bool has_tick = false;
  Seq chat = 0;
  Seq player_action = 0;
  u64 tick = 0;  // of the state that it holds, all of it
};

class SeenRooms {
 public:
  // {"lobby":{"chat":41,"player_action":97,"tick":260},…}; of a room that stands there twice the
  // last counts. False if it is not of that form.
  static bool parse(std::string_view json, SeenRooms& out);
  const SeenRoom* find(std::string_view room) const;

 private:
  std::vector<SeenRoom> rooms_;  // sorted by name
};

}  // namespace perseid
