// Hostile in number: a million rooms, tens of thousands of members. Limits hold, and what is done
// for one more is the same as for the first.
#include <gtest/gtest.h>
#include <pthread.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

constexpr u32 kRooms = scaled(1'000'000);
constexpr u32 kMembers = scaled(30'000);
constexpr u32 kRoomsEach = 64;

void generous(Options& o) {
  o.session_messages_per_second = 100'000'000;
  o.session_bytes_per_second = ~0u;
}

// Runs on a thread whose stack would not survive a recursion per room.
void run_on_small_stack(void* (*body)(void*)) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 512 * KiB), 0);
  pthread_t thread{};
  ASSERT_EQ(pthread_create(&thread, &attributes, body, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// One frame as the net floor hands it over.
void receive(Relay& relay, Slot session, std::string message) {
  const std::size_t size = message.size();
  message.append(kParsePaddingBytes, ' ');
  relay.heard(session);
  relay.receive(session, Opcode::text, {reinterpret_cast<u8*>(message.data()), size});
}

// Joins and uses kRoomsEach rooms whose names nobody had before, in one frame each.
void use_fresh_rooms(Relay& relay, Slot session, u32 first) {
  std::string joins = "[", chats = "[", states = "[";
  for (u32 i = 0; i < kRoomsEach; ++i) {
    const std::string room = "r" + std::to_string(first + i);
    const char* comma = i + 1 < kRoomsEach ? "," : "]";
    joins += system("join", room_field(room)) + comma;
    chats += chat(room, "1") + comma;
    states += state(room, R"({"set":{"a":{"x":1}}})") + comma;
  }
  receive(relay, session, joins);
  receive(relay, session, chats);
  receive(relay, session, states);
}

// CVE-2020-36406 at its full size: all in one turn, each room left while it is still to be told to
// its members, and forgotten to make place for the next.
TEST(Hostile, row_01_a_million_rooms_joined_used_and_left_in_one_turn_need_no_more_stack) {
  run_on_small_stack([](void*) -> void* {
    FakeWorld world(1, [](Options& o) {
      generous(o);
      o.rooms_max = 1000;
    });
    Relay& relay = world.relay();
    relay.begin_turn(world.now);
    for (u32 first = 0; first < kRooms; first += kRoomsEach) {
      const Slot session = relay.open({.connection = {0, 1}, .format = kJson});
      use_fresh_rooms(relay, session, first);
      relay.closed(session);
    }
    relay.end_turn();
    const Stats& stats = relay.stats();
    EXPECT_EQ(stats.rooms_created, (kRooms + kRoomsEach - 1) / kRoomsEach * kRoomsEach);
    EXPECT_EQ(stats.rooms_refused, 0u);
    EXPECT_LE(stats.rooms_created - stats.rooms_removed, 1000u);
    Peer& peer = world.connect();
    EXPECT_NE(world.join(peer, "still here"), "");
    return nullptr;
  });
}

TEST(Hostile, a_million_rooms_asked_for_by_one_client_are_its_share_and_no_more) {
  FakeWorld world(1, [](Options& o) {
    generous(o);
    o.outbox_bytes_max = 64 * MiB;
  });
  Peer& peer = world.connect();
  u32 joined = 0;
  for (u32 first = 0; first < kRooms; first += 250) {
    std::string joins = "[";
    for (u32 i = 0; i < 250; ++i) {
      joins += system("join", room_field(std::to_string(first + i))) + (i < 249 ? "," : "]");
    }
    peer.say(joins);
    world.turn();
    joined += peer.count(R"("op":"joined")");
    ASSERT_EQ(peer.take().size(), 250u) << "each is answered";
  }
  EXPECT_EQ(joined, world.options.session_rooms_max);
  EXPECT_EQ(world.relay().stats().rooms_created, world.options.session_rooms_max);
  EXPECT_EQ(peer.closed, CloseCode::none);
}

class GreatRoom : public testing::Test {
 protected:
  void fill() {
    watcher_.say(system("join", room_field(room_) + R"(,"presence":true)"));
    world_.settle();
    for (u32 i = 1; i < kMembers; ++i) {
      world_.connect(static_cast<ShardId>(i % 2)).say(system("join", room_field(room_)));
      if (i % 500 == 0) world_.settle();  // presence stays within the watcher's window
    }
    world_.settle();
  }

  FakeWorld world_{2, [](Options& o) {
                     generous(o);
                     o.roster_max = 5;
                     o.room_linger_ms = 10;
                   }};
  const std::string room_ = world_.room_at(1);
  Peer& watcher_ = world_.connect(0);
};

TEST_F(GreatRoom, tens_of_thousands_join_one_room_and_each_is_told_of_few) {
  fill();
  u64 rosters_bytes_max = 0;
  u64 total_max = 0;
  for (const ShardId shard : {ShardId{0}, ShardId{1}}) {
    for (const auto& peer : world_.shard(shard).peers) {
      const std::string joined = peer->find(R"("op":"joined")");
      ASSERT_NE(joined, "");
      total_max = std::max(total_max, number(joined, "members_total"));
      rosters_bytes_max = std::max(rosters_bytes_max, u64{joined.size()});
    }
  }
  EXPECT_EQ(total_max, kMembers);
  EXPECT_LE(rosters_bytes_max, 1000u);
  EXPECT_EQ(watcher_.count(R"("event":"join")"), kMembers - 1) << "of all others";
}

TEST_F(GreatRoom, one_message_reaches_every_one_of_tens_of_thousands_once) {
  fill();
  watcher_.say(chat(room_, R"("to all")"));
  world_.settle();
  for (const ShardId shard : {ShardId{0}, ShardId{1}}) {
    for (const auto& peer : world_.shard(shard).peers) {
      ASSERT_EQ(peer->count(R"("type":"chat")"), 1u);
    }
  }
}

TEST_F(GreatRoom, tens_of_thousands_leave_and_nothing_is_left) {
  fill();
  for (const ShardId shard : {ShardId{0}, ShardId{1}}) {
    for (const auto& peer : world_.shard(shard).peers) peer->gone = true;
    for (const auto& peer : world_.shard(shard).peers) {
      world_.relay(shard).closed(peer->slot);
    }
  }
  world_.run_for(100, 10);
  EXPECT_EQ(world_.relay(1).stats().rooms_removed, 1u);
  u64 closed = 0;
  for (const ShardId shard : {ShardId{0}, ShardId{1}}) {
    closed += world_.relay(shard).stats().sessions_closed;
  }
  EXPECT_EQ(closed, kMembers);
}

}  // namespace
}  // namespace perseid::test
