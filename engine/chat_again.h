// ChatAgain: the rooms of a resumed session whose chat lane was put back, so that what waits of
// their history is not sent as well. Thread: the shard's. Invariant: it lives as long as one hello.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "engine/ids.h"

namespace perseid {

class ChatAgain {
 public:
  void add(std::string_view room, u32 room_number);
  bool empty() const { return rooms_.empty(); }
  // Whether this server's frame is chat of one of them.
  bool says(Bytes frame) const;

 private:
  struct Room {
    std::string json;  // how a chat message of it begins
    u32 number = 0;
  };
  std::vector<Room> rooms_;
};

}  // namespace perseid
