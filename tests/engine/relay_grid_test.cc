// Rooms with a schema and rooms that are grids, as members of all flavours on all shards see them.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/grids.h"
#include "tests/engine/random.h"

namespace perseid::test {
namespace {

TEST(RelayTyped, MembersOfAllFlavoursSeeTheSameQuantisedState) {
  FakeWorld world(2, {}, rules());
  const std::string room = world.room_at(1, "arena");
  std::vector<Peer*> peers;
  std::vector<Picture> pictures(4);
  for (const WireFormat format : {kJson, kJsonDeflate, kBin, kBinDeflate}) {
    peers.push_back(&world.connect(static_cast<ShardId>(peers.size() % 2), format));
    world.join(*peers.back(), room);
  }
  Random dice(5);
  for (int round = 0; round < 60; ++round) {
    for (u32 i = 0; i < 4; ++i) {
      const std::string entity = "e" + std::to_string(dice.below(6));
      put(*peers[i], room,
          R"({"set":{")" + entity + R"(":{"x":)" + std::to_string(dice.below(20000) / 10.0 - 1000) +
              R"(,"y":)" + std::to_string(dice.below(99)) + R"(}},"unset":["e)" +
              std::to_string(dice.below(6)) + R"("]})");
    }
    world.run_for(60);
    for (u32 i = 0; i < 4; ++i) pictures[i].take(*peers[i]);
    for (u32 i = 1; i < 4; ++i) ASSERT_EQ(pictures[i].positions(), pictures[0].positions());
  }
  EXPECT_FALSE(pictures[0].positions().empty());
}

TEST(RelayTyped, AThousandMembersCostOneEncodingATick) {
  FakeWorld world(2, {}, rules());
  const std::string room = world.room_at(0, "arena");
  Peer* first = nullptr;
  for (u32 i = 0; i < 1000; ++i) {
    Peer& peer = world.connect(static_cast<ShardId>(i % 2), kBin);
    peer.say(R"({"type":"system","op":"join","room":")" + room + R"("})");
    if (first == nullptr) first = &peer;
  }
  world.settle();
  put(*first, room, R"({"set":{"a":{"x":0}}})");
  world.run_for(100);
  const u64 ticks = world.relay().stats().state_ticks;
  const u64 encodings = world.relay().stats().state_encodings;
  for (int i = 1; i <= 20; ++i) {
    put(*first, room, R"({"set":{"a":{"x":)" + std::to_string(i) + "}}}");
    world.run_for(50);
  }
  EXPECT_EQ(world.relay().stats().state_ticks - ticks, 20u);
  EXPECT_EQ(world.relay().stats().state_encodings - encodings, 20u);
}

TEST(RelayTyped, NobodyThereNothingEncodedAndNoChangeNothingSent) {
  FakeWorld world(1, {}, rules());
  Peer& peer = world.connect(0, kBin);
  world.join(peer, "arena");
  put(peer, "arena", R"({"set":{"a":{"x":1}}})");
  world.run_for(200);
  const u64 encodings = world.relay().stats().state_encodings;
  put(peer, "arena", R"({"set":{"a":{"x":1.04}}})");
  peer.take();
  world.run_for(200);
  EXPECT_EQ(world.relay().stats().state_encodings, encodings);
  EXPECT_TRUE(peer.take().empty());
  put(peer, "arena", R"({"set":{"a":{"x":2}}})");
  peer.say(R"({"type":"system","op":"leave","room":"arena"})");
  world.run_for(200);
  EXPECT_EQ(world.relay().stats().state_encodings, encodings);
}

TEST(RelayTyped, ADecoderThatDiffersGetsAWholeState) {
  FakeWorld world(1, {}, rules());
  Peer& peer = world.connect(0, kBin);
  world.join(peer, "arena");
  put(peer, "arena", R"({"set":{"a":{"x":1}}})");
  world.run_for(200);
  peer.take();
  peer.say(R"({"type":"system","op":"keyframe","room":"arena"})");
  world.run_for(20);
  EXPECT_TRUE(peer.has(R"("full":true)"));
  peer.take();
  EXPECT_EQ(
      field(world.ask(peer, R"({"type":"system","op":"keyframe","room":"no","id":1})")[0], "code"),
      "not_joined");
}

