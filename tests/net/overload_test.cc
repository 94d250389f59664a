// Overload of a real server: what it refuses while it takes more memory than it may, and that those
// who are there notice nothing of that. When a shard is behind is a table.
#include "tests/net/tls_support.h"

#include "net/pressure.h"

namespace perseid::test {
namespace {

TEST(Pressure, a_shard_is_behind_if_it_has_not_come_round_for_long_enough) {
  Options options;
  options.overload_behind_ms = 1000;
  Pressure pressure(options, 10'000);
  const auto turn = [&](u64 now_ms, bool leaves_work) {
    pressure.begin_turn(now_ms);
    const bool presses = !pressure.why(now_ms).empty();
    pressure.end_turn(leaves_work);
    return presses;
  };
  EXPECT_FALSE(turn(60'000, true)) << "it has slept, and only now there is too much";
  EXPECT_FALSE(turn(60'500, true));
  EXPECT_FALSE(turn(60'900, false)) << "this one left nothing";
  EXPECT_FALSE(turn(61'100, true));
  EXPECT_FALSE(turn(62'099, true));
  EXPECT_TRUE(turn(62'100, true));
  EXPECT_TRUE(turn(63'000, false)) << "known only when it is over";
  EXPECT_FALSE(turn(63'010, true));
  EXPECT_EQ(pressure.next_look_ms(false, 64'000), ~u64{0}) << "an idle shard sleeps";
  EXPECT_EQ(pressure.next_look_ms(true, 64'000), 64'100u) << "unless there is something to end";
  options.overload_behind_ms = 0;
  EXPECT_FALSE(turn(99'000, true)) << "0 is never";
}

TEST(Pressure, memory_counts_if_a_limit_is_set) {
  Options options;
  options.overload_behind_ms = 0;
  EXPECT_GT(process_memory_bytes(), 1 * MiB);
  EXPECT_TRUE(Pressure(options, 0).why(1'000'000).empty());
  options.overload_memory_mib = 1;
  EXPECT_NE(Pressure(options, 0).why(1'000'000).find("--overload-memory-mib"),
            std::string_view::npos);
  options.overload_memory_mib = 1 << 20;
  EXPECT_TRUE(Pressure(options, 0).why(1'000'000).empty());
}

// Nobody says anything meanwhile: the shard looks by itself.
TEST(NetOverload, new_connections_are_refused_and_those_that_are_there_are_served) {
  for (const bool with_tls : {false, true}) {
    if (!with_tls && tests_over_tls()) continue;
    Options options = with_tls ? tls_options() : test_options();
    options.overload_memory_mib = 1;
    TestServer server(options);
    WsClient there = with_tls ? tls_connected(server) : connected(server);
    EXPECT_TRUE(wait_until([&] { return server->stats().overload_raised == 3; }));
    there.send_text("still here");
    EXPECT_EQ(there.read_message(), "still here");
    WsClient late;
    ASSERT_TRUE(late.connect_bare(server.port()));
    if (with_tls) {
      EXPECT_FALSE(late.start_tls()) << "no handshake is begun";
    } else {
      late.send_raw(WsClient::upgrade_request({.path = "/ws"}));
      const std::string answer = late.read_all();
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
      EXPECT_NE(answer.find("Retry-After: "), std::string::npos) << answer;
    }
    EXPECT_TRUE(wait_until([&] { return server->net_stats().connections_shed == 1; }));
  }
}

}  // namespace
}  // namespace perseid::test
