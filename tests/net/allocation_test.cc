// In the steady state a message allocates nothing on its whole way: read, parsed, passed between
// shards, sent. Every malloc and new of the shards' threads is counted while messages pass.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <algorithm>

#include "tests/net/server_support.h"
#include "tests/support/count_malloc.h"

namespace perseid::test {
namespace {

// With TLS, OpenSSL takes a buffer for each record and gives it back (SSL_MODE_RELEASE_BUFFERS):
// that is its own affair, weighed in docs/decisions/0030-tls.md. Ours are counted.
#ifdef PSD_DEFINES_MALLOC
[[maybe_unused]] const int openssl_is_not_counted = CRYPTO_set_mem_functions(
    [](std::size_t size, const char*, int) { return __libc_malloc(size); },
    [](void* block, std::size_t size, const char*, int) { return __libc_realloc(block, size); },
    [](void* block, const char*, int) { std::free(block); });
#endif

constexpr u32 kMembers = 12;
constexpr u32 kWarmUp = 4000;
constexpr u32 kMeasured = 2000;
constexpr u32 kRoundsMax = 5;

Options steady_options(u32 shards) {
  Options options = test_options();
  options.shards = shards;
  options.session_messages_per_second = 10'000'000;
  options.session_bytes_per_second = ~0u;
  options.heartbeat_interval_ms = options.timeout_ms = 3'600'000;
  options.burst_window_bytes = 4096;  // else the windows grow and shrink with the rate
  return options;
}

class Steady {
 public:
  Steady(u32 shards, std::string extra_fields) : server_(steady_options(shards)) {
    for (WsClient& member : members_) {
      member = connected(server_, {.path = "/ws", .extra_fields = extra_fields});
      member.send_text(R"({"type":"system","op":"join","id":1,"room":"arena"})");
      EXPECT_TRUE(member.read_message().has_value());
    }
  }
  // One message at a time, so that no frame straddles two receive buffers.
  void relay(const std::string& frame, u32 count) {
    for (u32 i = 0; i < count; ++i) {
      ASSERT_TRUE(members_[0].send_raw(frame));
      for (WsClient& member : members_) ASSERT_TRUE(member.read_message().has_value());
    }
  }

 private:
  TestServer server_;
  std::vector<WsClient> members_{kMembers};
};

// A loaded machine may have more sends under way at once than it ever had while warming up: the
// pool of them grows then, once. What belongs to a message shows in every round.
u64 fewest_in_a_round(Steady& steady, const std::string& frame) {
  u64 fewest = ~0ull;
  for (u32 round = 0; round < kRoundsMax && fewest != 0; ++round) {
    const u64 before = allocations;
    steady.relay(frame, kMeasured);
    fewest = std::min<u64>(fewest, allocations - before);
  }
  return fewest;
}

void expect_none(const char* type, u32 shards, const std::string& extra_fields = {}) {
  SCOPED_TRACE(std::string(type) + " over " + std::to_string(shards) + " shards " + extra_fields);
  counts_my_allocations = false;
  Steady steady(shards, extra_fields);
  // Long enough to be compressed where that was agreed.
  const std::string frame = client_frame(Opcode::text, R"({"type":")" + std::string(type) +
                                                           R"(","room":"arena","payload":")" +
                                                           std::string(400, 'x') + R"("})");
  steady.relay(frame, kWarmUp);
  EXPECT_EQ(fewest_in_a_round(steady, frame), 0u);
  counts_my_allocations = true;
}

TEST(Allocation, a_message_allocates_nothing_from_socket_to_socket) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  for (const char* type : {"chat", "player_action"}) expect_none(type, 1);
}

TEST(Allocation, nor_between_shards) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  for (const char* type : {"chat", "player_action"}) expect_none(type, 2);
}

TEST(Allocation, nor_compressed) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  expect_none("chat", 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
}

}  // namespace
}  // namespace perseid::test