TEST(RelayOwned, TheFirstWriterOwnsAnEntityUntilItLeaves) {
  for (const std::string room : {"owned", "free"}) {
    FakeWorld world(2, {}, rules());
    Peer& ana = world.connect(0);
    Peer& ben = world.connect(1);
    world.join(ana, room);
    world.join(ben, room);
    world.ask(ana, set(room, "a", R"("x":1)"));
    const auto refused = world.ask(ben, set(room, "a", R"("x":2)"));
    ASSERT_FALSE(refused.empty());
    EXPECT_EQ(field(refused[0], "code"), "not_owner");
    EXPECT_TRUE(world.ask(ben, set(room, "b", R"("x":2)")).empty());
    world.run_for(100);
    ben.take();
    ana.say(R"({"type":"system","op":"leave","room":")" + room + R"("})");
    world.run_for(100);
    EXPECT_EQ(ben.has(R"("unset":["a"])"), room == "owned");
    ben.take();
    EXPECT_TRUE(world.ask(ben, set(room, "a", R"("x":3)")).empty()) << "it is nobody's now";
    world.run_for(100);
    EXPECT_TRUE(ben.has(R"("a":{"x":3)"));
  }
}

TEST(RelayGrid, AMemberSeesWhatIsAroundItsOwnEntity) {
  for (const WireFormat format : {kJson, kBin}) {
    FakeWorld world(2, {}, rules());
    const std::string room = world.room_at(1, "grid");
    Peer& ana = world.connect(0, format);
    Peer& ben = world.connect(1, format);
    world.join(ana, room);
    world.join(ben, room);
    Picture seen;
    put(ben, room, R"({"set":{"ben":{"x":100,"y":100},"rock":{"x":5,"y":5}}})");
    world.run_for(100);
    put(ana, room, R"({"set":{"ana":{"x":1,"y":1}}})");
    world.run_for(500);
    seen.take(ana);
    EXPECT_EQ(seen.positions(),
              (std::map<std::string, std::string>{{"ana", "1,1"}, {"rock", "5,5"}}));
    // Ben walks up; far away he is seen at a quarter of the rate.
    put(ben, room, R"({"set":{"ben":{"x":25,"y":5}}})");
    world.run_for(500);
    seen.take(ana);
    EXPECT_EQ(seen.positions()["ben"], "25,5");
    // And ana walks off.
    put(ana, room, R"({"set":{"ana":{"x":-500,"y":1}}})");
    world.run_for(500);
    seen.take(ana);
    EXPECT_EQ(seen.positions(), (std::map<std::string, std::string>{{"ana", "-500,1"}}));
  }
}

TEST(RelayGrid, AViewIsSetExplicitlyToo) {
  FakeWorld world(1, {}, rules());
  Peer& eye = world.connect(0);
  Peer& hand = world.connect(0);
  world.join(eye, "grid", R"(,"view":{"x":0,"y":0})");
  world.join(hand, "grid", R"(,"view":{"cells":[]})");
  world.ask(hand, set("grid", "far", R"("x":305,"y":5)"));
  world.ask(hand, set("grid", "near", R"("x":5,"y":5)"));
  world.run_for(500);
  Picture seen;
  seen.take(eye);
  EXPECT_EQ(seen.positions().size(), 1u);
  const auto answer = world.ask(
      eye, R"({"type":"system","op":"view","room":"grid","id":9,"view":{"cells":[[30,0]]}})");
  ASSERT_FALSE(answer.empty());
  EXPECT_EQ(field(answer[0], "op"), "viewing");
  for (const std::string& message : answer) eye.messages.push_back(message);
  world.run_for(100);
  seen.take(eye);
  EXPECT_EQ(seen.positions(), (std::map<std::string, std::string>{{"far", "305,5"}}));
  const auto bad =
      world.ask(eye, R"({"type":"system","op":"view","room":"grid","id":9,"view":{"x":1}})");
  EXPECT_EQ(field(bad[0], "code"), "bad_value");
  world.join(eye, "arena");
  const auto none =
      world.ask(eye, R"({"type":"system","op":"view","room":"arena","id":9,"view":{}})");
  EXPECT_EQ(field(none[0], "code"), "no_grid");
}

