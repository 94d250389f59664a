// The end of a server with messages on their way, and limits under churn.
#include <gtest/gtest.h>

#include <set>

#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

std::string field_of(const std::string& message, const std::string& name) {
  const std::size_t at = message.find('"' + name + "\":");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 3;
  return message.substr(begin, message.find_first_of(",}", begin) - begin);
}

std::set<std::string> until_the_end(WsClient& client, const char* part, const char* name) {
  std::set<std::string> seen;
  while (const auto message = client.read_message()) {
    if (message->find(part) != std::string::npos) seen.insert(field_of(*message, name));
  }
  return seen;
}

// What was acknowledged is delivered, also when the server is told to end in the same moment and
// far more waits for each member than one send takes.
TEST(Drain, what_was_acknowledged_is_delivered_before_the_goodbye) {
  for (const u32 shards : {1u, 2u}) {
    Options options = test_options();
    options.shards = shards;
    options.session_bytes_per_second = ~0u;
    options.chat_window_bytes = 16 * 1024 * 1024;
    options.drain_timeout_ms = 60'000;
    TestServer server(options);
    std::vector<WsClient> members(8);
    for (WsClient& member : members) {
      member = connected(server, {.path = "/ws", .receive_buffer_bytes = 65536});
      member.send_text(R"({"type":"system","op":"join","id":"j","room":"last"})");
      ASSERT_TRUE(member.read_message().has_value());
    }
    const std::string filler(8000, 'x');
    std::jthread writer([&] {
      for (int i = 1; i <= 300; ++i) {
        members[0].send_text(R"({"type":"chat","id":)" + std::to_string(i) +
                             R"(,"room":"last","payload":{"f":")" + filler + R"("}})");
      }
    });
    ASSERT_TRUE(wait_until([&] { return server->stats().messages_sequenced.get() >= 200; }));
    server->drain();
    std::set<std::string> acked, own;
    while (const auto message = members[0].read_message()) {
      if (message->find(R"("op":"ack")") != std::string::npos) {
        acked.insert(field_of(*message, "seq"));
      } else if (message->find(R"("type":"chat")") != std::string::npos) {
        own.insert(field_of(*message, "seq"));
      }
    }
    writer.join();
    EXPECT_GE(acked.size(), 1u);
    for (const std::string& seq : acked) EXPECT_TRUE(own.contains(seq)) << seq;
    for (std::size_t i = 1; i < members.size(); ++i) {
      const auto seen = until_the_end(members[i], R"("type":"chat")", "seq");
      for (const std::string& seq : acked) ASSERT_TRUE(seen.contains(seq)) << seq << " to " << i;
    }
  }
}

// HOSTILE.md 35: come and go in every way, over the limit too: places are neither lost nor won.
TEST(Hostile, row_35_churn_of_connections_moves_no_limit) {
  Options options = test_options();
  options.shards = 2;
  options.max_connections = 6;
  options.address_connections_max = 5;
  TestServer server(options);
  if (!probe_ring().fixed_fd_install) options.max_connections = 5;
  const auto all_gone = [&] {
    return wait_until([&] {
      const NetStatsSum stats = server->net_stats();
      return stats.connections_closed == stats.accepts && server->connections() == 0;
    });
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<WsClient> clients(8);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      WsClient& client = clients[i];
      ASSERT_TRUE(client.connect_tcp(server.port()));
      if (i % 4 == 0) {
        client.send_raw("GET /ws HT");
      } else {
        client.send_raw(WsClient::upgrade_request({.path = i % 2 == 0 ? "/ws" : "/echo"}));
      }
      if (i % 4 == 1) client.read_head();
      if (i % 4 == 2) client.send_close(1000);
      if ((i + static_cast<std::size_t>(round)) % 3 == 0) client.reset();
    }
  }
  ASSERT_TRUE(all_gone());
  std::vector<WsClient> in(5);
  for (WsClient& client : in) {
    client = connected(server);
    client.send_text("in");
    EXPECT_EQ(client.read_message(), "in");
  }
  WsClient out = connected(server);
  EXPECT_EQ(out.read_close(), 4013);
}

}  // namespace
}  // namespace perseid::test
