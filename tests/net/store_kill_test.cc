// A relay that is killed under load, time and again, and its database too: what anybody was told or
// has seen is stored, in one order, each once.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>

#include "net/store/postgres_backend.h"
#include "tests/net/pg_server.h"
#include "tests/net/server_process.h"
#include "tests/net/store_clients.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

// What one client was told and has seen, of a server that is killed under it.
struct Witness {
  std::map<Seq, std::string> acked;
  std::map<Seq, std::string> seen;
  std::string epoch;
};

void speak(u16 port, const std::string& name, std::atomic<u64>& acks, Witness& witness) {
  WsClient client;
  if (!client.connect(port)) return;
  client.send_text(R"({"type":"system","op":"join","room":"commit"})");
  u32 sent = 0;
  u32 answered = 0;
  while (const auto message = client.read_message()) {
    const std::string op = text_of(*message, "op");
    if (op == "joined") witness.epoch = text_of(*message, "epoch");
    const Seq seq = std::strtoull(text_of(*message, "seq").c_str(), nullptr, 10);
    if (op == "ack") {
      witness.acked[seq] = name + text_of(*message, "id");
      ++acks;
    } else if (text_of(*message, "type") == "chat") {
      witness.seen[seq] = text_of(*message, "payload");
    }
    // A few at a time are on their way; what is refused is not said again.
    answered += op == "ack" || op == "error" ? 1 : 0;
    while (!witness.epoch.empty() && sent < answered + 16) {
      ++sent;
      if (!client.send_text(say("commit", sent, name + std::to_string(sent)))) return;
    }
  }
}

class StoreKill : public testing::Test {
 protected:
  // One life of the relay, ended when so many messages were acknowledged; `during` comes half-way.
  void live(Options options, u32 round, u64 enough, const std::function<void()>& during) {
    constexpr u32 kClients = 3;
    options.session_messages_per_second = 1'000'000;  // who is refused says the next at once
    auto server = std::make_unique<ServerProcess>(
        options, [] {}, store_config());
    const u16 port = server->port();  // a thread may begin only when the server has gone
    ASSERT_NE(port, 0) << server->error();
    std::vector<Witness> now(kClients);
    std::vector<std::thread> threads;
    std::atomic<u64> acks = 0;
    for (u32 i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] {
        speak(port, std::to_string(round) + "-" + std::to_string(i) + "-", acks, now[i]);
      });
    }
    EXPECT_TRUE(wait_until([&] { return acks >= enough / 2; }));
    if (during) during();
    EXPECT_TRUE(wait_until([&] { return acks >= enough; }));
    server.reset();  // SIGKILL
    for (std::thread& thread : threads) thread.join();
    for (Witness& witness : now) witnesses_.push_back(std::move(witness));
  }

  u64 enough() {
    dice_ = dice_ * 1664525 + 1013904223;
    return dice_ >> 16 & 127;
  }

  void read_all(StoreTool& store, u64 room) {
    Seq before = ~Seq{0};
    for (;;) {
      const store::ReadPage page = store.page(room, before, 10'000, 1u << 30);
      if (page.messages.empty()) break;
      for (const StoredMessage& message : page.messages) {
        const std::string payload = message.payload.substr(1, message.payload.size() - 2);
        stored_[message.seq] = payload;
        ++times_[payload];
      }
      before = page.messages.front().seq;
    }
  }

  void check(StoreTool& store) {
    const store::OpenRoom room = store.open("commit", "none", 1);
    read_all(store, room.room);
    ASSERT_FALSE(stored_.empty());
    EXPECT_EQ(stored_.begin()->first, 1u);
    EXPECT_EQ(stored_.rbegin()->first, stored_.size());  // no hole
    for (const auto& [payload, count] : times_) EXPECT_EQ(count, 1u) << payload;
    u64 acked = 0;
    u64 seen = 0;
    for (const Witness& witness : witnesses_) {
      EXPECT_TRUE(witness.epoch.empty() || witness.epoch == room.epoch);
      for (const auto& [seq, payload] : witness.acked) EXPECT_EQ(stored_[seq], payload) << seq;
      for (const auto& [seq, payload] : witness.seen) EXPECT_EQ(stored_[seq], payload) << seq;
      acked += witness.acked.size();
      seen += witness.seen.size();
    }
    EXPECT_GE(stored_.size(), acked);
    std::printf("%llu acknowledged, %llu deliveries, %llu stored\n",
                static_cast<unsigned long long>(acked), static_cast<unsigned long long>(seen),
                static_cast<unsigned long long>(stored_.size()));
  }

 private:
  std::vector<Witness> witnesses_;
  std::map<Seq, std::string> stored_;
  std::map<std::string, u32> times_;
  u32 dice_ = 12345;
};

TEST_F(StoreKill, a_hundred_times_with_sqlite) {
  Folder folder;
  for (u32 round = 0; round < scaled(100) && !HasFatalFailure(); ++round) {
    live(store_options(folder), round, enough(), {});
  }
  StoreTool store(folder.path() + "/data");
  check(store);
}

TEST_F(StoreKill, with_postgresql_whose_server_is_killed_as_well) {
  if (!PgServer::installed()) GTEST_SKIP() << "PostgreSQL is not installed";
  PgServer database;
  Folder folder;
  Options options = store_options(folder);
  options.store = database.uri();
  for (u32 round = 0; round < scaled(100) && !HasFatalFailure(); ++round) {
    std::function<void()> during;
    if (round % 20 == scaled(20) / 2) {
      during = [&database] {
        database.kill();
        database.start();
      };
    }
    live(options, round, enough(), during);
  }
  StoreTool store(std::make_unique<PostgresBackend>(database.uri(), Retention{}));
  check(store);
}

}  // namespace
}  // namespace perseid::test