TEST(RelayGrid, CellsThatNobodySeesEncodeNothingAndGoAway) {
  FakeWorld world(2, {}, rules());
  const std::string room = world.room_at(0, "grid");
  Peer& eye = world.connect(1, kBin);
  world.join(eye, room, R"(,"view":{"x":0,"y":0})");
  put(eye, room, R"({"set":{"far":{"x":900,"y":900}}})");
  world.run_for(500);
  const u64 encodings = world.relay().stats().state_encodings;
  for (int i = 0; i < 20; ++i) {
    put(eye, room, R"({"set":{"far":{"x":900,"y":)" + std::to_string(900 + i) + "}}}");
    world.run_for(50);
  }
  EXPECT_EQ(world.relay().stats().state_encodings, encodings);
  const u64 made = world.relay().stats().cells_opened;
  EXPECT_GT(made, 0u);
  eye.say(R"({"type":"system","op":"leave","room":")" + room + R"("})");
  world.run_for(5000);
  EXPECT_EQ(world.relay().stats().cells_closed, made);
  EXPECT_EQ(world.relay().stats().rooms_removed, 0u) << "a cell is no room";
}

// Members walk about, come and go; at rest each sees exactly what lies in the cells of its view.
void check_walk(u32 seed) {
  Random dice(seed);
  const u32 shards = 1 + dice.below(3);
  FakeWorld world(shards, {}, rules());
  const std::string room = world.room_at(0, "grid");
  struct Walker {
    Peer* peer;
    Picture picture;
    double x, y;
    std::string key;
  };
  std::vector<Walker> walkers;
  for (u32 i = 0; i < 8; ++i) {
    Peer& peer = world.connect(static_cast<ShardId>(i % shards), dice.percent(50) ? kBin : kJson);
    walkers.push_back(
        {&peer, {}, dice.below(100) * 1.0, dice.below(60) * 1.0, "w" + std::to_string(i)});
    peer.say(R"({"type":"system","op":"join","room":")" + room + R"("})");
  }
  for (int round = 0; round < 80; ++round) {
    for (Walker& walker : walkers) {
      if (dice.percent(5)) walker.peer->accepts_bytes = dice.percent(50) ? 0 : ~u64{0};
      walker.x += dice.below(9) - 4.0;
      walker.y += dice.below(9) - 4.0;
      if (dice.percent(3)) walker.x = dice.below(200) * 1.0;
      put(*walker.peer, room,
          R"({"set":{")" + walker.key + R"(":{"x":)" + std::to_string(walker.x) + R"(,"y":)" +
              std::to_string(walker.y) + "}}}");
    }
    world.run_for(50, 10);
  }
  for (Walker& walker : walkers) walker.peer->accepts_bytes = ~u64{0};
  world.run_for(8000, 10);
  for (Walker& walker : walkers) {
    walker.picture.take(*walker.peer);
    const auto seen = walker.picture.positions();
    ASSERT_TRUE(seen.contains(walker.key)) << walker.key;
    for (const Walker& other : walkers) {
      const double away = std::hypot(other.x - walker.x, other.y - walker.y);
      // A cell reaches up to its diagonal beyond the radius that shows it.
      const bool may = away <= 30 + 2 + 10 * 1.5;
      const bool sees = seen.contains(other.key);
      EXPECT_TRUE(sees || away > 30) << walker.key << " " << other.key;
      EXPECT_TRUE(may || !sees) << walker.key << " " << other.key;
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(RelayGrid, WhoWalksSeesExactlyWhatIsInViewAtRest) {
  for (u32 seed = 1; seed <= 30 && !HasFailure(); ++seed) check_walk(seed);
}

}  // namespace
}  // namespace perseid::test
