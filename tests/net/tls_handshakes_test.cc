// Who shakes hands, and what becomes of it: the thread beside the shard while it has a processor,
// the shard in its turn where it has none or is not wanted.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/handshaker.h"
#include "net/machine.h"
#include "tests/net/tls_support.h"

namespace perseid::test {
namespace {

// Those of this process that shake hands, as far as they have begun to.
std::vector<pid_t> handshake_threads() {
  std::vector<pid_t> out;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(each.path() / "comm");
    std::string name;
    const pid_t thread = std::stoi(each.path().filename().string());
    if (!std::getline(file, name) || name != "handshakes") continue;
    const int usual = ::getpriority(PRIO_PROCESS, 0);
    const int nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(thread));
    if (nice >= std::min(19, usual + kGivesWayNice)) out.push_back(thread);
  }
  return out;
}

cpu_set_t only(u32 cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return set;
}

// Wants a processor for itself.
class Spinner {
 public:
  explicit Spinner(u32 cpu)
      : thread_([this, cpu] {
          pin_to(cpu);
          while (spins_.load(std::memory_order_relaxed)) {
          }
        }) {}
  ~Spinner() {
    spins_ = false;
    thread_.join();
  }
  Spinner(const Spinner&) = delete;
  Spinner& operator=(const Spinner&) = delete;

 private:
  std::atomic<bool> spins_{true};
  std::thread thread_;
};

// A loaded machine may leave some to the shard, but not all.
void expect_done_beside(TestServer& server) {
  EXPECT_TRUE(wait_until([&] {
    const u64 before = server->net_stats().tls_shaken_in_turns;
    WsClient client = tls_connected(server);
    expect_echo(client);
    return server->net_stats().tls_shaken_in_turns == before;
  }));
}

TEST(TlsHandshakes, a_thread_beside_the_shard_does_them_and_gives_way_to_all) {
  TestServer server(tls_options());
  ASSERT_TRUE(wait_until([] { return handshake_threads().size() == 1; }));
  expect_done_beside(server);
}

// By the name of the thread.
struct Counts {
  std::atomic<u32> beside{0};
  std::atomic<u32> at_shards{0};
};
Counts begun;
Counts ended;

void count(Counts& counts) {
  std::array<char, 16> name{};
  ::pthread_getname_np(::pthread_self(), name.data(), name.size());
  if (std::string_view(name.data()) == "handshakes") ++counts.beside;
  if (std::string_view(name.data()).starts_with("shard-")) ++counts.at_shards;
}

// OpenSSL locks for both, and the thread may stand still while it has the lock: the relay once
// stood for most of a second, because its shard waited for it.
TEST(TlsHandshakes, sessions_begin_and_end_where_no_shard_waits_for_the_lock) {
  static const int counted = SSL_get_ex_new_index(
      0, nullptr, [](auto...) { count(begun); }, nullptr, [](auto...) { count(ended); });
  ASSERT_GE(counted, 0);
  TestServer server(tls_options());
  // A loaded machine may leave some to the shard, but not all of three.
  EXPECT_TRUE(wait_until([&] {
    const u32 before = begun.at_shards + ended.at_shards;
    const u32 ended_before = ended.beside;
    for (int i = 0; i < 3; ++i) {
      WsClient client = tls_connected(server);
      expect_echo(client);
    }
    const auto ends = [&] { return ended.beside + begun.at_shards + ended.at_shards; };
    EXPECT_TRUE(wait_until([&] { return ends() >= ended_before + before + 3; }));
    return begun.at_shards + ended.at_shards == before;
  }));
  EXPECT_GE(begun.beside, 3u);
}

// Here the thread beside the shard would wait long for a processor.
TEST(TlsHandshakes, who_arrives_gets_in_also_where_that_thread_gets_no_processor) {
  TestServer server(tls_options());
  ASSERT_TRUE(wait_until([] { return handshake_threads().size() == 1; }));
  const u32 cpu = allowed_cpus().back();
  const cpu_set_t set = only(cpu);
  ASSERT_EQ(::sched_setaffinity(handshake_threads()[0], sizeof set, &set), 0);
  const std::array<Spinner, 4> spinners{Spinner(cpu), Spinner(cpu), Spinner(cpu), Spinner(cpu)};
  EXPECT_TRUE(wait_until([&] {
    WsClient client = tls_connected(server);
    expect_echo(client);
    return server->net_stats().tls_shaken_in_turns > 0;
  }));
}

