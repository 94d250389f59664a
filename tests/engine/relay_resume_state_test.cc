// Who comes back and says which tick it has is sent what came since, if that is known to lead on
// and is the cheaper; else the whole state.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"
#include "tests/engine/resumes.h"

namespace perseid::test {
namespace {

std::shared_ptr<const RoomRules> rules() {
  auto out = std::make_shared<RoomRules>();
  EXPECT_EQ(out->add(R"({"pattern":"typed*","schema":{"n":{"type":"int","min":0,"max":100000},)"
                     R"("more":{"type":"string","max_bytes":60}}})"),
            "");
  return out;
}

struct Kind {
  const char* room;
  WireFormat format;
};

class ResumedState : public testing::TestWithParam<Kind> {
 protected:
  FakeWorld world_{2,
                   [](Options& o) {
                     o.session_bytes_per_second = ~0u;
                     o.session_messages_per_second = 1'000'000;
                   },
                   rules()};
  const std::string room_ = GetParam().room;
  Peer& writer_ = world_.connect(1);
  Peer& other_ = world_.connect(1, GetParam().format);
  Named ana_ = named(world_, "ana", 0, GetParam().format);
  u32 step_ = 0;

  void SetUp() override {
    world_.join(writer_, room_);
    world_.join(other_, room_);
    world_.join(*ana_.peer, room_);
    // A state that weighs far more than a change of it.
    for (int i = 0; i < 60; ++i) {
      writer_.say(state(room_, R"({"set":{"e)" + std::to_string(i) + R"(":{"n":)" +
                                   std::to_string(i * 991) + R"(,"more":")" +
                                   std::string(40, static_cast<char>('a' + i % 26)) + R"("}}})"));
    }
    world_.run_for(100);
    move();
  }
  void move() {
    writer_.say(state(room_, R"({"set":{"e1":{"n":)" + std::to_string(++step_) + "}}}"));
    world_.run_for(60);
  }
  static u64 last_tick(const Peer& peer) {
    u64 tick = 0;
    for (const std::string& message : peer.messages) {
      if (field(message, "type") == "game_state") tick = number(message, "tick");
    }
    return tick;
  }
  Peer& back(u64 tick) {
    const std::string rooms = '{' + in_quotes(room_) + R"(:{"tick":)" + std::to_string(tick) + "}}";
    Peer& peer = world_.connect(0, GetParam().format);
    peer.coded() = std::move(ana_.peer->coded());  // it is the same client
    peer.say(hello(ana_.secret, seen(rooms)));
    world_.settle();
    return peer;
  }
  static bool is_whole(const Peer& peer) { return peer.has(R"("full":true)"); }
};

TEST_P(ResumedState, TheDeltasSinceAreSentAgainIfTheyAreTheCheaper) {
  const u64 tick = last_tick(*ana_.peer);
  ana_.peer->reads_bytes = 0;
  move();  // was sent, but the client did not get it
  world_.disconnect(*ana_.peer);
  move();
  Peer& peer = back(tick);
  world_.run_for(100);
  EXPECT_EQ(last_tick(peer), tick + 2);
  EXPECT_EQ(peer.count(R"("type":"game_state")"), 2u);
  EXPECT_FALSE(is_whole(peer));
}

TEST_P(ResumedState, TheWholeIsSentIfThatIsTheCheaper) {
  const u64 tick = last_tick(*ana_.peer);
  world_.disconnect(*ana_.peer);
  for (int i = 0; i < 400; ++i) move();
  Peer& peer = back(tick);
  world_.run_for(100);
  EXPECT_EQ(last_tick(peer), tick + 400);
  EXPECT_TRUE(is_whole(peer));
}

// What it was sent last restarted the coder, and never came.
TEST_P(ResumedState, BehindAWholeStateThatItDidNotGetNothingLeadsOn) {
  const u64 tick = last_tick(*ana_.peer);
  ana_.peer->reads_bytes = 0;
  ana_.peer->say(system("keyframe", room_field(room_)));
  move();
  move();
  world_.disconnect(*ana_.peer);
  Peer& peer = back(tick - 1);
  world_.run_for(100);
  EXPECT_TRUE(is_whole(peer));
}

TEST_P(ResumedState, WhatFollowedTickNoughtMayBeGone) {
  for (int i = 0; i < 400; ++i) move();
  world_.disconnect(*ana_.peer);
  Peer& peer = back(0);
  world_.run_for(100);
  EXPECT_TRUE(is_whole(peer));
}

TEST_P(ResumedState, ATickOfTheFutureIsNone) {
  world_.disconnect(*ana_.peer);
  Peer& peer = back(u64{1} << 40);
  world_.run_for(100);
  EXPECT_TRUE(is_whole(peer));
}

// Compressed frames are not searched.
INSTANTIATE_TEST_SUITE_P(Kinds, ResumedState,
                         testing::Values(Kind{"plain", kJson}, Kind{"plain", kBin},
                                         Kind{"typed", kJson}, Kind{"typed", kBin}));

}  // namespace
}  // namespace perseid::test
