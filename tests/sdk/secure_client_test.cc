// Encrypted rooms at the real relay, in both flavours, and at a relay that lies.
#include <perseid/secure.h>

#include <algorithm>

#include "sdk/cpp/src/sealed_payload.h"
#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

using test::Peer;
using test::until;

std::shared_ptr<RoomCipher> cipher_of(u8 first, std::string id = "k1") {
  RoomKey key{};
  key[0] = first;
  return RoomCipher::make({.keys = {{id, key}}, .current = id});
}

struct SecretPeer : Peer {
  SecretPeer(ClientConfig config, std::string_view name, std::shared_ptr<RoomCipher> cipher)
      : Peer(std::move(config)) {
    room = &join(name, {.encryption = std::move(cipher)});
    room->on.chat = [this](const Message& message) {
      encrypted += message.encrypted ? 1 : 0;
      write("chat", message);
    };
    room->on.undecryptable = [this](const Undecryptable& what) { faults.push_back(what.fault); };
    EXPECT_TRUE(wait([this] { return room->joined(); }));
  }
  Room* room;
  int encrypted = 0;
  std::vector<SealFault> faults;
};

class Encrypted : public testing::TestWithParam<Wire> {
 protected:
  ClientConfig config(std::string name) const {
    return {.url = relay_.url(),
            .name = std::move(name),
            .wire = GetParam(),
            .reconnect_attempts = 50,
            .reconnect_delay_ms = 5,
            .reconnect_delay_ms_max = 50};
  }
  test::RelayProcess relay_;
};

INSTANTIATE_TEST_SUITE_P(Both, Encrypted, testing::Values(Wire::json, Wire::binary),
                         [](const auto& row) { return row.param == Wire::json ? "Json" : "Bin"; });

TEST_P(Encrypted, MembersReadItOthersSeeCiphertext) {
  SecretPeer ana(config("ana"), "secret", cipher_of(1));
  SecretPeer ben(config("ben"), "secret", cipher_of(1));
  Peer eve(config("eve"));
  Room& theirs = eve.joined("secret");
  ana.room->chat("the code is 4711", ana.note());
  ana.room->send(R"({"fire":"4711"})", ana.note());
  ana.room->send(R"({"fire":"4712"})", {}, Send::now);
  ana.room->edit(1, "the code is 4712", ana.note());
  ana.room->react(1, "+", ana.note());
  ASSERT_TRUE(until({&ana.client, &ben.client, &eve.client}, [&] {
    return ben.heard.size() == 5 && eve.heard.size() == 5 && ana.results.size() == 4;
  }));
  const std::string all = testing::PrintToString(ben.heard);
  for (const char* want :
       {R"(1 {"text":"the code is 4711"})", R"({"fire":"4711"})", R"({"fire":"4712"})",
        R"({"edit":{"seq":1,"text":"the code is 4712"}})", R"({"react":{"seq":1,"emoji":"+"}})"}) {
    const auto has = [&](const std::string& each) { return each.ends_with(want); };
    EXPECT_TRUE(std::any_of(ben.heard.begin(), ben.heard.end(), has)) << want << " of " << all;
  }
  EXPECT_EQ(ben.encrypted, 2);  // a reaction is not hidden
  std::string seen = testing::PrintToString(eve.heard);
  std::vector<std::string> history;
  theirs.history({}, [&](const Result&, std::span<const Message> messages) {
    for (const Message& message : messages) seen += message.payload;
  });
  ben.room->history({}, [&](const Result&, std::span<const Message> messages) {
    for (const Message& message : messages) {
      EXPECT_TRUE(message.edited && message.encrypted);
      history.emplace_back(message.payload);
    }
  });
  const std::size_t before = seen.size();
  ASSERT_TRUE(
      until({&ben.client, &eve.client}, [&] { return !history.empty() && seen.size() > before; }));
  EXPECT_EQ(history, std::vector<std::string>{R"({"text":"the code is 4712"})"});
  EXPECT_EQ(seen.find("code"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("471"), std::string::npos) << seen;
}

TEST_P(Encrypted, PlainTextAForeignKeyAndAMessageRepeatedByAnotherAreRefused) {
  SecretPeer ben(config("ben"), "guarded", cipher_of(1));
  Peer eve(config("eve"));
  Room& theirs = eve.joined("guarded");
  theirs.chat("trust me");
  SecretPeer foreign(config("foreign"), "guarded", cipher_of(2));
  foreign.room->chat("trust me");
  SecretPeer other(config("other"), "guarded", cipher_of(1, "k2"));
  other.room->chat("trust me");
  const std::vector<Client*> all{&ben.client, &eve.client, &foreign.client, &other.client};
  ASSERT_TRUE(until(all, [&] { return ben.faults.size() == 3 && eve.heard.size() == 3; }));
  SecretPeer ana(config("ana"), "guarded", cipher_of(1));
  std::string payload;
  theirs.on.chat = [&](const Message& message) {
    if (message.sender == ana.client.id()) payload = message.payload;
  };
  ana.room->chat("pay eve");
  ASSERT_TRUE(until({&ana.client, &ben.client, &eve.client},
                    [&] { return !payload.empty() && ben.heard.size() == 1; }));
  theirs.chat_payload(payload);
  ASSERT_TRUE(until({&ben.client, &eve.client}, [&] { return ben.faults.size() == 4; }));
  std::sort(ben.faults.begin(), ben.faults.end());
  EXPECT_EQ(ben.faults,
            (std::vector<SealFault>{SealFault::not_sealed, SealFault::unknown_key,
                                    SealFault::not_authentic, SealFault::not_authentic}));
  EXPECT_EQ(ben.heard.size(), 1u);
  EXPECT_EQ(ben.client.stats().undecryptable, 4u);
}

TEST_P(Encrypted, WhatWaitedOverALostSessionIsSealedAnew) {
  SecretPeer ben(config("ben"), "secret", cipher_of(1));
  SecretPeer ana(config("ana"), "secret", cipher_of(1));
  ana.room->chat("before", ana.note());
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return ben.heard.size() == 1; }));
  relay_.stop();
  ana.room->chat("during", ana.note());  // sent, and lost with the relay
  ana.client.poll();
  relay_.kill();
  ana.room->chat("after", ana.note());
  ASSERT_TRUE(ben.wait([&] { return !ben.room->joined(); }));
  relay_.start();
  ASSERT_TRUE(ben.wait([&] { return ben.room->joined(); }));
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return ben.heard.size() == 3 && ana.results.size() == 3; }));
  EXPECT_TRUE(ben.heard[1].ends_with(R"({"text":"during"})")) << ben.heard[1];
  EXPECT_TRUE(ben.heard[2].ends_with(R"({"text":"after"})")) << ben.heard[2];
  EXPECT_TRUE(ben.faults.empty());
}

