// What the end of a connection costs, by how many others there are. Its operations were cancelled
// by their file once, for which the kernel goes through all requests of the ring: with thousands of
// connections, of which many end, half of a core (perseid-load attack).
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ctime>

#include "tests/net/server_support.h"
#include "tests/support/cpu_clock.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

constexpr u32 kMany = 14'000;
constexpr u32 kComeAndGo = 200;

// All threads' but this one's.
i64 server_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return i64{now.tv_sec} * 1'000'000'000 + now.tv_nsec - thread_cpu_ns();
}

void come(TestServer& server, std::vector<WsClient>& clients) {
  const u64 rested = server->net_stats().rested;
  for (WsClient& each : clients) ASSERT_TRUE(each.connect(server.port(), {.path = "/ws"}));
  ASSERT_TRUE(wait_until([&] { return server->net_stats().rested >= rested + clients.size(); }));
}

// The server's time for some idle clients whose connections break; the least of a few goes.
i64 goodbyes_ns(TestServer& server) {
  i64 least = std::numeric_limits<i64>::max();
  for (int go = 0; go < 5; ++go) {
    std::vector<WsClient> clients(kComeAndGo);
    come(server, clients);
    const u64 closed = server->net_stats().connections_closed;
    const i64 from = server_cpu_ns();
    for (WsClient& each : clients) each.reset();
    EXPECT_TRUE(
        wait_until([&] { return server->net_stats().connections_closed == closed + kComeAndGo; }));
    least = std::min(least, server_cpu_ns() - from);
  }
  return least;
}

TEST(CloseCost, does_not_grow_with_the_number_of_connections) {
  if (kSanitized) GTEST_SKIP() << "it is the kernel's time that counts";
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, kMany + 1000);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur < kMany + 1000) GTEST_SKIP() << "this machine allows too few files";
  Options options = test_options();
  options.shards = 1;
  options.max_connections = kMany + 1000;
  options.idle_after_ms = 200;
  options.resumable_sessions_max = 0;
  options.heartbeat_interval_ms = options.timeout_ms = 3'600'000;
  TestServer server(options);
  const i64 alone_ns = goodbyes_ns(server);
  std::vector<WsClient> others(kMany);
  come(server, others);
  const i64 among_many_ns = goodbyes_ns(server);
  EXPECT_LT(among_many_ns, 3 * alone_ns);
  RecordProperty("alone_ns", std::to_string(alone_ns));
  RecordProperty("among_many_ns", std::to_string(among_many_ns));
  for (WsClient& each : others) each.reset();
}

}  // namespace
}  // namespace perseid::test
