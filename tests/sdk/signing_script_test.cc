// A client that signs, at a relay that the test plays: what it says, in its session and the next,
// and that nothing leaves unsigned whatever the relay answers.
#include <perseid/secure.h>

#include <algorithm>

#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/signer.h"
#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"
#include "tests/sdk/signing_ways.h"

namespace perseid {
namespace {

using test::config_on;
using test::FakeRelay;
using test::Peer;

constexpr const char* kKey = "gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8";
constexpr const char* kNonces[] = {"oKGio6SlpqeoqaqrrK2urw", "AAECAwQFBgcICQoLDA0ODw"};

class Signing : public testing::TestWithParam<test::SigningWay> {
 protected:
  Signing() : relay_(GetParam().wire) { welcome(0, 0); }
  bool ed25519() const { return GetParam().algorithm == SigningAlgorithm::ed25519; }
  // What the relay's next welcome says, of so many counts taken.
  void welcome(int session, u64 count) {
    relay_.welcome_fields = R"(,"signing":{"algorithm":")";
    relay_.welcome_fields += ed25519() ? R"(ed25519","key":")" + key_text(pair_.key) +
                                             R"(","nonce":")" + kNonces[session]
                                       : std::string(R"(hmac-sha256","key":")") + kKey;
    relay_.welcome_fields += R"(","count":)" + std::to_string(count) + "}";
  }
  ClientConfig config() {
    ClientConfig out = config_on(relay_, GetParam().wire);
    out.signing = {GetParam().algorithm, pair_.seed};
    return out;
  }
  // Of what the client has said: the signed payloads; how many.
  std::vector<std::string> payloads() const {
    std::vector<std::string> out;
    for (const std::string& said : relay_.said) {
      const std::size_t end = said.find(R"(,"signature":")");
      if (end == said.npos) continue;
      std::string_view rest = std::string_view(said).substr(begin_of(said));
      out.emplace_back(take_json_value(rest));
    }
    return out;
  }
  static std::size_t begin_of(const std::string& said) {
    constexpr std::string_view kMember = R"("payload":)";
    const std::size_t member = said.find(kMember);
    return member == said.npos ? said.find('{') : member + kMember.size();
  }
  std::vector<u64> counts() const {
    std::vector<u64> out;
    for (const std::string& payload : payloads()) {
      SignedPayload read;
      EXPECT_TRUE(read_signed_payload(payload, read)) << payload;
      EXPECT_EQ(read.by.kind == SignatureKind::ed25519, ed25519()) << payload;
      out.push_back(read.by.count);
    }
    return out;
  }
  SigningPair pair_ = new_signing_pair();
  FakeRelay relay_;
};

INSTANTIATE_TEST_SUITE_P(All, Signing, test::signing_ways(), test::name_of);

TEST_P(Signing, TheHelloSaysHow) {
  Peer ana(config());
  ana.joined("lobby");
  const std::string& hello = relay_.said[0];
  EXPECT_NE(hello.find(ed25519() ? R"("signing":"ed25519","signing_key":")" + key_text(pair_.key)
                                 : R"("signing":"hmac-sha256")"),
            std::string::npos)
      << hello;
  EXPECT_EQ(hello.find("signing_key") != hello.npos, ed25519());
}

TEST_P(Signing, EverythingThatIsSaidIsSignedForItsPlace) {
  welcome(0, 4);
  Peer ana(config());
  Room& room = ana.joined("lobby");
  room.chat("hi");
  room.edit(1, "bye");
  room.react(1, "+");
  room.typing(true);
  room.send(R"( {"fire":1} )");
  ana.client.direct("@ben", R"({"text":"psst"})");
  ana.client.direct("c0200008000004", R"({"wave":1})", {}, true);
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 7; }));
  room.send(R"( {"fire":2} )", {}, Send::now);
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 8; }));
  auto seen = counts();
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<u64>{5, 6, 7, 8, 9, 10, 11, 12}));
  if (!ed25519()) return;
  const SignedContext places[] = {{.room = "lobby"},
                                  {.action = true, .room = "lobby"},
                                  {.to = "@ben"},
                                  {.action = true, .to = "c0200008000004"}};
  std::size_t valid = 0;
  for (const std::string& payload : payloads()) {
    const auto is_right = [&](const SignedContext& place) {
      const Signature found = verify_signed(payload, place);
      return found.valid() && found.key == pair_.key;
    };
    valid += std::ranges::count_if(places, is_right) == 1 ? 1 : 0;
  }
  EXPECT_EQ(valid, 8u);
}

