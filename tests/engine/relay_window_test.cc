// The action window in a busy room. Its story: the window's end was told by "no window is open",
// and in a busy room the next one opens within the same turn, so that actions waited for a lucky
// quiet turn.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

TEST(ActionWindow, closes_on_time_however_busy_the_room_is) {
  FakeWorld world(1, [](Options& o) { o.action_window_ms = 10; });
  Peer& busy = world.connect(0);
  Peer& member = world.connect(0);
  world.join(busy, "arena");
  world.join(member, "arena");
  // An action in every millisecond, the ones in which a window ends included.
  for (u32 ms = 1; ms <= 200; ++ms) {
    busy.say(action("arena", std::to_string(ms)));
    world.run_for(1);
    const u32 got = member.count(R"("type":"player_action")");
    EXPECT_GE(got + 12, ms) << "an action waited for longer than its window";
  }
}

}  // namespace
}  // namespace perseid::test
