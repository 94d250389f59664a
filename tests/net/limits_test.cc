// Too many connections: in all, of one address, for the descriptors there are.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/net/server_process.h"
#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

TEST(Limits, one_connection_too_many_gets_4013_and_a_reason) {
  Options options = test_options();
  options.max_connections = 2;
  TestServer server(options);
  WsClient one = connected(server);
  WsClient two = connected(server, {.path = "/ws"});
  WsClient three = connected(server, {.path = "/ws"});
  std::string reason;
  EXPECT_EQ(three.read_close(kWaitMsMax, &reason), 4013);
  EXPECT_EQ(reason, "Maximum connections reached.");
  three.send_close(4013);
  EXPECT_TRUE(three.read_end());
  EXPECT_EQ(server->connections(), 2u);
  one.send_close(1000);
  EXPECT_TRUE(one.read_end());
  one.close();
  ASSERT_TRUE(wait_until([&] { return server->connections() == 1; }));
  WsClient four = connected(server);
  four.send_text("in again");
  EXPECT_EQ(four.read_message(), "in again");
}

TEST(Limits, connections_of_one_address) {
  Options options = test_options();
  options.address_connections_max = 2;
  options.shards = 2;
  TestServer server(options);
  if (!probe_ring().fixed_fd_install) GTEST_SKIP() << "this kernel does not tell addresses";
  for (int round = 0; round < 3; ++round) {
    WsClient one = connected(server);
    WsClient two = connected(server, {.path = "/ws"});
    WsClient three = connected(server, {.path = "/ws"});
    std::string reason;
    EXPECT_EQ(three.read_close(kWaitMsMax, &reason), 4013);
    EXPECT_NE(reason.find("address"), std::string::npos);
    for (WsClient* client : {&one, &two, &three}) client->reset();
    ASSERT_TRUE(wait_until([&] {
      const NetStatsSum stats = server->net_stats();
      return stats.connections_closed == stats.accepts;
    }));
  }
}

TEST(Limits, messages_of_one_address) {
  Options options = test_options();
  options.address_messages_per_second = 1;
  TestServer server(options);
  if (!probe_ring().fixed_fd_install) GTEST_SKIP() << "this kernel does not tell addresses";
  std::string answers;
  std::vector<WsClient> clients(5);
  for (WsClient& client : clients) {
    client = connected(server, {.path = "/ws"});
    client.send_text(R"({"type":"system","op":"ping","id":1})");
    answers += client.read_message().value_or("nothing");
  }
  EXPECT_NE(answers.find("rate_limited"), std::string::npos) << answers;
}

// A server with a low limit of open files.
class FewFiles : public ServerProcess {
 public:
  explicit FewFiles(rlim_t files)
      : ServerProcess(patient_options(), [files] {
          const rlimit few{files, files};
          ::setrlimit(RLIMIT_NOFILE, &few);
        }) {}

 private:
  static Options patient_options() {
    Options options = test_options();
    options.handshake_timeout_ms = 60'000;
    return options;
  }
};

TEST(Limits, for_want_of_descriptors_clients_are_told_so) {
  FewFiles server(40);
  std::vector<WsClient> clients(35);  // an eighth of forty stays free
  for (WsClient& client : clients) ASSERT_TRUE(client.connect(server.port(), {.path = "/echo"}));
  WsClient more;
  ASSERT_TRUE(more.connect(server.port(), {.path = "/echo"}));
  EXPECT_EQ(more.read_close(), 4013);
  clients.pop_back();
  EXPECT_TRUE(wait_until([&] {
    return more.connect(server.port(), {.path = "/echo"}) && more.send_text("in") &&
           more.read_message() == "in";
  }));
}

// Silent sockets take every descriptor: accepting stops, and goes on when one is freed.
TEST(Limits, accepting_goes_on_when_a_descriptor_is_freed) {
  FewFiles server(40);
  std::vector<WsClient> silent(60);
  for (WsClient& client : silent) ASSERT_TRUE(client.connect_tcp(server.port()));
  silent.clear();
  WsClient client;
  EXPECT_TRUE(wait_until([&] {
    return client.connect(server.port(), {.path = "/echo"}) && client.send_text("in") &&
           client.read_message() == "in";
  }));
}

}  // namespace
}  // namespace perseid::test
