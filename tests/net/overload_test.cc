// Overload of a real server: what it refuses while it takes more memory than it may, and that those
// who are there notice nothing of that. When a shard is behind is a table.
#include <sys/mman.h>

#include "net/pressure.h"
#include "tests/net/tls_support.h"

namespace perseid::test {
namespace {

TEST(Pressure, a_shard_is_behind_if_it_has_not_waited_for_long_enough) {
  Options options;
  options.overload_behind_ms = 1000;
  Pressure pressure(options);
  const auto presses = [&](u64 now_ms, u64 waits) { return !pressure.why(now_ms, waits).empty(); };
  EXPECT_FALSE(presses(60'000, 7)) << "it has just begun to look";
  EXPECT_FALSE(presses(60'500, 7));
  EXPECT_FALSE(presses(60'900, 8)) << "it has waited, once";
  EXPECT_FALSE(presses(61'899, 8));
  EXPECT_TRUE(presses(61'900, 8));
  EXPECT_TRUE(presses(65'000, 8));
  EXPECT_FALSE(presses(65'100, 9));
  EXPECT_EQ(pressure.next_look_ms(false, 64'000), ~u64{0}) << "an idle shard sleeps";
  EXPECT_EQ(pressure.next_look_ms(true, 64'000), 64'100u) << "unless there is something to end";
  options.overload_behind_ms = 0;
  EXPECT_FALSE(presses(99'000, 9)) << "0 is never";
}

TEST(Pressure, memory_counts_if_a_limit_is_set) {
  Options options;
  options.overload_behind_ms = 0;
  EXPECT_GT(process_memory_bytes(), 1 * MiB);
  EXPECT_TRUE(Pressure(options).why(1'000'000, 0).empty());
  options.overload_memory_mib = 1;
  EXPECT_NE(Pressure(options).why(1'000'000, 0).find("--overload-memory-mib"),
            std::string_view::npos);
  options.overload_memory_mib = 1 << 20;
  EXPECT_TRUE(Pressure(options).why(1'000'000, 0).empty());
}

// So much that is in use, until it is let go.
class Ballast {
 public:
  explicit Ballast(std::size_t bytes)
      : bytes_(bytes),
        at_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)) {
    EXPECT_NE(at_, MAP_FAILED);
  }
  ~Ballast() { ::munmap(at_, bytes_); }
  Ballast(const Ballast&) = delete;
  Ballast& operator=(const Ballast&) = delete;

 private:
  std::size_t bytes_;
  void* at_;
};

void expect_refused(const TestServer& server, bool with_tls) {
  WsClient late;
  ASSERT_TRUE(late.connect_bare(server.port()));
  if (with_tls) {
    EXPECT_FALSE(late.start_tls()) << "no handshake is begun";
    return;
  }
  late.send_raw(WsClient::upgrade_request({.path = "/ws"}));
  const std::string answer = late.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos) << answer;
}

// Nobody says anything meanwhile: the shard looks by itself.
TEST(NetOverload, new_connections_are_refused_and_those_that_are_there_are_served) {
  for (const bool with_tls : {false, true}) {
    if (!with_tls && tests_over_tls()) continue;
    Options options = with_tls ? tls_options() : test_options();
    options.overload_memory_mib = static_cast<u32>(process_memory_bytes() / MiB + 200);
    TestServer server(options);
    WsClient there = with_tls ? tls_connected(server) : connected(server);
    {
      const Ballast ballast(400 * MiB);
      EXPECT_TRUE(wait_until([&] { return server->stats().overload_raised == 3; }));
      there.send_text("still here");
      EXPECT_EQ(there.read_message(), "still here");
      expect_refused(server, with_tls);
      EXPECT_TRUE(wait_until([&] { return server->net_stats().connections_shed == 1; }));
    }
    EXPECT_TRUE(wait_until([&] { return server->stats().overload_lowered == 3; }));
    WsClient next = with_tls ? tls_connected(server) : connected(server);
    expect_echo(next);
  }
}

// A thousand handshakes with a dear key are seconds of work without a moment to wait.
TEST(NetOverload, a_shard_that_never_waits_sheds_until_it_does) {
  const CertFolder folder;
  Options options = tls_options(folder.make("dear", {.rsa = true, .rsa_bits = 4096}));
  options.overload_behind_ms = 100;
  options.no_handshake_threads = true;
  TestServer server(options);
  const std::string hello = client_hello();
  std::vector<WsClient> flood(1000);
  for (WsClient& each : flood) {
    ASSERT_TRUE(each.connect_bare(server.port()));
    each.send_bare(hello);
  }
  EXPECT_TRUE(wait_until([&] { return server->stats().overload_raised > 0; }));
  flood.clear();
  EXPECT_TRUE(wait_until([&] {
    const Stats stats = server->stats();
    return stats.overload_lowered.get() == stats.overload_raised.get();
  }));
  WsClient next = tls_connected(server);
  expect_echo(next);
}

}  // namespace
}  // namespace perseid::test
