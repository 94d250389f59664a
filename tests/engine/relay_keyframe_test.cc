// Keyframes and what they restart: when a new one is made, who may ask for one, what coding keeps
// in memory, which deltas bear a checksum.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

constexpr std::string_view kSchema =
    R"("schema":{"x":{"type":"float","min":-1000,"max":1000,"resolution":0.1},)"
    R"("y":{"type":"float","min":-1000,"max":1000,"resolution":0.1}})";

std::shared_ptr<const RoomRules> rules() {
  auto out = std::make_shared<RoomRules>();
  EXPECT_EQ(out->add(R"({"pattern":"room*",)" + std::string(kSchema) + "}"), "");
  EXPECT_EQ(out->add(R"({"pattern":"grid*","checksum_every_ticks":2,)" + std::string(kSchema) +
                     R"(,"grid":{"cell":10,"radius":12,"far_radius":30,"far_divisor":4}})"),
            "");
  return out;
}

class RelayKeyframe : public testing::Test {
 protected:
  void move(int x) {
    writer_.say(state(room_, R"({"set":{"a":{"x":)" + std::to_string(x) + R"(,"y":0}}})"));
    world_.run_for(60);
  }
  const Stats& stats() { return world_.relay(0).stats(); }

  FakeWorld world_{2, {}, rules()};
  const std::string room_ = world_.room_at(0);
  Peer& writer_ = world_.connect(1);
};

TEST_F(RelayKeyframe, ATrickleOfJoinersDoesNotRestartTheModels) {
  world_.join(writer_, room_);
  Peer& reader = world_.connect(1, kBin);
  world_.join(reader, room_);
  std::vector<Peer*> joiners;
  for (int i = 0; i < 40; ++i) {
    joiners.push_back(
        &world_.connect(static_cast<ShardId>(i % 2), i % 3 == 0 ? kBinDeflate : kBin));
    joiners.back()->say(system("join", room_field(room_)));
    move(i);
  }
  EXPECT_LE(stats().keyframes_encoded, 6u);
  EXPECT_LE(reader.coded().resets, 6u);
  for (Peer* joiner : joiners) EXPECT_TRUE(joiner->has(R"("x":39)"));
}

TEST_F(RelayKeyframe, ANewOneIsMadeWhereTheDeltasSinceCostMore) {
  world_.join(writer_, room_);
  world_.join(world_.connect(1, kBin), room_);
  const u64 before = stats().keyframes_encoded;
  for (int i = 0; i < 200; ++i) move(i * i % 997);
  EXPECT_EQ(stats().keyframes_encoded, before) << "nobody needs one";
  Peer& joiner = world_.connect(0, kBin);
  joiner.say(system("join", room_field(room_)));
  world_.settle();
  EXPECT_EQ(stats().keyframes_encoded, before + 1);
  EXPECT_EQ(joiner.messages.size(), 2u) << "and it is as of now";
}

// Deltas that nobody read were never written: a whole state of before does not lead on.
TEST_F(RelayKeyframe, OneFromBeforeNobodyReadIsNotUsedAgain) {
  world_.join(writer_, room_);
  for (int i = 0; i < 5; ++i) {
    Peer& reader = world_.connect(0, kBin);
    reader.say(system("join", room_field(room_)));
    world_.settle();
    const std::string last = i == 0 ? "joined" : R"("x":)" + std::to_string(2 * i - 1);
    EXPECT_TRUE(reader.has(last)) << "round " << i;
    move(2 * i);
    EXPECT_TRUE(reader.has(R"("x":)" + std::to_string(2 * i)));
    reader.say(system("leave", room_field(room_)));
    world_.settle();
    move(2 * i + 1);
  }
}

TEST_F(RelayKeyframe, ARoomThatNobodyReadsCodedKeepsNoModels) {
  world_.join(writer_, room_);
  move(1);
  EXPECT_EQ(stats().coder_bytes, 0u) << "no reader of coded state yet";
  for (int round = 0; round < 2; ++round) {
    Peer& reader = world_.connect(0, kBin);
    world_.join(reader, room_);
    move(2 + round);
    EXPECT_GT(stats().coder_bytes, 10 * KiB);
    reader.say(system("leave", room_field(room_)));
    world_.run_for(2500);
    EXPECT_EQ(stats().coder_bytes, 0u);
  }
}

TEST_F(RelayKeyframe, AMemberIsSentAtMostOneASecondOnItsAsking) {
  world_.join(writer_, room_);
  Peer& asker = world_.connect(1, kBin);
  world_.join(asker, room_);
  move(1);
  world_.run_for(200);
  asker.take();
  const auto wholes = [&] { return asker.count(R"("full":true)"); };
  for (int i = 0; i < 20; ++i) {
    asker.say(system("keyframe", room_field(room_)));
    world_.run_for(20);
  }
  EXPECT_EQ(wholes(), 1u);
  world_.run_for(700);
  EXPECT_EQ(wholes(), 2u) << "the others are served by one";
  world_.run_for(3000);
  EXPECT_EQ(wholes(), 2u);
  asker.say(system("keyframe", room_field(room_)));
  asker.say(system("keyframe", room_field(room_)));
  asker.say(system("leave", room_field(room_)));
  world_.run_for(3000);
  world_.join(asker, room_);
}

// Whoever has not been let in yet has nothing to be sent, and may go before its second is over.
TEST_F(RelayKeyframe, WhoAskedAndWentIsForgotten) {
  Peer& asker = world_.connect(1, kBin);
  world_.set_letters_held(true);
  asker.say(system("join", room_field(room_)));
  asker.say(system("keyframe", room_field(room_)));
  asker.say(system("keyframe", room_field(room_)));
  world_.turn();
  world_.disconnect(asker);
  world_.run_for(1500);
  world_.set_letters_held(false);
  world_.settle();
  world_.run_for(1500);
}

TEST(RelayChecksum, CellsBearThemAtAnyRate) {
  FakeWorld world(1, {}, rules());
  Peer& eye = world.connect(0, kBin);
  Peer& writer = world.connect(0);
  world.join(eye, "grid", R"(,"view":{"x":0,"y":0})");
  world.join(writer, "grid", R"(,"view":{"x":900,"y":900})");
  for (int i = 0; i < 80; ++i) {
    writer.say(state("grid", R"({"set":{"near":{"x":1,"y":)" + std::to_string(i % 9) +
                                 R"(},"far":{"x":25,"y":)" + std::to_string(i % 9) + "}}}"));
    world.run_for(50);
  }
  ASSERT_EQ(eye.coded().checksums.size(), 2u) << "of the near cells and of the far ones";
  for (const auto& [level, count] : eye.coded().checksums) EXPECT_GE(count, 5u) << level;
}

}  // namespace
}  // namespace perseid::test
