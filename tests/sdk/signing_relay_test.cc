// Clients that sign at the real relay, in both flavours and both ways, and one that must since its
// token says so.
#include <perseid.h>
#include <perseid/secure.h>

#include <algorithm>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"
#include "tests/sdk/signing_ways.h"
#include "tests/sdk/tokens.h"

namespace perseid {
namespace {

using test::kTokenSecret;
using test::Peer;
using test::signed_token;
using test::until;

// Writes down of each message what it is and whether its signature holds: "chat valid hi".
struct Checking : Peer {
  explicit Checking(ClientConfig config) : Peer(std::move(config)) {
    client.on.direct = [this](const Message& message) { note_message("private", message); };
  }
  Room& listen(JoinOptions options = {}) {
    Room& room = joined("lobby", std::move(options));
    room.on.chat = [this](const Message& message) { note_message("chat", message); };
    room.on.action = [this](const Message& message) { note_message("action", message); };
    return room;
  }
  void note_message(std::string_view what, const Message& message) {
    const Signature by = client.verify(message);
    constexpr std::string_view kStates[] = {"none", "valid", "invalid", "changed"};
    lines.push_back(std::string(what) + " " + std::string(kStates[static_cast<u8>(by.state)]) +
                    " " + message.text());
    if (by.valid()) keys.push_back(by.key);
  }
  std::size_t count(std::string_view line) const {
    return static_cast<std::size_t>(std::ranges::count(lines, line));
  }
  std::vector<std::string> lines;
  std::vector<VerifyKey> keys;
};

class SigningAtRelay : public testing::TestWithParam<test::SigningWay> {
 protected:
  ClientConfig config(std::string name) const {
    return {.url = relay_.url(),
            .name = std::move(name),
            .wire = GetParam().wire,
            .reconnect_attempts = 50,
            .reconnect_delay_ms = 5,
            .reconnect_delay_ms_max = 50};
  }
  ClientConfig signing(std::string name) const {
    ClientConfig out = config(std::move(name));
    out.signing = {GetParam().algorithm, pair_.seed};
    return out;
  }
  bool ed25519() const { return GetParam().algorithm == SigningAlgorithm::ed25519; }
  std::string line(std::string_view what, std::string_view text) const {
    return std::string(what) + (ed25519() ? " valid " : " none ") + std::string(text);
  }
  void expect_ok(const Peer& peer) const {
    for (const Result& result : peer.results) EXPECT_TRUE(result.ok()) << result.code;
  }
  SigningPair pair_ = new_signing_pair();
  test::RelayProcess relay_;
};

INSTANTIATE_TEST_SUITE_P(All, SigningAtRelay, test::signing_ways(), test::name_of);

TEST_P(SigningAtRelay, WhatASigningClientSaysIsTakenAndVerified) {
  Checking ben(config("ben"));
  Checking ana(signing("ana"));
  Room& theirs = ben.listen();
  Room& room = ana.listen();
  room.chat("hi", ana.note());
  room.chat_payload("{}", ana.note());
  room.send(R"({"text":"fire"})", ana.note());
  room.send(R"({"text":"now"})", {}, Send::now);
  ana.client.direct("@ben", R"({"text":"by name"})", ana.note());
  ana.client.direct(ben.client.id(), R"({"text":"by id"})", ana.note(), true);
  theirs.chat("unsigned", ben.note());
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return ben.lines.size() == 7 && ana.results.size() == 5 && ben.results.size() == 1;
  }));
  expect_ok(ana);
  expect_ok(ben);
  for (const std::string& want :
       {line("chat", "hi"), line("chat", ""), line("action", "fire"), line("action", "now"),
        line("private", "by name"), line("private", "by id"), std::string("chat none unsigned")}) {
    EXPECT_EQ(ben.count(want), 1u) << want << testing::PrintToString(ben.lines);
  }
  EXPECT_EQ(ben.keys, std::vector<VerifyKey>(ed25519() ? 6 : 0, pair_.key));
  EXPECT_TRUE(std::ranges::none_of(
      ana.heard, [](const std::string& line) { return line.starts_with("error"); }));
}