TEST_P(Signing, WhatIsNoObjectIsRefused) {
  Peer ana(config());
  Room& room = ana.joined("lobby");
  EXPECT_FALSE(room.chat_payload("[1]", ana.note()));
  EXPECT_FALSE(room.send("7", ana.note()));
  EXPECT_FALSE(room.send("7", {}, Send::now));
  EXPECT_FALSE(ana.client.direct("@ben", "\"psst\"", ana.note()));
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 3; }));
  for (const Result& result : ana.results) {
    EXPECT_EQ(result.cause, Cause::invalid);
    EXPECT_EQ(result.error, Error::bad_value);
    EXPECT_EQ(result.field, "payload");
  }
  EXPECT_TRUE(payloads().empty());
}

TEST_P(Signing, ASizeIsMeasuredAsSigned) {
  ClientConfig small = config();
  small.payload_bytes_max = 400;
  Peer ana(std::move(small));
  Room& room = ana.joined("lobby");
  room.chat(std::string(250, 'a'), ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_EQ(ana.results[0].error, Error::payload_too_large);
  EXPECT_TRUE(room.chat(std::string(100, 'a')));
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 1; }));
}

TEST_P(Signing, AResumedSessionRepeatsTheSameBytesAndCountsOn) {
  Peer ana(config());
  Room& room = ana.joined("lobby");
  room.chat("one");
  room.chat("two");
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 2; }));
  relay_.resumes = true;
  welcome(0, 1);  // it has seen the first
  relay_.welcome_fields += R"(,"rooms":[{"room":"lobby","room_number":1,"epoch":"e"}])";
  relay_.cut();
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 4; }));
  room.chat("three");
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 5; }));
  const auto said = payloads();
  EXPECT_EQ(said[2], said[0]);
  EXPECT_EQ(said[3], said[1]);
  EXPECT_EQ(counts(), (std::vector<u64>{1, 2, 1, 2, 3}));
}

// The relay began again: even its client's id may be the old one.
TEST_P(Signing, AnotherSessionSignsAnew) {
  Peer ana(config());
  Room& room = ana.joined("lobby");
  room.chat("one");
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 1; }));
  welcome(1, 0);
  relay_.epoch = "another";  // so that nobody asks whether it had arrived
  relay_.cut();
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 2; }));
  room.chat("two");
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 3; }));
  EXPECT_EQ(counts(), (std::vector<u64>{1, 1, 2}));
  const auto said = payloads();
  EXPECT_EQ(said[0] == said[1], !ed25519());  // the test's HMAC key is the same
  if (!ed25519()) return;
  EXPECT_NE(said[1].find(kNonces[1]), std::string::npos) << said[1];
  EXPECT_TRUE(verify_signed(said[1], {.room = "lobby"}).valid());
}

TEST_P(Signing, WhatIsSentNowDoesNotOvertakeWhatIsRepeated) {
  Peer ana(config());
  Room& room = ana.joined("lobby");
  room.chat("one");
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 1; }));
  relay_.resumes = true;
  relay_.welcome_fields += R"(,"rooms":[{"room":"lobby","room_number":1,"epoch":"e"}])";
  room.on.joined = [&](const Joined&) { room.send(R"({"fire":1})", {}, Send::now); };
  relay_.cut();
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 3; }));
  EXPECT_EQ(counts(), (std::vector<u64>{1, 1, 2}));
}

