// The pool against the real relay: order per room, back-pressure, a relay that is killed.
#include <perseid/pool.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

bool until_pool(Pool& pool, Client* other, const std::function<bool()>& condition) {
  const double end = pool.client(0).now_ms() + test::kWaitMsMax;
  while (!condition()) {
    if (pool.client(0).now_ms() > end) return false;
    pool.poll(std::chrono::milliseconds(1));
    if (other != nullptr) other->poll();
  }
  return true;
}

constexpr std::size_t kRooms = 12;
constexpr std::size_t kEach = 50;

std::string room_name(std::size_t room) {
  return "room" + std::to_string(room);
}

PoolConfig config_of(const test::RelayProcess& relay) {
  PoolConfig config;
  config.client = {.url = relay.url(),
                   .reconnect_attempts = 50,
                   .reconnect_delay_ms = 20,
                   .reconnect_delay_ms_max = 200};
  config.connections = 3;
  return config;
}

TEST(Pools, SpreadRoomsAndKeepTheOrderOfEach) {
  const test::RelayProcess relay({"--session-messages-per-second", "100000"});
  Pool pool(config_of(relay));
  ASSERT_TRUE(pool.connect());
  test::Peer reader({.url = relay.url()});
  std::map<std::string, std::vector<std::string>> heard;
  for (std::size_t room = 0; room < kRooms; ++room) {
    reader.joined(room_name(room)).on.action = [&](const Message& message) {
      heard[std::string(message.room)].emplace_back(message.payload);
    };
  }
  std::set<std::size_t> used;
  for (std::size_t i = 0; i < kEach; ++i) {
    for (std::size_t room = 0; room < kRooms; ++room) {
      EXPECT_TRUE(pool.action(room_name(room), std::to_string(i)));
      used.insert(pool.index_of(room_name(room)));
    }
  }
  EXPECT_EQ(used.size(), 3u);
  ASSERT_TRUE(until_pool(pool, &reader.client, [&] {
    return pool.stats().acknowledged == kRooms * kEach && heard.size() == kRooms &&
           std::all_of(heard.begin(), heard.end(),
                       [](const auto& room) { return room.second.size() == kEach; });
  }));
  for (const auto& [room, payloads] : heard) {
    for (std::size_t i = 0; i < kEach; ++i) EXPECT_EQ(payloads[i], std::to_string(i));
  }
  EXPECT_EQ(pool.stats().failed, 0u);
  EXPECT_EQ(pool.stats().open, 3u);
}

TEST(Pools, ShowWhenTheyAreHeldUpAndWhenTheyAreFree) {
  test::RelayProcess relay;
  PoolConfig config = config_of(relay);
  config.busy_messages = 20;
  config.client.queue_messages_max = 30;
  Pool pool(config);
  ASSERT_TRUE(pool.connect());
  int freed = 0;
  pool.on_free = [&] { ++freed; };
  pool.chat("a", R"({"text":"0"})");
  ASSERT_TRUE(until_pool(pool, nullptr, [&] { return pool.stats().acknowledged == 1; }));
  relay.kill();
  // Half of a dead connection would keep the relay's port.
  ASSERT_TRUE(until_pool(pool, nullptr, [&] { return pool.stats().open == 0; }));
  int taken = 0;
  for (int i = 0; i < 40; ++i) taken += pool.chat("a", R"({"text":"x"})") ? 1 : 0;
  EXPECT_EQ(taken, 30);
  EXPECT_TRUE(pool.busy("a"));
  EXPECT_EQ(pool.stats().busy, 1u);
  EXPECT_EQ(pool.stats().refused, 10u);
  EXPECT_EQ(pool.stats().queued, 30u);
  relay.start();
  ASSERT_TRUE(until_pool(pool, nullptr, [&] { return pool.stats().acknowledged == 31; }));
  EXPECT_FALSE(pool.busy("a"));
  EXPECT_EQ(freed, 1);
  EXPECT_EQ(pool.stats().failed, 0u);
}

}  // namespace
}  // namespace perseid
