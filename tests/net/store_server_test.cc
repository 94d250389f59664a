// Durable rooms of a whole server: restarts, a disk that is full, a store that stands still.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "tests/net/server_process.h"
#include "tests/net/store_clients.h"

namespace perseid::test {
namespace {

TEST(StoreServer, nothing_is_made_until_a_durable_room_asks_for_it) {
  Folder folder;
  const std::string data = folder.path() + "/data";
  TestServer server(store_options(folder), store_config());
  joined_client(server.port(), "plain");
  EXPECT_FALSE(std::filesystem::exists(data));
  joined_client(server.port(), "commit");
  EXPECT_TRUE(std::filesystem::exists(data + "/perseid.sqlite"));
}

TEST(StoreServer, durable_rooms_without_a_store_do_not_start) {
  Options options = test_options();
  options.store = "none";
  EXPECT_NE(Server(options, store_config()).start().error.find("--store none"), std::string::npos);
  options.store = "cassandra://";
  EXPECT_NE(Server(options, store_config()).start().error.find("not known"), std::string::npos);
}

TEST(StoreServer, a_restart_is_recovered_and_the_history_is_there) {
  Folder folder;
  std::string before;
  for (const char* room : {"commit", "async"}) {
    {
      TestServer server(store_options(folder), store_config());
      WsClient client = joined_client(server.port(), room, &before);
      for (u32 i = 1; i <= 20; ++i) client.send_text(say(room, i, "m" + std::to_string(i)));
      EXPECT_NE(read_until(client, R"("op":"ack","id":20)"), "");
    }
    TestServer server(store_options(folder), store_config());
    WsClient client;
    ASSERT_TRUE(client.connect(server.port()));
    const std::string epoch = text_of(before, "epoch");
    client.send_text(R"({"type":"system","op":"join","room":")" + std::string(room) +
                     R"(","since":{"epoch":")" + epoch + R"(","chat":18}})");
    const std::string joined = read_until(client, "\"op\":\"joined\"");
    EXPECT_EQ(text_of(joined, "epoch"), epoch) << room;
    EXPECT_EQ(text_of(joined, "recovered"), "true") << room;
    EXPECT_EQ(text_of(read_until(client, "\"seq\":19"), "payload"), "m19");
    EXPECT_EQ(text_of(read_until(client, "\"seq\":20"), "payload"), "m20");
  }
}

