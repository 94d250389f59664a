// Grids under pressure: views that are hostile, refused, too wide for a send, seen through slow
// links, or left behind by a relay that goes.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/engine/grids.h"
#include "tests/engine/links.h"
#include "tests/engine/resumes.h"

namespace perseid::test {
namespace {

void plenty(Options& o) {
  o.session_bytes_per_second = ~0u;
  o.session_messages_per_second = 1'000'000;
  o.heartbeat_interval_ms = o.timeout_ms = 3'600'000;
}

std::string view(std::string_view wish) {
  return R"({"type":"system","op":"view","room":"grid","view":)" + std::string(wish) + "}";
}

std::string row_of_cells(int from, int count) {
  std::string out;
  for (int x = from; x < from + count; ++x) {
    out += (x == from ? "[" : ",[") + std::to_string(x) + ",0]";
  }
  return R"({"cells":[)" + out + "]}";
}

// One entity in the middle of each cell of the row.
std::string row_of_entities(int from, int count, int hp) {
  std::string out;
  for (int x = from; x < from + count; ++x) {
    out += (x == from ? "\"e" : ",\"e") + std::to_string(x) + R"(":{"x":)" +
           std::to_string(x * 10 + 5) + R"(,"y":5,"hp":)" + std::to_string(hp) + "}";
  }
  return R"({"set":{)" + out + "}}";
}

u32 cells_gone(const Peer& peer) {
  return peer.count(R"("full":true,"payload":{"set":{}})");
}

TEST(RelayGridLimits, APlaceBeyondEverythingShowsNothing) {
  FakeWorld world(1, {}, rules());
  Peer& peer = world.connect(0);
  world.join(peer, "grid", R"(,"view":{"x":68719476641,"y":0})");
  world.run_for(100);
  EXPECT_EQ(world.relay().stats().cells_opened, 0u);
  world.ask(peer, view(R"({"x":-1e300,"y":1e300})"));
  world.run_for(100);
  world.ask(peer, view(R"({"x":0,"y":0})"));
  world.run_for(100);
  EXPECT_GT(world.relay().stats().cells_opened, 0u);
}

TEST(RelayGridLimits, AViewMovesAtMostOnceATick) {
  FakeWorld world(1, plenty, rules());
  Peer& peer = world.connect(0);
  world.join(peer, "grid", R"(,"view":{"x":0,"y":0})");
  world.run_for(100);
  const u64 moved = world.relay().stats().views_moved;
  for (int i = 0; i < 200; ++i) {
    peer.say(view(R"({"x":)" + std::to_string(i % 2 == 0 ? 500 : -500) + R"(,"y":0})"));
    if (i % 4 == 0) world.turn(1);
  }
  world.run_for(60);
  EXPECT_LE(world.relay().stats().views_moved - moved, 4u) << "110 ms are three ticks at most";
  EXPECT_GE(world.relay().stats().views_moved - moved, 1u);
}

TEST(RelayGridLimits, CellsHaveABoundOfTheirOwnAndEvictNoRoom) {
  const auto tweak = [](Options& o) {
    plenty(o);
    o.rooms_max = 2;
    o.grid_cells_max = 4;
  };
  FakeWorld world(1, tweak, rules());
  Peer& peer = world.connect(0);
  world.join(peer, "lingers");
  world.ask(peer, R"({"type":"system","op":"leave","room":"lingers"})");
  world.join(peer, "grid", R"(,"view":)" + row_of_cells(0, 10));
  world.run_for(100);
  const Stats& stats = world.relay().stats();
  EXPECT_EQ(stats.cells_opened, 4u);
  EXPECT_EQ(stats.cells_refused, 6u);
  EXPECT_EQ(stats.rooms_removed, 0u);
  EXPECT_EQ(stats.rooms_refused, 0u);
  EXPECT_EQ(cells_gone(peer), 10u) << "four that are empty, six that are not shown";
  const std::string room = world.join(peer, "third");
  EXPECT_NE(room.find(R"("op":"joined")"), std::string::npos) << "for the one that lingered";
}

// Who comes back forgets every cell but those that it is sent then.
TEST(RelayGridLimits, OfCellsThatHadGoneNothingIsSaidToWhoComesBack) {
  for (const bool dropped : {false, true}) {
    FakeWorld world(1, plenty, rules());
    const Named ana = named(world);
    Peer& writer = world.connect(0);
    world.join(writer, "grid", R"(,"view":{"cells":[]})");
    put(writer, "grid", row_of_entities(0, 4, 1));
    ana.peer->say(system("join", R"("room":"grid","view":)" + row_of_cells(0, 4)));
    world.run_for(200);
    ana.peer->accepts_bytes = 0;
    ana.peer->say(system("view", R"("room":"grid","view":)" + row_of_cells(0, 1)));
    world.run_for(200);
    if (dropped) world.disconnect(*ana.peer);
    Peer& back = resume(world, ana);
    world.run_for(200);
    EXPECT_EQ(back.count("game_state"), 1u) << "the one cell in view";
  }
}

TEST(RelayGridLimits, ARefusedCellIsLookedAtAgainAfterAWhile) {
  FakeWorld world(
      2,
      [](Options& o) {
        plenty(o);
        o.grid_cells_max = 4;
      },
      rules());
  const std::string room = world.room_at(0, "grid");
  Peer& first = world.connect(0);
  Peer& second = world.connect(1);
  world.join(first, room, R"(,"view":)" + row_of_cells(0, 4));
  world.join(second, room, R"(,"view":)" + row_of_cells(2, 4));
  put(first, room, row_of_entities(0, 8, 1));
  world.run_for(3000);
  const u64 refused = world.relay().stats().cells_refused;
  EXPECT_GE(refused, 4u);
  EXPECT_LE(refused, 8u) << "once a second, not every tick";
  Picture seen;
  seen.take(second);
  EXPECT_EQ(seen.positions().size(), 2u);
  first.say(R"({"type":"system","op":"leave","room":")" + room + R"("})");
  world.run_for(2500);
  seen.take(second);
  EXPECT_EQ(seen.positions().size(), 4u) << "those that rest make way";
  second.say(R"({"type":"system","op":"leave","room":")" + room + R"("})");
  world.run_for(5000);
  EXPECT_EQ(world.relay().stats().cells_closed, world.relay().stats().cells_opened);
}

TEST(RelayGridLimits, WhoDoesNotReadIsNotClosedForCellsThatLeaveItsView) {
  FakeWorld world(
      2,
      [](Options& o) {
        plenty(o);
        o.outbox_bytes_max = 4096;
      },
      rules());
  const std::string room = world.room_at(0, "grid");
  Peer& peer = world.connect(1);
  Peer& hand = world.connect(0);
  world.join(hand, room, R"(,"view":{"cells":[]})");
  world.join(peer, room, R"(,"view":{"follow":"walker"})");
  const auto walk_to = [&](int x) {
    put(hand, room, R"({"set":{"walker":{"x":)" + std::to_string(x) + R"(,"y":5}}})");
    world.run_for(100);
  };
  put(hand, room, row_of_entities(-10, 60, 1));
  walk_to(0);
  world.run_for(500);
  Picture seen;
  seen.take(peer);
  EXPECT_GE(seen.cells(), 5u);
  peer.accepts_bytes = 10;
  for (int i = 0; i < 60; ++i) {
    peer.say(R"({"type":"system","op":"ping","id":1})");
    world.turn(1);
  }
  for (int x = 20; x <= 900; x += 20) walk_to(x);
  EXPECT_EQ(peer.closed, CloseCode::none);
  peer.accepts_bytes = ~u64{0};
  world.run_for(500);
  EXPECT_EQ(peer.closed, CloseCode::none);
  seen.take(peer);
  EXPECT_EQ(seen.positions(), (std::map<std::string, std::string>{{"walker", "900,5"}}));
}

// Many cells, of which every send takes a few: none may wait for ever.
TEST(RelayGridLimits, TheLastOfManyCellsIsSentToo) {
  FakeWorld world(2, plenty, rules());
  const std::string room = world.room_at(0, "grid");
  Peer& peer = world.connect(1);
  Peer& hand = world.connect(0);
  constexpr int kCells = 100;
  world.join(hand, room, R"(,"view":{"cells":[]})");
  world.join(peer, room, R"(,"view":)" + row_of_cells(-50, kCells));
  put(hand, room, row_of_entities(-50, kCells, 1));
  world.run_for(500);
  peer.take();
  std::set<std::string> told;
  for (int tick = 2; tick < 80; ++tick) {
    put(hand, room, row_of_entities(-50, kCells, tick));
    for (int i = 0; i < 50; ++i) {
      peer.accepts_bytes = i % 10 == 0 ? 1200 : 0;
      world.turn(1);
    }
    if (tick < 20) continue;
    for (const std::string& message : peer.take()) {
      if (field(message, "type") != "game_state") continue;
      const std::size_t at = message.find(R"("cell":[)");
      told.insert(message.substr(at, message.find(']', at) - at));
    }
  }
  EXPECT_EQ(told.size(), std::size_t{kCells});
}

TEST(RelayGridLimits, ACellThatComesIntoViewBeginsAtTheRateOfThoseBefore) {
  FakeWorld world(2, plenty, rules());
  const std::string room = world.room_at(0, "grid");
  Peer& peer = world.connect(1);
  Peer& hand = world.connect(0);
  world.join(hand, room, R"(,"view":{"cells":[]})");
  world.join(peer, room, R"(,"view":)" + row_of_cells(0, 30));
  const auto run = [&](int ticks, u64 bytes_per_ms) {
    for (int tick = 0; tick < ticks; ++tick) {
      put(hand, room, row_of_entities(0, 60, tick % 100));
      for (int i = 0; i < 50; ++i) {
        peer.accepts_bytes = std::min<u64>(peer.accepts_bytes + bytes_per_ms, 2000);
        world.turn(1);
      }
    }
  };
  peer.accepts_bytes = 2000;
  run(200, 10);
  const auto told = rates_told(peer);
  ASSERT_FALSE(told.empty());
  ASSERT_LE(told.back(), 10u);
  peer.take();
  const u64 degraded = world.relay(1).stats().degraded;
  peer.say(R"({"type":"system","op":"view","room":")" + room + R"(","view":)" +
           row_of_cells(30, 30) + "}");
  run(4, 2000);
  EXPECT_EQ(peer.count(R"("op":"restored")"), 0u) << "nothing says yet that the link is better";
  EXPECT_EQ(world.relay(1).stats().degraded, degraded);
  run(400, 2000);
  EXPECT_EQ(peer.count(R"("op":"restored")"), 1u);
}

TEST(RelayGridLimits, WhoWalksComesBackToTheFullRateAllTheSame) {
  FakeWorld world(2, plenty, rules());
  const std::string room = world.room_at(0, "grid");
  Peer& peer = world.connect(1);
  Peer& hand = world.connect(0);
  world.join(hand, room, R"(,"view":{"cells":[]})");
  world.join(peer, room, R"(,"view":{"x":0,"y":5})");
  const auto run = [&](int ticks, u64 bytes_per_ms, double x_a_tick) {
    for (int tick = 0; tick < ticks; ++tick) {
      put(hand, room, row_of_entities(-20, 90, tick % 100));
      if (tick % 10 == 0) {
        peer.say(R"({"type":"system","op":"view","room":")" + room + R"(","view":{"x":)" +
                 std::to_string(tick * x_a_tick) + R"(,"y":5}})");
      }
      for (int i = 0; i < 50; ++i) {
        peer.accepts_bytes = std::min<u64>(peer.accepts_bytes + bytes_per_ms, 2000);
        world.turn(1);
      }
    }
  };
  peer.accepts_bytes = 2000;
  run(200, 4, 0);
  ASSERT_FALSE(rates_told(peer).empty());
  ASSERT_LE(rates_told(peer).back(), 10u);
  run(1000, 2000, 0.5);  // a cell a second
  EXPECT_EQ(rates_told(peer).back(), 20u);
}

TEST(RelayGridLimits, ARelayThatGoesSendsFarCellsWhatTheyLack) {
  FakeWorld world(1, plenty, rules());
  Peer& peer = world.connect(0);
  world.join(peer, "grid", R"(,"view":{"x":0,"y":5})");
  put(peer, "grid", R"({"set":{"far":{"x":25,"y":5,"hp":0}}})");
  world.run_for(500);
  for (int hp = 1; hp <= 4; ++hp) {  // whatever the tick that is due next
    put(peer, "grid", R"({"set":{"far":{"hp":)" + std::to_string(hp) + "}}}");
    if (hp < 4) world.run_for(50);
  }
  world.turn();
  world.relay().goaway(0);
  world.settle();
  EXPECT_TRUE(peer.has(R"("hp":4)"));
}

TEST(RelayGridLimits, WithoutAPlaceAnEntityIsInNoCell) {
  FakeWorld world(1, plenty, rules());
  Peer& peer = world.connect(0);
  world.join(peer, "grid", R"(,"view":{"x":0,"y":0})");
  Picture seen;
  const auto sees = [&](std::string_view update) {
    put(peer, "grid", update);
    world.run_for(500);
    seen.take(peer);
    return seen.positions().contains("a");
  };
  EXPECT_FALSE(sees(R"({"set":{"a":{"hp":1}}})"));
  EXPECT_FALSE(sees(R"({"set":{"a":{"x":1}}})"));
  EXPECT_TRUE(sees(R"({"set":{"a":{"y":1}}})"));
  EXPECT_FALSE(sees(R"({"set":{"a":{"x":null}}})"));
  EXPECT_TRUE(sees(R"({"set":{"a":{"x":3}}})"));
  EXPECT_FALSE(sees(R"({"unset":["a"]})"));
}

TEST(RelayGridLimits, OnesOwnEntityIsTheFirstThatIsThere) {
  FakeWorld world(1, plenty, rules());
  Peer& peer = world.connect(0);
  Peer& hand = world.connect(0);
  world.join(hand, "grid", R"(,"view":{"cells":[]})");
  world.join(peer, "grid");
  put(hand, "grid", R"({"set":{"rock":{"x":505,"y":5}}})");
  put(peer, "grid", R"({"unset":["old"],"set":{"mine":{"x":500,"y":5}}})");
  world.run_for(500);
  Picture seen;
  seen.take(peer);
  EXPECT_EQ(seen.positions().size(), 2u);
}

// Answers that find no room give the seat up again, on one shard within the join itself.
TEST(RelayGridLimits, WhoIsNotLetInWatchesNothing) {
  FakeWorld world(
      1,
      [](Options& o) {
        plenty(o);
        o.answers_bytes_max = o.outbox_bytes_max = 4096;
        o.session_rooms_max = 1000;
      },
      rules());
  Peer& peer = world.connect(0);
  for (int i = 0; i < 300; ++i) {
    peer.say(R"({"type":"system","op":"join","room":"grid)" + std::to_string(i) +
             R"(","view":{"cells":[[0,0]]}})");
  }
  world.turn(1);
  world.run_for(200);
  const u32 joined = peer.count(R"("op":"joined")");
  EXPECT_LT(joined, 300u);
  EXPECT_EQ(world.relay().stats().views_moved, joined);
}

}  // namespace
}  // namespace perseid::test
