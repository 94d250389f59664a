// Any bytes as what a client that resumes has seen (hello's `since.rooms`): no crash, no read
// beyond; whatever it says of a room is a number that JavaScript can count to.
#include "engine/seen_rooms.h"

#include <cstdlib>

#include "codec/bytes.h"

namespace {

using namespace perseid;

constexpr u64 kNumberMax = (u64{1} << 53) - 1;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const SeenRoom& seen) {
  require(seen.chat <= kNumberMax && seen.player_action <= kNumberMax && seen.tick <= kNumberMax);
  require(seen.has_chat || seen.chat == 0);
  require(seen.has_player_action || seen.player_action == 0);
  require(seen.has_tick || seen.tick == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const std::string_view json = as_text({data, size});
  SeenRooms rooms;
  if (!SeenRooms::parse(json, rooms)) return 0;
  for (const std::string_view name : {"a", "b", "lobby", ""}) {
    const SeenRoom* seen = rooms.find(name);
    if (seen == nullptr) continue;
    require(seen->room == name);
    check(*seen);
  }
  return 0;
}