TEST(StoreServer, a_full_disk_refuses_and_is_well_again_by_itself) {
  Folder folder;
  ServerProcess server(
      store_options(folder), [] { ::signal(SIGXFSZ, SIG_IGN); }, store_config());
  ASSERT_NE(server.port(), 0) << server.error();
  WsClient client = joined_client(server.port(), "commit");
  WsClient plain = joined_client(server.port(), "plain");
  client.send_text(say("commit", 1, "before"));
  EXPECT_NE(read_until(client, R"("op":"ack","id":1)"), "");
  rlimit before{};
  ::prlimit(server.pid(), RLIMIT_FSIZE, nullptr, &before);
  const rlimit none{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ::prlimit(server.pid(), RLIMIT_FSIZE, &none, nullptr);
  client.send_text(say("commit", 2, "while it is full"));
  const std::string error = read_until(client, "\"id\":2");
  EXPECT_EQ(text_of(error, "code"), "store_unavailable");
  EXPECT_EQ(text_of(error, "retry_after_ms"), "1000");
  plain.send_text(say("plain", 3, "all is well here"));
  EXPECT_NE(read_until(plain, R"("op":"ack","id":3)"), "");
  ::prlimit(server.pid(), RLIMIT_FSIZE, &before, nullptr);
  client.send_text(say("commit", 2, "again"));
  EXPECT_EQ(text_of(read_until(client, R"("op":"ack","id":2)"), "seq"), "2");
}

// A database that stands still until it is let go.
class StalledBackend final : public StoreBackend {
 public:
  StalledBackend(std::string folder, std::atomic<bool>& stalled)
      : real_(std::move(folder), {}), stalled_(stalled) {}
  bool exists() const override { return false; }
  std::string open() override { return real_.open(); }
  void run(std::span<const std::unique_ptr<StoreJob>> jobs, u64 now_unix_ms) override {
    stalled_.wait(true);
    real_.run(jobs, now_unix_ms);
  }
  Tidied tidy(u64) override { return {}; }

 private:
  SqliteBackend real_;
  std::atomic<bool>& stalled_;
};

TEST(StoreServer, a_store_that_stands_still_stops_no_other_room) {
  Folder folder;
  std::atomic<bool> stalled = true;
  Options options = store_options(folder);
  options.store_queue_bytes_max = 65536;
  ServerConfig config = store_config();
  config.store_backend = [&] {
    return std::make_unique<StalledBackend>(folder.path() + "/data", stalled);
  };
  TestServer server(options, config);
  WsClient waiting;
  ASSERT_TRUE(waiting.connect(server.port()));
  waiting.send_text(R"({"type":"system","op":"join","room":"commit"})");
  waiting.send_text(say("commit", 1, "behind the join"));
  WsClient plain = joined_client(server.port(), "plain");
  for (u32 i = 1; i <= 50; ++i) {
    plain.send_text(say("plain", i, "hello"));
    EXPECT_NE(read_until(plain, R"("op":"ack","id":)" + std::to_string(i)), "");
  }
  EXPECT_FALSE(waiting.read_message(0).has_value());
  stalled = false;
  stalled.notify_all();
  EXPECT_NE(read_until(waiting, "\"op\":\"joined\""), "");
  EXPECT_NE(read_until(waiting, R"("op":"ack","id":1)"), "");
  stalled = true;
  const std::string big(2000, 'x');
  for (u32 i = 2; i <= 60; ++i) waiting.send_text(say("commit", i, big));
  const std::string error = read_until(waiting, "\"code\"");
  EXPECT_EQ(text_of(error, "code"), "overloaded");
  EXPECT_EQ(text_of(error, "retry_after_ms"), "100");
  stalled = false;
  stalled.notify_all();
  EXPECT_NE(read_until(waiting, R"("op":"ack","id":2,)"), "");
}

// Microseconds from a publish to its ack, the median of many.
u64 median_us(WsClient& client, u32 first_id) {
  std::vector<u64> times;
  for (u32 id = first_id; id < first_id + 500; ++id) {
    const auto start = std::chrono::steady_clock::now();
    client.send_text(say("plain", id, "hello"));
    EXPECT_NE(read_until(client, R"("op":"ack","id":)" + std::to_string(id)), "");
    times.push_back(static_cast<u64>(std::chrono::duration_cast<std::chrono::microseconds>(
                                         std::chrono::steady_clock::now() - start)
                                         .count()));
  }
  std::nth_element(times.begin(), times.begin() + 250, times.end());
  return times[250];
}

TEST(StoreServer, chat_without_a_store_is_as_quick_while_the_store_stands_still) {
  Folder folder;
  std::atomic<bool> stalled = false;
  ServerConfig config = store_config();
  config.store_backend = [&] {
    return std::make_unique<StalledBackend>(folder.path() + "/data", stalled);
  };
  TestServer server(store_options(folder), config);
  WsClient durable = joined_client(server.port(), "commit");
  WsClient plain = joined_client(server.port(), "plain");
  const u64 before_us = median_us(plain, 1);
  stalled = true;
  for (u32 i = 1; i <= 100; ++i) durable.send_text(say("commit", i, "it waits"));
  const u64 stalled_us = median_us(plain, 1000);
  stalled = false;
  stalled.notify_all();
  EXPECT_NE(read_until(durable, R"("op":"ack","id":100)"), "");
  std::printf("median of 500: %llu us, with the store stalled %llu us\n",
              static_cast<unsigned long long>(before_us),
              static_cast<unsigned long long>(stalled_us));
  EXPECT_LT(stalled_us, 5 * before_us + 1000);
}

}  // namespace
}  // namespace perseid::test
