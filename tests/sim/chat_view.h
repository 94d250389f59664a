// ChatView: a message of a room's chat as somebody is shown it, with what has become of it, and
// what the lane says that it should be.
// Thread: the run's. Plain values.
#pragma once

#include <simdjson.h>

#include <string>
#include <vector>

#include "engine/ids.h"

namespace perseid::sim {

struct SeenReaction {
  std::string emoji;
  u64 count = 0;
  bool mine = false;
  bool operator==(const SeenReaction&) const = default;
};

// The fields that a delivery of the history may bear.
struct SeenMarks {
  bool edited = false;
  bool deleted = false;
  std::vector<SeenReaction> reactions = {};
  bool any() const { return edited || deleted || !reactions.empty(); }
};
SeenMarks marks_of(simdjson::dom::element object);

struct ChatView {
  Seq seq = 0;
  std::string sender = {};
  std::string payload = {};
  SeenMarks marks = {};
};

// A message folded from the lane.
struct FoldedChat {
  u32 number = 0;         // of its Publish
  u32 edit_number = ~0u;  // of the newest edit's
  bool deleted = false;
  struct Reaction {
    std::string emoji;
    std::vector<std::string> clients;
  };
  std::vector<Reaction> reactions = {};  // in the order in which they came
};

}  // namespace perseid::sim
