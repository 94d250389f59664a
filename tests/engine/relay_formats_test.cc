// Formats: members of every flavour share a room, and each gets the sender's own bytes.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

const WireFormat kFormats[] = {kJson, kJsonDeflate, kBin, kBinDeflate};
const std::string kLong = R"({"text":")" + std::string(2000, 'z') + R"("})";

class RelayFormats : public testing::TestWithParam<ShardId> {
 protected:
  FakeWorld world_{2};
  const std::string room_ = world_.room_at(GetParam());
  Peer& a_ = world_.connect(0);
};

TEST_P(RelayFormats, all_members_get_the_same_messages_in_the_same_order) {
  world_.join(a_, room_);
  std::vector<Peer*> peers;
  for (const WireFormat format : kFormats) {
    for (const ShardId shard : {ShardId{0}, ShardId{1}}) {
      peers.push_back(&world_.connect(shard, format));
      world_.join(*peers.back(), room_);
    }
  }
  for (int i = 0; i < 20; ++i) a_.say(chat(room_, i % 2 == 0 ? kLong : "7"));
  world_.settle();
  for (const Peer* peer : peers) {
    ASSERT_EQ(peer->messages.size(), 20u);
    for (u32 i = 0; i < 20; ++i) {
      EXPECT_EQ(number(peer->messages[i], "seq"), i + 1);
      EXPECT_EQ(field(peer->messages[i], "sender"), field(a_.messages[0], "sender"));
      EXPECT_NE(peer->messages[i].find(i % 2 == 0 ? kLong : R"("payload":7)"), std::string::npos);
    }
    EXPECT_EQ(peer->packed_frames, peer->format.deflate ? 10u : 0u) << "short ones stay plain";
  }
}

TEST_P(RelayFormats, a_format_opened_late_begins_with_a_transcript_of_the_window) {
  const std::string epoch = field(world_.join(a_, room_), "epoch");
  for (int i = 1; i <= 30; ++i) {
    a_.say(chat(room_, i % 3 == 0 ? kLong : std::to_string(i)));
    a_.say(action(room_, std::to_string(i)));
  }
  world_.settle();
  for (const WireFormat format : kFormats) {
    Peer& reader = world_.connect(1, format);
    auto got = world_.ask(reader, system("join", room_field(room_) + R"(,"history":10)"));
    ASSERT_EQ(got.size(), 11u);
    for (u32 i = 0; i < 10; ++i) EXPECT_EQ(number(got[i + 1], "seq"), 21 + i);
    Peer& returner = world_.connect(0, format);
    returner.say(system("join", room_field(room_) + R"(,"since":{"epoch":")" + epoch +
                                    R"(","chat":25,"player_action":28})"));
    world_.settle();
    EXPECT_EQ(field(returner.messages[0], "recovered"), "true");
    EXPECT_EQ(returner.count(R"("type":"chat")"), 5u);
    EXPECT_EQ(returner.count(R"("type":"player_action")"), 2u);
    world_.disconnect(reader);
    world_.disconnect(returner);
    world_.settle();
  }
}

TEST_P(RelayFormats, a_format_that_nobody_reads_costs_nothing_and_opens_again) {
  world_.options.compress_from_bytes = 0;
  world_.join(a_, room_);
  for (int round = 0; round < 5; ++round) {
    Peer& peer = world_.connect(1, kBinDeflate);
    peer.say(system("join", room_field(room_) + R"(,"history":3)"));
    world_.settle();
    EXPECT_EQ(peer.count(R"("type":"chat")"), round == 0 ? 0u : 3u);
    peer.take();
    for (int i = 0; i < 10; ++i) a_.say(chat(room_, kLong));
    a_.say(state(room_, R"({"set":{"a":{"n":)" + std::to_string(round) + "}}}"));
    world_.run_for(100);
    EXPECT_EQ(peer.count(R"("type":"chat")"), 10u);
    EXPECT_EQ(peer.count(R"("type":"game_state")"), 1u);
    world_.disconnect(peer);
    world_.settle();
    const u64 encodings = world_.relay(GetParam()).stats().state_encodings;
    a_.say(state(room_, R"({"set":{"b":{"n":)" + std::to_string(round) + "}}}"));
    world_.run_for(100);
    EXPECT_EQ(world_.relay(GetParam()).stats().state_encodings, encodings + 1) << "one reader left";
  }
}

TEST_P(RelayFormats, a_binary_member_names_rooms_by_number) {
  Peer& bin = world_.connect(0, kBin);
  const auto room_number = static_cast<u32>(number(world_.join(bin, room_), "room_number"));
  world_.join(a_, room_);
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::chat, .room_number = room_number, .json = "1"});
  append_binary_request(bytes, {.kind = BinaryKind::player_action, .room_number = 0, .json = "2"});
  append_binary_request(bytes,
                        {.kind = BinaryKind::chat, .room_number = room_number + 1, .json = "3"});
  bin.send(bytes);
  world_.settle();
  EXPECT_EQ(a_.count(R"("type":"chat")"), 1u);
  EXPECT_EQ(field(a_.messages[0], "room"), room_);
  EXPECT_GE(bin.count(R"("op":"error")"), 1u) << "numbers that are no joined room";
  EXPECT_EQ(bin.count(R"("type":"chat")"), 1u);
}

INSTANTIATE_TEST_SUITE_P(Home, RelayFormats, testing::Values(ShardId{0}, ShardId{1}),
                         [](const auto& row) { return row.param == 0 ? "here" : "afar"; });

}  // namespace
}  // namespace perseid::test