TEST(TlsHandshakes, without_threads_the_shard_does_them_all) {
  Options options = tls_options();
  options.no_handshake_threads = true;
  TestServer server(options);
  EXPECT_TRUE(wait_until([] { return handshake_threads().empty(); })) << "of other tests either";
  for (int i = 0; i < 3; ++i) {
    WsClient client = tls_connected(server, {.version = TLS1_2_VERSION});
    expect_echo(client);
  }
  EXPECT_EQ(server->net_stats().tls_handshakes, 3u);
  EXPECT_GE(server->net_stats().tls_shaken_in_turns, 6u);
}

// What the thread has in hand then comes back to nobody. With a dear key most are caught so.
TEST(TlsHandshakes, who_goes_while_hands_are_shaken_leaves_nothing_behind) {
  const CertFolder folder;
  Options options = tls_options(folder.make("dear", {.rsa = true, .rsa_bits = 3072}));
  options.tls_handshake_timeout_ms = 600'000;
  TestServer server(options);
  const std::string hello = client_hello();
  for (u64 round = 1; round <= 40; ++round) {
    WsClient client;
    ASSERT_TRUE(client.connect_bare(server.port()));
    client.send_bare(hello);
    EXPECT_TRUE(wait_until([&] { return server->net_stats().bytes_in >= round * hello.size(); }));
    // By a reset the shard hears of it at once; the end of the stream waits for the thread.
    if (round % 2 == 0) {
      client.reset();
    } else {
      client.close();
    }
  }
  EXPECT_TRUE(wait_until([&] {
    const NetStatsSum stats = server->net_stats();
    return stats.tls_failed == 40 && stats.connections_closed == stats.accepts;
  }));
  EXPECT_EQ(server->net_stats().tls_timeouts, 0u) << "none is forgotten until its time is up";
  expect_done_beside(server);
}

// A half-closed client hears the answer to what it said with the last step of its handshake.
TEST(TlsHandshakes, the_end_of_the_stream_does_not_overtake_them) {
  Options options = tls_options();
  for (const bool in_turns : {false, true}) {
    options.no_handshake_threads = in_turns;
    TestServer server(options);
    for (int i = 0; i < 50; ++i) {
      WsClient client = tls_client(server);  // whose last step may be under way
      client.send_raw("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
      ::shutdown(client.fd(), SHUT_WR);
      EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 200")) << i << client.head();
    }
  }
}

// Some of these are with the thread, some wait for it, and the server goes.
TEST(TlsHandshakes, a_server_may_end_in_the_middle_of_them) {
  const CertFolder folder;
  const Options options = tls_options(folder.make("dear", {.rsa = true, .rsa_bits = 3072}));
  const std::string hello = client_hello();
  std::vector<WsClient> clients(16);
  {
    TestServer server(options);
    for (WsClient& each : clients) {
      ASSERT_TRUE(each.connect_bare(server.port()));
      each.send_bare(hello);
    }
    EXPECT_TRUE(wait_until([&] { return server->net_stats().bytes_in >= hello.size(); }));
  }
  for (WsClient& each : clients) (void)each.read_all();
}

TEST(Handshaker, what_it_has_not_begun_is_taken_back_in_order) {
  Doorbell shard;
  Handshaker handshaker(shard);
  for (u32 slot = 1; slot <= 3; ++slot) {
    auto job = std::make_unique<HandshakeJob>();
    job->handle.slot = slot;
    handshaker.give(std::move(job));  // and nobody wakes it
  }
  for (u32 slot = 1; slot <= 3; ++slot) {
    const HandshakeJobPtr job = handshaker.take_back();
    ASSERT_NE(job, nullptr);
    EXPECT_EQ(job->handle.slot, slot);
  }
  EXPECT_EQ(handshaker.take_back(), nullptr);
  EXPECT_EQ(handshaker.collect(), nullptr);
}

}  // namespace
}  // namespace perseid::test
