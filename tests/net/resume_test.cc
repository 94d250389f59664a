// Sessions that go on with another connection, over real sockets: on their shard, on another, by
// the thousand.
#include <gtest/gtest.h>

#include <ctime>

#include "tests/net/tls_support.h"

namespace perseid::test {
namespace {

std::string read_until(WsClient& client, std::string_view part) {
  while (auto message = client.read_message()) {
    if (message->find(part) != std::string::npos) return *message;
  }
  return {};
}

std::string value_of(const std::string& json, const std::string& name) {
  const std::size_t at = json.find('"' + name + "\":");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 3;
  if (json[begin] == '"') return json.substr(begin + 1, json.find('"', begin + 1) - begin - 1);
  return json.substr(begin, json.find_first_of(",}]", begin) - begin);
}

std::string hello(const std::string& secret, const std::string& more = "") {
  return R"({"type":"system","op":"hello","id":1,"name":"ana","session":")" + secret + '"' + more +
         '}';
}

constexpr const char* kHello = R"({"type":"system","op":"hello","id":1,"name":"ana"})";
constexpr const char* kJoin = R"({"type":"system","op":"join","id":2,"room":"lobby"})";
constexpr const char* kSeen = R"(,"since":{"rooms":{"lobby":{"chat":1}}})";

std::string chat(int n) {
  return R"({"type":"chat","room":"lobby","id":)" + std::to_string(n) + R"(,"payload":{"n":)" +
         std::to_string(n) + "}}";
}

struct Ana {
  WsClient client;
  std::string id;
  std::string secret;
};

Ana welcomed(const TestServer& server, const ClientConfig& config = {.path = "/ws"}) {
  Ana out{connected(server, config), {}, {}};
  out.client.send_text(kHello);
  const std::string welcome = read_until(out.client, "welcome");
  out.id = value_of(welcome, "client");
  out.secret = value_of(welcome, "session");
  return out;
}

class NetResume : public testing::TestWithParam<u32> {
 protected:
  NetResume() : server_(options()) {}
  static Options options() {
    Options out = test_options();
    out.shards = GetParam();
    return out;
  }
  TestServer server_;
};

// Sixteen times, so that with several shards some come to another one.
TEST_P(NetResume, comes_back_to_its_seat_on_any_shard) {
  WsClient writer = connected(server_, {.path = "/ws"});
  writer.send_text(kJoin);
  EXPECT_NE(read_until(writer, "joined"), "");
  Ana ana = welcomed(server_);
  ana.client.send_text(kJoin);
  EXPECT_NE(read_until(ana.client, "joined"), "");
  int n = 1;
  for (int round = 0; round < 16; ++round) {
    writer.send_text(chat(n));
    EXPECT_NE(read_until(ana.client, R"("n":)" + std::to_string(n)), "");
    ana.client.close();
    writer.send_text(chat(++n));
    EXPECT_NE(read_until(writer, R"("ack")"), "");
    ana.client = connected(server_, {.path = "/ws"});
    // In one write with what stands before it and behind it.
    ana.client.send_text(R"({"type":"system","op":"ping","id":7})");
    ana.client.send_text(
        "["
        R"({"type":"system","op":"ping","id":8},)" +
        hello(ana.secret,
              R"(,"since":{"rooms":{"lobby":{"chat":)" + std::to_string(n - 1) + "}}}") +
        R"(,{"type":"system","op":"ping","id":9}])");
    ana.client.send_text(R"({"type":"system","op":"ping","id":10})");
    for (const char* id : {"7", "8"}) {
      const std::string pong = ana.client.read_message().value_or("");
      EXPECT_EQ(value_of(pong, "id"), id) << pong;
    }
    const std::string welcome = ana.client.read_message().value_or("");
    EXPECT_EQ(value_of(welcome, "resumed"), "true") << welcome;
    EXPECT_EQ(value_of(welcome, "client"), ana.id);
    std::string rest;
    for (int i = 0; i < 3; ++i) rest += ana.client.read_message().value_or("");
    const std::size_t nine = rest.find(R"("id":9)");
    EXPECT_LT(nine, rest.find(R"("id":10)")) << rest;
    EXPECT_NE(nine, std::string::npos) << rest;
    EXPECT_NE(rest.find(R"("seq":)" + std::to_string(n) + ','), std::string::npos) << rest;
    ++n;
  }
  const u64 passed = server_->net_stats().connections_passed_on;
  EXPECT_EQ(passed == 0, GetParam() == 1);
  EXPECT_EQ(server_->net_stats().passes_refused, 0u);
}

TEST_P(NetResume, the_older_connection_is_closed_with_4009) {
  Ana ana = welcomed(server_);
  for (int round = 0; round < 8; ++round) {
    WsClient newer = connected(server_, {.path = "/ws"});
    newer.send_text(hello(ana.secret));
    EXPECT_EQ(value_of(read_until(newer, "welcome"), "resumed"), "true");
    EXPECT_EQ(ana.client.read_close(), 4009);
    ana.client = std::move(newer);
  }
}

TEST_P(NetResume, who_says_good_bye_is_gone_and_who_reloads_is_not) {
  for (const auto& [code, resumed] : {std::pair{1000, "false"}, {1001, "true"}, {1005, "false"}}) {
    Ana ana = welcomed(server_);
    ana.client.send_frame(Opcode::close,
                          code == 1005 ? std::string() : close_payload(static_cast<u16>(code)));
    (void)ana.client.read_close();
    ana.client = connected(server_, {.path = "/ws"});
    ana.client.send_text(hello(ana.secret));
    EXPECT_EQ(value_of(read_until(ana.client, "welcome"), "resumed"), resumed) << code;
  }
}

TEST_P(NetResume, compressed_connections_move_as_well) {
  const ClientConfig config{.path = "/ws",
                            .extra_fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n"};
  Ana ana = welcomed(server_, config);
  for (int round = 0; round < 6; ++round) {
    ana.client.close();
    ana.client = connected(server_, config);
    ana.client.send_text(hello(ana.secret));
    EXPECT_EQ(value_of(read_until(ana.client, "welcome"), "resumed"), "true");
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, NetResume, testing::Values(1u, 4u));

// Found in review: the shard that passes a connection on reads the goodbye with the hello, and the
// one that gets it would wait for an end that has come.
TEST(NetResumeStorm, a_goodbye_right_behind_the_hello_is_heard_on_the_other_shard) {
  Options options = tls_options();
  options.shards = 4;
  TestServer server(options);
  for (int round = 0; round < 16; ++round) {
    WsClient first = tls_connected(server, {}, "/ws");
    first.send_text(kHello);
    const std::string secret = value_of(read_until(first, "welcome"), "session");
    first.close();
    WsClient back = tls_connected(server, {}, "/ws");
    const std::string all = back.tls()->sealed(client_frame(Opcode::text, hello(secret)));
    back.tls()->say_goodbye();
    back.send_bare(all + back.tls()->sealed({}));
    EXPECT_EQ(value_of(read_until(back, "welcome"), "resumed"), "true");
    EXPECT_TRUE(back.read_end());
  }
  EXPECT_GT(server->net_stats().connections_passed_on, 0u);
}

// Where the kernel does not pass sockets, or the test says so, a new session is better than none.
TEST(NetResumeStorm, without_passing_it_goes_on_only_where_it_was) {
  Options options = test_options();
  options.shards = 4;
  ServerConfig config;
  config.wake_by_eventfd = true;
  TestServer server(options, std::move(config));
  u32 resumed = 0;
  for (int round = 0; round < 24; ++round) {
    Ana ana = welcomed(server);
    ana.client.close();
    WsClient back = connected(server, {.path = "/ws"});
    back.send_text(hello(ana.secret));
    const std::string welcome = read_until(back, "welcome");
    ASSERT_NE(welcome, "");
    if (value_of(welcome, "resumed") == "true") ++resumed;
    back.send_text(kJoin);
    EXPECT_NE(read_until(back, "joined"), "");
  }
  EXPECT_LT(resumed, 24u);
  EXPECT_EQ(server->net_stats().connections_passed_on, 0u);
}

double seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

TEST(NetResumeStorm, a_thousand_drop_at_once_and_are_back_with_all_they_missed) {
  constexpr int kClients = 1000;
  constexpr int kMissed = 20;
  Options options = test_options();
  options.shards = 2;
  options.system_window_bytes = 1 << 20;
  TestServer server(options);
  WsClient watcher = connected(server, {.path = "/ws"});
  watcher.send_text(R"({"type":"system","op":"join","id":2,"room":"lobby","presence":true})");
  EXPECT_NE(read_until(watcher, "joined"), "");
  std::vector<Ana> all;
  for (int i = 0; i < kClients; ++i) {
    all.push_back(welcomed(server));
    all.back().client.send_text(kJoin);
  }
  for (Ana& ana : all) ASSERT_NE(read_until(ana.client, "joined"), "");
  watcher.send_text(chat(1));
  for (int joins = 0; joins < kClients;) {
    const std::string message = watcher.read_message().value_or("");
    ASSERT_NE(message, "");
    joins += message.find(R"("event":"join")") != std::string::npos ? 1 : 0;
  }
  for (Ana& ana : all) ASSERT_NE(read_until(ana.client, R"("n":1})"), "");
  const u64 busy_before = server->net_stats().busy_us;
  for (Ana& ana : all) ana.client.close();
  for (int i = 2; i < 2 + kMissed; ++i) watcher.send_text(chat(i));
  const double begin = seconds(CLOCK_MONOTONIC);
  for (Ana& ana : all) {
    ana.client = connected(server, {.path = "/ws"});
    ana.client.send_text(hello(ana.secret, kSeen));
  }
  for (Ana& ana : all) {
    const std::string welcome = read_until(ana.client, "welcome");
    ASSERT_EQ(value_of(welcome, "resumed"), "true") << welcome;
    ASSERT_EQ(value_of(welcome, "client"), ana.id);
    for (int seq = 2; seq < 2 + kMissed; ++seq) {
      const std::string message = read_until(ana.client, R"("chat")");
      ASSERT_EQ(value_of(message, "seq"), std::to_string(seq)) << message;
    }
  }
  const double wall = seconds(CLOCK_MONOTONIC) - begin;
  const double busy_ms = static_cast<double>(server->net_stats().busy_us - busy_before) / 1000;
  std::printf(
      "1,000 sessions back with %d messages each in %.0f ms, %.0f ms of the relay's CPU, "
      "%llu moved\n",
      kMissed, wall * 1000, busy_ms,
      static_cast<unsigned long long>(server->net_stats().connections_passed_on));
  watcher.send_text(R"({"type":"system","op":"ping","id":"end"})");
  u32 drops = 0;
  u32 resumes = 0;
  for (std::string message; message.find(R"("id":"end")") == std::string::npos;) {
    message = watcher.read_message().value_or(R"("id":"end")");
    EXPECT_EQ(message.find(R"("event":"leave")"), std::string::npos);
    EXPECT_EQ(message.find(R"("event":"join")"), std::string::npos) << message;
    drops += message.find(R"("event":"drop")") != std::string::npos;
    resumes += message.find(R"("event":"resume")") != std::string::npos;
  }
  EXPECT_GT(drops + resumes, 0u);
  EXPECT_EQ(server->stats().sessions_resumed, u64{kClients});
}

}  // namespace
}  // namespace perseid::test
