// What others have signed, as a client gets it: from a relay that the test plays, and that lies.
#include <perseid/secure.h>

#include "sdk/cpp/src/sealed_payload.h"
#include "sdk/cpp/src/signer.h"
#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"
#include "tests/sdk/tokens.h"

namespace perseid {
namespace {

using test::config_on;
using test::FakeRelay;
using test::Peer;

constexpr const char* kAna = "c0200008000004";
constexpr const char* kSelf = "c0200008000003";  // the fake relay's clients are all this one

// Ana, who signs; what she says reaches the client under test by the fake relay's mouth.
struct Ana {
  std::string sign(std::string_view payload, const SignedContext& context) const {
    return signer->sign(payload, context);
  }
  static std::unique_ptr<Signer> begun(const SigningPair& pair) {
    auto out = Signer::make({SigningAlgorithm::ed25519, pair.seed});
    EXPECT_EQ(out->begin(R"({"algorithm":"ed25519","key":")" + key_text(pair.key) +
                             R"(","nonce":"oKGio6SlpqeoqaqrrK2urw","count":0})",
                         false),
              "");
    return out;
  }
  SigningPair pair = new_signing_pair();
  std::unique_ptr<Signer> signer = begun(pair);
};

// Ben, who checks what he hears.
struct Ben : Peer {
  explicit Ben(ClientConfig config) : Peer(std::move(config)) {
    client.on.direct = [this](const Message& message) { note_signature(message); };
  }
  Room& listen(JoinOptions options = {}) {
    Room& room = joined("lobby", std::move(options));
    room.on.chat = room.on.action = [this](const Message& message) { note_signature(message); };
    return room;
  }
  void note_signature(const Message& message) {
    signatures.push_back(client.verify(message));
    heard.emplace_back(message.payload);
  }
  Signature next() {
    EXPECT_TRUE(wait([&] { return signatures.size() > taken; }));
    return taken < signatures.size() ? signatures[taken++] : Signature();
  }
  std::vector<Signature> signatures;
  std::size_t taken = 0;
};

class Received : public testing::Test {
 protected:
  void say(std::string_view type, const std::string& place, const std::string& payload,
           const std::string& marks = {}) {
    relay_.say(R"({"type":")" + std::string(type) + "\"," + place + R"(,"sender":")" + kAna +
               R"(","timestamp":1)" + marks + R"(,"payload":)" + payload + "}");
  }
  std::string in_lobby() { return R"("room":"lobby","seq":)" + std::to_string(++seq_); }
  static std::string to_self() { return R"("to":")" + std::string(kSelf) + "\""; }
  ClientConfig config() { return config_on(relay_, Wire::json); }
  FakeRelay relay_{Wire::json};
  Ana ana_;
  u64 seq_ = 0;
};

TEST_F(Received, ASignatureIsValidForTheRoomLaneAndTextAlone) {
  Ben ben(config());
  ben.listen();
  const std::string hi = ana_.sign(R"({"text":"hi"})", {.room = "lobby"});
  say("chat", in_lobby(), hi);
  const Signature got = ben.next();
  EXPECT_TRUE(got.valid());
  EXPECT_EQ(got.key, ana_.pair.key);
  EXPECT_EQ(got.count, 1u);
  EXPECT_EQ(ben.heard[0], hi);  // as it was signed
  say("player_action", in_lobby(), hi);
  EXPECT_EQ(ben.next().state, SignatureState::invalid);
  say("chat", in_lobby(), ana_.sign(R"({"text":"hi"})", {.room = "arena"}));
  EXPECT_EQ(ben.next().state, SignatureState::invalid);
  std::string bent = hi;
  bent[bent.find("hi")] = 'H';
  say("chat", in_lobby(), bent);
  EXPECT_EQ(ben.next().state, SignatureState::invalid);
  say("chat", in_lobby(), R"({"text":"hi"})");
  EXPECT_EQ(ben.next().state, SignatureState::none);
  say("chat", in_lobby(),
      R"({"text":"hi","signed":{"count":1},"signature":")" + std::string(43, 'A') + "\"}");
  EXPECT_EQ(ben.next().state, SignatureState::none);  // HMAC: the relay's business
}

TEST_F(Received, WhatWasEditedOrDeletedSaysSo) {
  Ben ben(config());
  ben.listen();
  const std::string hi = ana_.sign(R"({"text":"hi"})", {.room = "lobby"});
  say("chat", in_lobby(), hi, R"(,"edited":true)");
  EXPECT_EQ(ben.next().state, SignatureState::changed);
  say("chat", in_lobby(), "null", R"(,"deleted":true)");
  EXPECT_EQ(ben.next().state, SignatureState::changed);
  say("chat", in_lobby(), hi, R"(,"reactions":[{"emoji":"+","count":1}])");
  EXPECT_TRUE(ben.next().valid());
}

TEST_F(Received, APrivateMessageWasSignedForTheIdOrTheName) {
  ClientConfig named = config();
  named.name = "ben";
  Ben ben(std::move(named));
  ASSERT_TRUE(ben.wait([&] { return ben.client.state() == LinkState::open; }));
  const auto signed_to = [&](std::string_view to) {
    say("chat", to_self(), ana_.sign(R"({"text":"psst"})", {.to = to}));
    return ben.next().state;
  };
  EXPECT_EQ(signed_to(kSelf), SignatureState::valid);
  EXPECT_EQ(signed_to("@ben"), SignatureState::valid);
  EXPECT_EQ(signed_to("@zoe"), SignatureState::invalid);
  EXPECT_EQ(signed_to(kAna), SignatureState::invalid);
  EXPECT_EQ(signed_to("ben"), SignatureState::invalid);
}

// The name is the token's then, whatever the configuration says.
TEST_F(Received, APrivateMessageToTheNameInATokenIsKnown) {
  ClientConfig named = config();
  named.name = "somebody";
  named.token = test::signed_token(60'000, "ben");
  Ben ben(std::move(named));
  ASSERT_TRUE(ben.wait([&] { return ben.client.state() == LinkState::open; }));
  say("chat", to_self(), ana_.sign(R"({"text":"psst"})", {.to = "@ben"}));
  EXPECT_TRUE(ben.next().valid());
  say("chat", to_self(), ana_.sign(R"({"text":"psst"})", {.to = "@somebody"}));
  EXPECT_EQ(ben.next().state, SignatureState::invalid);
}

TEST_F(Received, InAnEncryptedRoomWhatCameIsVerifiedAndWhatWasMeantIsRead) {
  const auto cipher = [] {
    return RoomCipher::make({.keys = {{"k1", RoomKey{1}}}, .current = "k1"});
  };
  Ben ben(config());
  ben.listen({.encryption = cipher()});
  const auto hers = cipher();
  const auto sealed = [&](std::string_view plain) {
    return sealed_payload(*hers, {"lobby", false, kAna}, plain);
  };
  say("chat", in_lobby(), ana_.sign(sealed(R"({"text":"hi"})"), {.room = "lobby"}));
  EXPECT_TRUE(ben.next().valid());
  EXPECT_EQ(ben.heard[0], R"({"text":"hi"})");
  say("chat", in_lobby(), ana_.sign(sealed(R"({"text":"hi"})"), {.room = "arena"}));
  EXPECT_EQ(ben.next().state, SignatureState::invalid);
  say("chat", in_lobby(), sealed(R"({"text":"hi"})"));
  EXPECT_EQ(ben.next().state, SignatureState::none);
}

}  // namespace
}  // namespace perseid