// The relay knows the count, but not any more what came of it.
TEST(SigningRepeats, AreUnconfirmedIfTheRelayCallsThemReplayed) {
  FakeRelay relay(Wire::json);
  relay.welcome_fields =
      R"(,"signing":{"algorithm":"hmac-sha256","key":")" + std::string(kKey) + R"(","count":0})";
  ClientConfig config = config_on(relay, Wire::json);
  config.signing.algorithm = SigningAlgorithm::hmac_sha256;
  Peer ana(std::move(config));
  Room& room = ana.joined("lobby");
  // Waits until it was said so often, and answers the last time.
  const auto refuse = [&](std::string_view text, std::size_t times) {
    std::vector<std::string> ids;
    ASSERT_TRUE(ana.wait([&] {
      ids.clear();
      for (const std::string& said : relay.said) {
        if (said.find(text) != said.npos) ids.emplace_back(json_member(said, "id"));
      }
      return ids.size() == times;
    })) << text;
    relay.say_error(ids.back(), R"("code":"replayed")");
  };
  room.chat("first", ana.note());
  refuse("first", 1);
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_EQ(ana.results[0].cause, Cause::refused);
  const auto is_second = [](const auto& said) { return said.find("second") != said.npos; };
  room.chat("second", ana.note());
  ASSERT_TRUE(ana.wait([&] { return std::ranges::any_of(relay.said, is_second); }));
  relay.resumes = true;
  relay.welcome_fields += R"(,"rooms":[{"room":"lobby","room_number":1,"epoch":"e"}])";
  relay.cut();
  refuse("second", 2);
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 2; }));
  EXPECT_EQ(ana.results[1].cause, Cause::unconfirmed);
  EXPECT_EQ(ana.results[1].error, Error::replayed);
}

// Closed for good, and not a word of what waits has left.
void expect_no_word(Peer& ana, const FakeRelay& relay, std::string_view why) {
  Room& room = ana.join("lobby");
  room.chat("secret", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; })) << why;
  EXPECT_EQ(ana.client.failure().fault, LinkFault::no_signing) << why;
  EXPECT_NE(ana.client.failure().message.find(why), std::string::npos)
      << ana.client.failure().message;
  EXPECT_EQ(ana.results.at(0).cause, Cause::closed);
  for (const std::string& said : relay.said) EXPECT_EQ(said.find("secret"), said.npos) << said;
  EXPECT_EQ(std::ranges::count(ana.links, "open"), 0);
  EXPECT_EQ(relay.ops, std::vector<std::string>{"hello"});
}

TEST_P(Signing, ARelayThatDoesNotAnswerToItHearsNothing) {
  relay_.welcome_fields.clear();
  Peer ana(config());
  expect_no_word(ana, relay_, "does not answer");
}

TEST_P(Signing, AnAnswerOfAnotherKindIsNone) {
  const char* other = ed25519() ? R"(hmac-sha256","key":"gIGC")" : R"(ed25519","key":"gIGC")";
  relay_.welcome_fields = std::string(R"(,"signing":{"algorithm":")") + other + R"(,"count":0})";
  Peer ana(config());
  expect_no_word(ana, relay_, "another way");
}

TEST_P(Signing, WhoHasNoKeyCannotBeInASessionThatSigns) {
  Peer ana(config_on(relay_, GetParam().wire));
  expect_no_word(ana, relay_, "has no key");
}

TEST_P(Signing, ARelayThatForgetsItOnResumingHearsNothingMore) {
  Peer ana(config());
  Room& room = ana.joined("lobby");
  relay_.resumes = true;
  relay_.welcome_fields.clear();
  relay_.cut();
  room.chat("secret", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  EXPECT_EQ(ana.client.failure().fault, LinkFault::no_signing);
  EXPECT_EQ(ana.results.at(0).cause, Cause::closed);
  for (const std::string& said : relay_.said) EXPECT_EQ(said.find("secret"), said.npos) << said;
}

TEST_P(Signing, InAnEncryptedRoomTheSealedTextIsSigned) {
  Peer ana(config());
  const auto cipher = RoomCipher::make({.keys = {{"k1", RoomKey{1}}}, .current = "k1"});
  Room& room = ana.joined("lobby", {.encryption = cipher});
  room.chat("4711");
  room.send("[4711]");  // sealed it is an object
  room.send("[4711]", {}, Send::now);
  ASSERT_TRUE(ana.wait([&] { return payloads().size() == 3; }));
  for (const std::string& payload : payloads()) {
    EXPECT_TRUE(payload.starts_with(R"({"e2e":"1.k1.)")) << payload;
    EXPECT_EQ(payload.find("4711"), payload.npos) << payload;
  }
}

}  // namespace
}  // namespace perseid