TEST_P(SigningAtRelay, ChangesAreSignedAndAHistoryTellsWhatWasChanged) {
  Checking ben(config("ben"));
  Checking ana(signing("ana"));
  Room& theirs = ben.listen();
  Room& room = ana.listen();
  room.chat("kept", ana.note());
  room.chat("wrong", ana.note());
  room.edit(2, "right", ana.note());
  room.react(1, "+", ana.note());
  room.typing(true);
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return ana.results.size() == 4 && ben.lines.size() == 5; }));
  expect_ok(ana);
  EXPECT_EQ(ben.count(line("chat", "")), 3u) << testing::PrintToString(ben.lines);
  ben.lines.clear();
  theirs.history({}, [&](const Result&, std::span<const Message> messages) {
    for (const Message& message : messages) ben.note_message("old", message);
  });
  ASSERT_TRUE(ben.wait([&] { return ben.lines.size() == 2; }));
  EXPECT_EQ(ben.count(line("old", "kept")), 1u) << testing::PrintToString(ben.lines);
  EXPECT_EQ(ben.count("old changed right"), 1u) << testing::PrintToString(ben.lines);
}

TEST_P(SigningAtRelay, ASessionThatIsResumedGoesOnAndNothingIsTakenForAReplay) {
  Checking ana(signing("ana"));
  Room& room = ana.listen();
  constexpr std::size_t kRounds = 5;
  constexpr std::size_t kOfEach = 20;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kOfEach; ++i) room.chat(std::to_string(i), ana.note());
    ana.client.flush();
    ana.client.cut();
    ASSERT_TRUE(ana.wait([&] { return ana.client.stats().resumed == round + 1; }));
  }
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == kRounds * kOfEach; }));
  expect_ok(ana);
  ASSERT_TRUE(ana.wait([&] { return ana.lines.size() == kRounds * kOfEach; }));
  EXPECT_EQ(ana.count(line("chat", "7")), kRounds);
  EXPECT_GT(ana.client.stats().repeated, 0u);
}

TEST_P(SigningAtRelay, WhatWaitedOverALostSessionIsSignedAnew) {
  Checking ben(config("ben"));
  Checking ana(signing("ana"));
  ben.listen();
  Room& room = ana.listen();
  room.chat("before", ana.note());
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return ben.lines.size() == 1; }));
  relay_.stop();
  room.chat("during", ana.note());  // sent, and lost with the relay
  ana.client.poll();
  relay_.kill();
  room.chat("after", ana.note());
  ASSERT_TRUE(ben.wait([&] { return !ben.client.find("lobby")->joined(); }));
  relay_.start();
  ASSERT_TRUE(ben.wait([&] { return ben.client.find("lobby")->joined(); }));
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return ben.lines.size() == 3 && ana.results.size() == 3; }));
  expect_ok(ana);
  EXPECT_EQ(ben.lines, (std::vector<std::string>{line("chat", "before"), line("chat", "during"),
                                                 line("chat", "after")}));
}

TEST_P(SigningAtRelay, EncryptedRoomsAreSignedToo) {
  const auto cipher = [] {
    return RoomCipher::make({.keys = {{"k1", RoomKey{1}}}, .current = "k1"});
  };
  Checking ben(config("ben"));
  Checking ana(signing("ana"));
  Room& theirs = ben.listen({.encryption = cipher()});
  Room& room = ana.listen({.encryption = cipher()});
  room.chat("4711", ana.note());
  room.send("[4711]", ana.note());
  room.edit(1, "4712", ana.note());
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return ben.lines.size() == 3 && ana.results.size() == 3; }));
  expect_ok(ana);
  EXPECT_EQ(ben.count(line("chat", "4711")), 1u) << testing::PrintToString(ben.lines);
  EXPECT_EQ(ben.client.stats().undecryptable, 0u);
  ben.lines.clear();
  theirs.history({}, [&](const Result&, std::span<const Message> messages) {
    for (const Message& message : messages) ben.note_message("old", message);
  });
  ASSERT_TRUE(ben.wait([&] { return !ben.lines.empty(); }));
  EXPECT_EQ(ben.lines, std::vector<std::string>{"old changed 4712"});
}

