// How busy a shard is: next to nothing while it waits, and more the more it is asked to do.
#include "net/load_meter.h"

#include <gtest/gtest.h>

#include "net/clock.h"
#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

TEST(LoadMeter, is_the_share_of_the_time_since_it_was_last_asked) {
  LoadMeter meter;
  EXPECT_EQ(meter.measure(1000, 5'000'000'000), 0u) << "what was before is not counted";
  EXPECT_EQ(meter.permille(), 0u);
  EXPECT_FALSE(meter.is_due(1099));
  ASSERT_TRUE(meter.is_due(1100));
  EXPECT_EQ(meter.measure(1100, 5'050'000'000), 50'000'000u);
  EXPECT_EQ(meter.permille(), 500u);
  meter.measure(1200, 5'150'000'000);
  EXPECT_EQ(meter.permille(), 1000u);
  meter.measure(11'200, 5'160'000'000);
  EXPECT_EQ(meter.permille(), 1u) << "ten seconds of sleep";
  meter.measure(11'300, 5'360'000'000);
  EXPECT_EQ(meter.permille(), 1000u) << "never more than all";
}

TEST(LoadMeter, a_thread_that_works_is_seen_to) {
  LoadMeter meter;
  const u64 begin_ms = clock_ms(CLOCK_MONOTONIC);
  const u64 begin_ns = thread_cpu_ns();
  meter.measure(begin_ms, begin_ns);
  while (thread_cpu_ns() < begin_ns + 50'000'000) {
  }
  EXPECT_GE(meter.measure(clock_ms(CLOCK_MONOTONIC), thread_cpu_ns()), 50'000'000u);
  EXPECT_GT(meter.permille(), 0u);
}

// Messages there and back until so many ms have passed; what the shard has used per second.
u64 busy_permille(TestServer& server, WsClient& client, u32 messages_per_round, u64 pause_ms) {
  const u64 busy_before = server->net_stats().busy_us;
  const u64 begin_ms = clock_ms(CLOCK_MONOTONIC);
  std::string round;
  for (u32 i = 0; i < messages_per_round; ++i) round += client_frame(Opcode::text, "x");
  u64 now_ms = begin_ms;
  while (now_ms < begin_ms + 1000) {
    EXPECT_TRUE(client.send_raw(round));
    for (u32 i = 0; i < messages_per_round; ++i) EXPECT_TRUE(client.read_message().has_value());
    const u64 round_end_ms = clock_ms(CLOCK_MONOTONIC) + pause_ms;
    (void)wait_until([&] { return clock_ms(CLOCK_MONOTONIC) >= round_end_ms; });
    now_ms = clock_ms(CLOCK_MONOTONIC);
  }
  return (server->net_stats().busy_us - busy_before) / (now_ms - begin_ms);
}

TEST(LoadMeter, a_shard_that_idles_reports_next_to_nothing_and_one_that_works_far_more) {
  TestServer server;
  WsClient client = connected(server);
  const u64 idle = busy_permille(server, client, 1, 110);
  const u64 busy = busy_permille(server, client, 5000, 0);
  EXPECT_LT(idle, 50u);
  EXPECT_GT(busy, 10 * idle);
  EXPECT_GT(busy, 50u);
}

// From the clock to the window: a client that sends as fast as the shard can read keeps it busy.
TEST(LoadMeter, the_rules_are_told_and_open_a_window_where_that_is_automatic) {
  Options options = test_options();
  options.action_window_ms = kAuto;
  options.session_messages_per_second = 100'000'000;
  options.session_bytes_per_second = ~0u;
  TestServer server(options);
  WsClient client = connected(server, {.path = "/ws"});
  client.send_text(R"({"type":"system","op":"join","room":"r"})");
  ASSERT_TRUE(client.read_message().has_value());
  client.send_text(R"({"type":"player_action","room":"r","payload":1})");
  ASSERT_TRUE(client.read_message().has_value());
  EXPECT_EQ(server->stats().action_windows, 0u) << "none on a shard that idles";
  std::string burst;
  for (u32 i = 0; i < 1000; ++i) {
    burst += client_frame(Opcode::text, R"({"type":"player_action","room":"r","payload":1})");
  }
  const u64 busy_before = server->net_stats().busy_us;
  const u64 begin_ms = clock_ms(CLOCK_MONOTONIC);
  const auto passed_ms = [&] { return clock_ms(CLOCK_MONOTONIC) - begin_ms; };
  while (server->stats().action_windows == 0 && passed_ms() < 3000) {
    ASSERT_TRUE(client.send_raw(burst));
  }
  if (server->stats().action_windows == 0) {
    const u64 share = (server->net_stats().busy_us - busy_before) / passed_ms();
    if (share < 900) GTEST_SKIP() << "the machine had no core to spare: " << share;
  }
  EXPECT_GT(server->stats().action_windows, 0u);
}

}  // namespace
}  // namespace perseid::test