TEST_P(Encrypted, StateIsRefusedSinceTheRelayMergesIt) {
  SecretPeer ana(config("ana"), "secret", cipher_of(1));
  EXPECT_FALSE(ana.room->set("e1", {{"x", 1}}));
  EXPECT_FALSE(ana.room->unset("e1"));
}

TEST_P(Encrypted, WhoJoinsAgainWithACipherSpeaksNoPlainTextAnyMore) {
  Peer ana(config("ana"));
  Peer eve(config("eve"));
  ana.joined("lobby");
  eve.joined("lobby");
  ana.join("lobby", {.encryption = cipher_of(1)}).chat("4711");
  ASSERT_TRUE(until({&ana.client, &eve.client}, [&] { return eve.heard.size() == 1; }));
  EXPECT_EQ(eve.heard[0].find("4711"), std::string::npos) << eve.heard[0];
}

TEST_P(Encrypted, TooLargeIsMeasuredAsSealed) {
  SecretPeer ana(config("ana"), "secret", cipher_of(1));
  ana.room->chat(std::string(800 * KiB, 'a'), ana.note());  // more than a MiB in base64
  ana.room->chat(std::string(700 * KiB, 'a'), ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 2; }));
  EXPECT_EQ(ana.results[0].code, "payload_too_large");
  EXPECT_TRUE(ana.results[1].ok());
}

// The fake relay has all that a client says, and says what it likes.
class LyingRelay : public testing::TestWithParam<Wire> {};
INSTANTIATE_TEST_SUITE_P(Both, LyingRelay, testing::Values(Wire::json, Wire::binary),
                         [](const auto& row) { return row.param == Wire::json ? "Json" : "Bin"; });

TEST_P(LyingRelay, SeesNothingOfWhatIsSaid) {
  test::FakeRelay relay(GetParam());
  ClientConfig config{.wire = GetParam()};
  config.transport = relay.factory();
  SecretPeer ana(std::move(config), "secret", cipher_of(1));
  ana.room->chat("4711");
  ana.room->send(R"({"code":4711})");
  ana.room->send(R"({"code":4711})", {}, Send::now);
  ana.room->edit(1, "4711");
  const std::size_t before = relay.said.size();
  ASSERT_TRUE(ana.wait([&] { return relay.said.size() >= before + 4; }));
  int sealed = 0;
  for (const std::string& said : relay.said) {
    EXPECT_EQ(said.find("4711"), std::string::npos) << said;
    sealed += said.find("1.k1.") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(sealed, 4);
}

TEST(LyingRelays, CannotSayAMessageAgainNorUnderAnotherName) {
  test::FakeRelay relay(Wire::json);
  ClientConfig config{.wire = Wire::json};
  config.transport = relay.factory();
  SecretPeer ben(std::move(config), "secret", cipher_of(1));
  const auto ana = cipher_of(1);
  const std::string sealed =
      sealed_payload(*ana, {"secret", false, "c0200008000004"}, R"({"text":"hi"})");
  const auto say = [&](const std::string& sender, int seq, const std::string& payload) {
    relay.say(R"({"type":"chat","room":"secret","sender":")" + sender + R"(","seq":)" +
              std::to_string(seq) + R"(,"timestamp":1,"payload":)" + payload + "}");
  };
  say("c0200008000004", 1, sealed);
  say("c0200008000004", 2, sealed);
  say("c0200008000005", 3, sealed);
  say("c0200008000004", 4, R"({"text":"forged"})");
  ASSERT_TRUE(ben.wait([&] { return ben.faults.size() == 3; }));
  EXPECT_EQ(ben.heard, std::vector<std::string>{R"(chat secret 1 {"text":"hi"})"});
  EXPECT_EQ(ben.faults, (std::vector<SealFault>{SealFault::replayed, SealFault::not_authentic,
                                                SealFault::not_sealed}));
}

}  // namespace
}  // namespace perseid