// --- A token with the key ------------------------------------------------------------------------

class SigningByToken : public testing::TestWithParam<Wire> {
 protected:
  std::string token() const {
    return signed_token(
        60'000, "ana", kTokenSecret,
        R"(,"cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","x":")" + key_text(pair_.key) + R"("}})");
  }
  ClientConfig config(SigningConfig signing = {}) const {
    return {.url = relay_.url(),
            .token = token(),
            .signing = signing,
            .wire = GetParam(),
            .reconnect_delay_ms = 5};
  }
  SigningPair pair_ = new_signing_pair();
  test::RelayProcess relay_{{"--token-secret", kTokenSecret}};
};

INSTANTIATE_TEST_SUITE_P(Both, SigningByToken, testing::Values(Wire::json, Wire::binary),
                         [](const auto& row) { return row.param == Wire::json ? "Json" : "Bin"; });

TEST_P(SigningByToken, WhoHasItsPrivateKeySpeaks) {
  Checking ana(config({SigningAlgorithm::ed25519, pair_.seed}));
  ana.listen().chat("hi", ana.note());
  ana.client.direct("@ana", R"({"text":"to the token's name"})", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.lines.size() == 2 && ana.results.size() == 2; }));
  EXPECT_EQ(ana.count("chat valid hi"), 1u);
  EXPECT_EQ(ana.count("private valid to the token's name"), 1u);
  EXPECT_EQ(ana.keys, std::vector<VerifyKey>(2, pair_.key));
}

TEST_P(SigningByToken, WhoHasItNotIsToldSo) {
  struct Case {
    SigningConfig signing;
    LinkFault fault;
    const char* code;
  };
  const Case cases[] = {
      {{}, LinkFault::no_signing, ""},
      {{.algorithm = SigningAlgorithm::hmac_sha256}, LinkFault::no_signing, ""},
      {{SigningAlgorithm::ed25519, new_signing_pair().seed}, LinkFault::rejected, "forbidden"}};
  for (const Case& row : cases) {
    Peer ana(config(row.signing));
    ana.join("lobby").chat("hi", ana.note());
    ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; })) << row.code;
    EXPECT_EQ(ana.client.failure().fault, row.fault) << ana.client.failure().message;
    EXPECT_EQ(ana.client.failure().code, row.code);
    EXPECT_EQ(ana.results.at(0).cause, Cause::closed);
  }
}

// --- In C ----------------------------------------------------------------------------------------

struct InC {
  perseid_client* client = nullptr;
  perseid_signature state = PERSEID_NO_SIGNATURE;
  uint8_t key[32] = {};
  int heard = 0;
};

TEST(SigningInC, IsTurnedOnAndVerified) {
  const test::RelayProcess relay;
  const std::string url = relay.url();
  uint8_t key[32];
  perseid_config config{};
  config.url = url.c_str();
  config.signing = PERSEID_ED25519;
  perseid_new_signing_pair(config.signing_seed, key);
  InC seen{.client = perseid_create(&config)};
  ASSERT_EQ(perseid_connect(seen.client), 1);
  perseid_room* room = perseid_join(seen.client, "lobby", 0, 0, nullptr, nullptr);
  const auto on_chat = [](void* user, const perseid_message* message) {
    InC& out = *static_cast<InC*>(user);
    out.state = perseid_verify(out.client, message, out.key);
    ++out.heard;
  };
  perseid_room_set_handlers(room, {on_chat, nullptr, nullptr, nullptr}, &seen);
  perseid_room_chat(room, "hi", nullptr, nullptr);
  const double end = perseid_now_ms(seen.client) + test::kWaitMsMax;
  while (seen.heard == 0 && perseid_now_ms(seen.client) < end) perseid_poll(seen.client, 1);
  EXPECT_EQ(seen.state, PERSEID_SIGNATURE_VALID);
  EXPECT_TRUE(std::equal(std::begin(key), std::end(key), std::begin(seen.key)));
  perseid_destroy(seen.client);
}

}  // namespace
}  // namespace perseid
