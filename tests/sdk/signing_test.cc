// Signed payloads, each piece alone: the vectors that relay and SDKs share, what a signature is of,
// keys, and what a session gives to sign with.
#include <gtest/gtest.h>
#include <perseid/signing.h>

#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/sealed_payload.h"
#include "sdk/cpp/src/signer.h"

namespace perseid {
namespace {

std::string vectors() {
  std::stringstream text;
  text << std::ifstream(std::string(PERSEID_SOURCE_DIR) + "/tests/vectors/signature_v1.json")
              .rdbuf();
  return text.str();
}

std::string text_at(std::string_view object, std::string_view key) {
  return json_text(json_member(object, key));
}

SigningSeed counted_seed() {
  SigningSeed out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<u8>(i);
  return out;
}

SigningConfig config_of(std::string_view algorithm) {
  if (algorithm == "ed25519") return {SigningAlgorithm::ed25519, counted_seed()};
  return {.algorithm = SigningAlgorithm::hmac_sha256};
}

// `signing` of a welcome, with the vectors' keys.
std::string welcomed(std::string_view file, std::string_view algorithm, u64 count) {
  const std::string_view of = json_member(file, algorithm);
  std::string out = R"({"algorithm":")" + std::string(algorithm) + R"(","key":")";
  out += text_at(of, "key");
  if (algorithm == "ed25519") out += R"(","nonce":")" + text_at(of, "nonce");
  return out + R"(","count":)" + std::to_string(count) + "}";
}

struct Row {
  explicit Row(std::string_view object)
      : name(text_at(object, "name")),
        algorithm(text_at(object, "algorithm")),
        place(text_at(object, "place")),
        body(text_at(object, "body")),
        payload(text_at(object, "payload")),
        count(json_u64(json_member(object, "count"))),
        action(text_at(object, "type") == "player_action") {}
  SignedContext context() const {
    SignedContext out{.action = action};
    const bool is_private = place.starts_with("to ");
    (is_private ? out.to : out.room) = std::string_view(place).substr(is_private ? 3 : 5);
    return out;
  }
  std::string name, algorithm, place, body, payload;
  u64 count;
  bool action;
};

std::vector<Row> rows(std::string_view file, std::string_view list) {
  std::vector<Row> out;
  for (JsonWalk walk(json_member(file, list)); walk.next();) out.emplace_back(walk.value());
  return out;
}

TEST(SignatureVectors, AreSignedToTheByteAndVerified) {
  const std::string file = vectors();
  const auto all = rows(file, "signed");
  ASSERT_GE(all.size(), 14u);
  for (const Row& row : all) {
    const bool hmac = row.algorithm == "hmac-sha256";
    const auto signer = Signer::make(config_of(row.algorithm));
    ASSERT_EQ(signer->begin(welcomed(file, row.algorithm, row.count - 1), false), "");
    EXPECT_EQ(signer->sign(row.body, row.context()), row.payload) << row.name;
    EXPECT_LE(row.payload.size(), row.body.size() + kSignatureBytesMax) << row.name;
    EXPECT_EQ(without_signature(row.payload), row.body) << row.name;
    const Signature got = verify_signed(row.payload, row.context());
    EXPECT_EQ(got.state, hmac ? SignatureState::none : SignatureState::valid) << row.name;
    if (hmac) continue;
    EXPECT_EQ(key_text(got.key), text_at(json_member(file, "ed25519"), "key"));
    EXPECT_EQ(got.nonce[0], 0xa0);
    EXPECT_EQ(got.count, row.count);
  }
}

TEST(SignatureVectors, WhatHasNotTheFormIsNotSigned) {
  const auto all = rows(vectors(), "not_signed");
  ASSERT_GE(all.size(), 19u);
  for (const Row& row : all) {
    const Signature got = verify_signed(row.payload, {.room = "lobby"});
    EXPECT_EQ(got.state, SignatureState::none) << row.name;
    EXPECT_EQ(without_signature(row.payload), "") << row.name;
  }
}

TEST(Signatures, EveryLetterAndThePlaceCount) {
  const Row row = rows(vectors(), "signed")[0];
  for (std::size_t i = 0; i < row.payload.size(); ++i) {
    std::string bent = row.payload;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_signed(bent, row.context()).valid()) << bent;
  }
  const SignedContext others[] = {{.action = true, .room = "lobby"},
                                  {.room = "lobby2"},
                                  {.room = "Lobby"},
                                  {.to = "lobby"},
                                  {.room = "lobby\n"}};
  for (const SignedContext& context : others) {
    EXPECT_EQ(verify_signed(row.payload, context).state, SignatureState::invalid) << context.room;
  }
  EXPECT_TRUE(verify_signed(row.payload, row.context()).valid());
}

// Whose key a payload says and whose signature it bears are the same.
TEST(Signatures, AnothersKeyIsNotBelieved) {
  const std::string file = vectors();
  const Row row = rows(file, "signed")[0];
  const std::string key = text_at(json_member(file, "ed25519"), "key");
  std::string other = row.payload;
  other.replace(other.find(key), key.size(), key_text(new_signing_pair().key));
  EXPECT_EQ(verify_signed(other, row.context()).state, SignatureState::invalid);
}

