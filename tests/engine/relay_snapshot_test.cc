// Who lags is sent the present whole, and no stream restarts for it: whoever keeps up reads on as
// if nobody were slow (docs/decisions/0018-read-back.md).
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

constexpr u32 kEntities = 60;
constexpr u32 kReaders = 6;

std::shared_ptr<const RoomRules> rules() {
  auto out = std::make_shared<RoomRules>();
  EXPECT_EQ(
      out->add(
          R"({"pattern":"room*","schema":{"x":{"type":"float","min":-1000,"max":1000,"resolution":0.1},)"
          R"("n":{"type":"int","min":0,"max":100000}}})"),
      "");
  return out;
}

class Snapshots : public testing::TestWithParam<WireFormat> {
 protected:
  FakeWorld world_{2,
                   [](Options& o) {
                     o.session_bytes_per_second = ~0u;
                     o.session_messages_per_second = 1'000'000;
                     o.heartbeat_interval_ms = o.timeout_ms = 3'600'000;
                   },
                   rules()};
  const std::string room_ = world_.room_at(0);
  Peer& writer_ = world_.connect(1);
  Peer& fast_ = world_.connect(0, GetParam());
  std::vector<Peer*> slow_;
  // The slow read so many bytes in so many ms; 0: all at once.
  u64 reads_bytes_ = 0;
  u64 reads_ms_ = 0;
  u64 now_ms_ = 0;
  u64 step_ = 0;
  u64 fast_step_ = 0;

  void SetUp() override {
    world_.join(writer_, room_);
    world_.join(fast_, room_);
    for (u32 i = 0; i < kReaders; ++i) {
      slow_.push_back(&world_.connect(static_cast<ShardId>(i % 2), GetParam()));
      world_.join(*slow_.back(), room_);
    }
  }
  void move() {
    std::string set;
    ++step_;
    for (u32 i = 0; i < kEntities; ++i) {
      set += (i == 0 ? R"("e)" : R"(,"e)") + std::to_string(i) + R"(":{"x":)" +
             std::to_string((step_ * (i + 3)) % 997) + R"(,"n":)" + std::to_string(step_) + '}';
    }
    writer_.say(state(room_, R"({"set":{)" + set + "}}"));
  }
  void run_for(u64 ms) {
    for (u64 i = 0; i < ms; ++i) {
      if (now_ms_ % 50 == 0) move();
      ++now_ms_;
      for (Peer* peer : slow_) {
        if (reads_ms_ != 0) peer->reads_bytes = now_ms_ % reads_ms_ == 0 ? reads_bytes_ : 0;
        peer->read_on();
      }
      world_.turn(1);
      for (const std::string& message : fast_.take()) {
        if (field(message, "type") == "game_state") fast_step_ = number(message, "n");
      }
      writer_.take();
    }
  }
  void read_at(u64 bytes, u64 ms) {
    reads_bytes_ = bytes;
    reads_ms_ = ms;
    for (Peer* peer : slow_) peer->reads_bytes = ms == 0 ? ~u64{0} : 0;
  }
  Stats stats() {
    Stats out;
    for (ShardId shard = 0; shard < 2; ++shard) out.add(world_.relay(shard).stats());
    return out;
  }
};

TEST_P(Snapshots, WhoLagsIsOneWholeStateFromThePresentAndRestartsNobody) {
  run_for(5000);
  const bool coded = GetParam().flavour == Flavour::bin;
  // Less than a whole state in a second, the least rate that there is.
  read_at(1, coded ? 6 : 1);
  run_for(120'000);
  const u64 made = stats().keyframes_encoded;
  const u32 resets = coded ? fast_.coded().resets : 0;
  EXPECT_GT(stats().snapshots_encoded, 0u);
  u64 furthest = 0;
  for (int i = 0; i < 300; ++i) {
    run_for(100);
    for (const Peer* peer : slow_) furthest = std::max(furthest, peer->unread_bytes());
  }
  // The one that is being read, and the word that it is degraded.
  const u64 whole = coded ? 500 : 3000;
  EXPECT_LE(furthest, whole);
  EXPECT_EQ(stats().keyframes_encoded, made);
  if (coded) {
    EXPECT_EQ(fast_.coded().resets, resets);
  }
  EXPECT_GE(fast_step_ + 2, step_);

  for (Peer* peer : slow_) peer->take();
  read_at(0, 0);
  run_for(30'000);
  for (Peer* peer : slow_) {
    u64 newest = 0;
    for (const std::string& message : peer->take()) {
      if (field(message, "type") == "game_state") newest = number(message, "n");
    }
    EXPECT_GE(newest + 3, step_) << "it keeps up again";
  }
  if (coded) {
    EXPECT_LE(fast_.coded().resets, resets + kReaders) << "once for who reads on, or less";
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Snapshots, testing::Values(kBin, kJson),
                         [](const auto& each) { return each.index == 0 ? "bin" : "json"; });

}  // namespace
}  // namespace perseid::test
