// A session that is lost while publishes are under way, at the real relay: each is delivered once,
// in plain rooms and in encrypted ones, where what is repeated is sealed anew.
#include <perseid/secure.h>

#include <algorithm>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

using test::Peer;
using test::until;

// TCP with a gate: nothing of what comes is read while it is held.
class Gated final : public Transport {
 public:
  Gated(std::unique_ptr<Transport> beneath, const bool& held)
      : beneath_(std::move(beneath)), held_(held) {}
  Status connect() override { return beneath_->connect(); }
  Moved read(std::span<u8> into) override {
    return held_ ? Moved{Status::again, 0} : beneath_->read(into);
  }
  Moved write(std::span<const u8> from) override { return beneath_->write(from); }
  int fd() const override { return beneath_->fd(); }
  bool wants_write() const override { return beneath_->wants_write(); }
  bool has_more() const override { return !held_ && beneath_->has_more(); }
  std::string error() const override { return beneath_->error(); }
  LinkFault fault() const override { return beneath_->fault(); }

 private:
  std::unique_ptr<Transport> beneath_;
  const bool& held_;
};

struct Row {
  Wire wire;
  bool encrypted;
};

class LostSessions : public testing::TestWithParam<Row> {
 protected:
  ClientConfig config(std::string name) const {
    return {.url = relay_.url(),
            .name = std::move(name),
            .wire = GetParam().wire,
            .reconnect_attempts = 10'000,
            .reconnect_delay_ms = 2,
            .reconnect_delay_ms_max = 10};
  }
  ClientConfig gated() {
    ClientConfig out = config("ana");
    out.transport = [this](const Endpoint& to) -> std::unique_ptr<Transport> {
      Endpoint where = to;
      if (away_) where.port = 1;  // nobody is there
      return std::make_unique<Gated>(make_tcp_transport(where), held_);
    };
    return out;
  }
  static JoinOptions options() {
    JoinOptions out{.presence = true};
    if (GetParam().encrypted) {
      out.encryption = RoomCipher::make({.keys = {{"k1", RoomKey{1}}}, .current = "k1"});
    }
    return out;
  }
  bool held_ = false;
  bool away_ = false;
  test::RelayProcess relay_{{"--resume-window-ms", "100"}};
};

INSTANTIATE_TEST_SUITE_P(All, LostSessions,
                         testing::Values(Row{Wire::json, false}, Row{Wire::json, true},
                                         Row{Wire::binary, false}, Row{Wire::binary, true}),
                         [](const auto& row) {
                           return std::string(row.param.wire == Wire::json ? "Json" : "Bin") +
                                  (row.param.encrypted ? "Sealed" : "Plain");
                         });

TEST_P(LostSessions, WhatWasDeliveredIsKnownAgainAndNotSaidTwice) {
  Peer ben(config("ben"));
  Peer ana(gated());
  const Room& theirs = ben.joined("lobby", options());
  Room& room = ana.joined("lobby", options());
  ASSERT_TRUE(ben.wait([&] { return theirs.members().size() == 2; }));
  held_ = true;  // the answer does not come through
  room.chat("delivered", ana.note());
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return ben.heard.size() == 1; }));
  away_ = true;
  ana.client.cut();
  room.chat("queued", ana.note());
  // The relay gives the session up.
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return theirs.members().size() == 1; }));
  const std::string id = ana.client.id();
  held_ = away_ = false;
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return ana.results.size() == 2; }));
  room.chat("last", ana.note());
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return ana.results.size() == 3 && ben.heard.size() == 3; }));
  EXPECT_NE(ana.client.id(), id);
  for (u64 i = 0; i < 3; ++i) EXPECT_EQ(ana.results[i].seq, i + 1);
  EXPECT_EQ(ben.heard, (std::vector<std::string>{R"(chat lobby 1 {"text":"delivered"})",
                                                 R"(chat lobby 2 {"text":"queued"})",
                                                 R"(chat lobby 3 {"text":"last"})"}));
  EXPECT_EQ(ana.heard, ben.heard);
}

// Nothing of it had reached the relay: it is said once, by the new session.
TEST_P(LostSessions, WhatWasLostWithItIsSaidAgain) {
  Peer ben(config("ben"));
  Peer ana(gated());
  const Room& theirs = ben.joined("lobby", options());
  Room& room = ana.joined("lobby", options());
  ASSERT_TRUE(ben.wait([&] { return theirs.members().size() == 2; }));
  away_ = true;
  ana.client.cut();
  room.chat("lost", ana.note());
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return theirs.members().size() == 1; }));
  away_ = false;
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return ana.results.size() == 1 && ben.heard.size() == 1; }));
  EXPECT_EQ(ana.results[0].seq, 1u);
  EXPECT_EQ(ben.heard[0], R"(chat lobby 1 {"text":"lost"})");
}

}  // namespace
}  // namespace perseid