TEST(SigningKeys, AreMadeAndNamedAsTokensHaveThem) {
  EXPECT_EQ(key_text(verify_key_of(counted_seed())),
            text_at(json_member(vectors(), "ed25519"), "key"));
  const SigningPair pair = new_signing_pair();
  EXPECT_EQ(pair.key, verify_key_of(pair.seed));
  EXPECT_NE(pair.seed, new_signing_pair().seed);
}

u64 count_in(const std::string& payload) {
  SignedPayload read;
  return read_signed_payload(payload, read) ? read.by.count : 0;
}

TEST(Signers, CountUpwardsFromTheWelcomeAndNeverTwice) {
  const std::string file = vectors();
  for (const char* algorithm : {"ed25519", "hmac-sha256"}) {
    const auto signer = Signer::make(config_of(algorithm));
    const auto next = [&] { return count_in(signer->sign("{}", {.room = "r"})); };
    const auto begin = [&](u64 count, bool resumed) {
      EXPECT_EQ(signer->begin(welcomed(file, algorithm, count), resumed), "");
    };
    begin(0, false);
    EXPECT_EQ(next(), 1u);
    EXPECT_EQ(next(), 2u);
    begin(1, true);  // the second is on its way yet
    EXPECT_EQ(next(), 3u);
    begin(70, true);
    EXPECT_EQ(next(), 71u);
    begin(0, false);  // another session
    EXPECT_EQ(next(), 1u);
    begin(kSignatureCountMax, false);
    EXPECT_EQ(signer->sign("{}", {.room = "r"}), "");
  }
}

TEST(Signers, SignObjectsOnly) {
  const auto signer = Signer::make(config_of("hmac-sha256"));
  for (const char* payload : {"[1]", "7", "\"{}\"", "null", "", "{", " {}"}) {
    EXPECT_EQ(signer->sign(payload, {.room = "r"}), "") << payload;
  }
  EXPECT_EQ(without_signature(signer->sign("{ }", {.room = "r"})), "{}");
}

TEST(Signers, TakeNoWelcomeThatIsNotOfTheirKindAndKey) {
  const std::string file = vectors();
  const std::string ed25519 = welcomed(file, "ed25519", 0);
  const std::string hmac = welcomed(file, "hmac-sha256", 0);
  const std::string key = text_at(json_member(file, "ed25519"), "key");
  const auto without = [](std::string text, std::string_view gone) {
    return text.erase(text.find(gone), gone.size());
  };
  std::string others = ed25519;
  others.replace(others.find(key), key.size(), key_text(new_signing_pair().key));
  struct Case {
    const char* algorithm;
    std::string signing;
    const char* problem;  // a part of it
  };
  const Case cases[] = {{"ed25519", ed25519, ""},
                        {"hmac-sha256", hmac, ""},
                        {"ed25519", hmac, "another way"},
                        {"hmac-sha256", ed25519, "another way"},
                        {"ed25519", "{}", "another way"},
                        {"ed25519", "7", "another way"},
                        {"ed25519", others, "another key"},
                        {"ed25519", without(ed25519, key), "malformed"},
                        {"ed25519", without(ed25519, "oKGi"), "malformed"},
                        {"hmac-sha256", without(hmac, "gIGC"), "malformed"}};
  for (const Case& row : cases) {
    const auto signer = Signer::make(config_of(row.algorithm));
    const std::string problem(signer->begin(row.signing, false));
    EXPECT_EQ(problem.empty(), *row.problem == '\0') << row.signing << problem;
    EXPECT_NE(problem.find(row.problem), std::string::npos) << row.signing << problem;
  }
}

// Sealed first and signed then: who has the room's key reads it as if it were not signed.
TEST(SignedPayloads, AreOpenedLikeUnsignedOnes) {
  const std::string file = vectors();
  const SealContext sealed_for{"secret", false, "c1"};
  for (const char* algorithm : {"ed25519", "hmac-sha256"}) {
    for (const char* plain : {R"({"text":"hi"})", R"([1])", R"({"edit":{"seq":7,"text":"x"}})",
                              R"({"react":{"seq":7,"emoji":"+"}})"}) {
      const auto make = [] {
        return RoomCipher::make({.keys = {{"k1", RoomKey{1}}}, .current = "k1"});
      };
      const auto signer = Signer::make(config_of(algorithm));
      ASSERT_EQ(signer->begin(welcomed(file, algorithm, 0), false), "");
      const std::string sealed = sealed_payload(*make(), sealed_for, plain);
      const std::string wire = signer->sign(sealed, {.room = "secret"});
      Message message;
      message.room = "secret";
      message.sender = "c1";
      message.payload = wire;
      std::string out;
      EXPECT_EQ(opened_payload(*make(), message, true, out), SealFault::none) << wire;
      EXPECT_EQ(sealed == plain ? plain : out, plain) << wire;
    }
  }
}

}  // namespace
}  // namespace perseid
