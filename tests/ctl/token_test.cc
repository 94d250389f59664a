// perseidctl keys and token: what they make a relay takes.
#include "tools/ctl/token.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "net/tokens/token_verifier.h"
#include "tests/net/store_support.h"

namespace perseid::ctl {
namespace {

constexpr u64 kNowS = 1'700'000'000;

class Token : public testing::Test {
 protected:
  test::Folder folder_;
  std::ostringstream out_;
  std::ostringstream problems_;

  std::string base() const { return folder_.path() + "/k"; }
  int keys(const char* algorithm) {
    return make_keys({.algorithm = algorithm, .key_id = {}, .path = base()}, out_, problems_);
  }
  Verdict check(const std::string& keys_path) {
    Options options;
    options.token_keys = keys_path;
    Keyring keyring(options);
    EXPECT_EQ(keyring.reload(), "");
    std::string token = out_.str();
    token.pop_back();  // the line's end
    return TokenVerifier(keyring, options).verify(token, kNowS * 1000);
  }
};

TEST_F(Token, WhatTheyMakeARelayTakes) {
  for (const char* algorithm : {"EdDSA", "HS256"}) {
    const bool is_shared = std::string_view(algorithm) == "HS256";
    ASSERT_EQ(keys(algorithm), 0) << problems_.str();
    EXPECT_NE(out_.str().find("--token-keys " + base() + ".json"), std::string::npos);
    const std::string secret = base() + (is_shared ? ".json" : ".secret.json");
    struct stat status {};
    ASSERT_EQ(::stat(secret.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    out_.str("");
    ASSERT_EQ(make_token({.keys_path = secret,
                          .key_id = {},
                          .user = "ana \"the\" great",
                          .name = "Ana",
                          .issuer = {},
                          .audience = {},
                          .signing_key = std::string(43, 'A'),
                          .rooms = {"game-*=join,chat", "a=b=join"},
                          .permissions = {"direct"}},
                         kNowS, out_, problems_),
              0)
        << problems_.str();
    const Verdict verdict = check(base() + ".json");
    ASSERT_EQ(verdict.error, Error::ok) << verdict.why;
    EXPECT_EQ(verdict.grant->user, "ana \"the\" great");
    EXPECT_EQ(verdict.grant->name, "Ana");
    EXPECT_EQ(verdict.grant->signing_key, SigningKey{});
    EXPECT_EQ(verdict.grant->in("game-1"), kMayJoin | kMayChat | kMaySendDirect);
    EXPECT_EQ(verdict.grant->in("a=b"), kMayJoin | kMaySendDirect);
    EXPECT_EQ(verdict.grant->in("other"), kMaySendDirect);
    std::filesystem::remove(base() + ".json");
    out_.str("");
  }
}

TEST_F(Token, AKeyThatIsThereIsNotWrittenOver) {
  ASSERT_EQ(keys("EdDSA"), 0);
  EXPECT_EQ(keys("EdDSA"), 1);
  EXPECT_NE(problems_.str().find("File exists"), std::string::npos) << problems_.str();
}

TEST_F(Token, SaysWhatIsWrong) {
  const auto problem_of = [&](const TokenWish& wish) {
    problems_.str("");
    EXPECT_EQ(make_token(wish, kNowS, out_, problems_), 1);
    return problems_.str();
  };
  const auto wish = [&](const std::string& path) {
    TokenWish out;
    out.keys_path = path;
    out.user = "ana";
    return out;
  };
  ASSERT_EQ(keys("ES256"), 0);
  const std::string secret = base() + ".secret.json";
  EXPECT_NE(problem_of(wish(base() + ".absent")).find("cannot read it"), std::string::npos);
  EXPECT_NE(problem_of(wish(base() + ".json")).find("can only check"), std::string::npos);
  TokenWish flies = wish(secret);
  flies.permissions = {"fly"};
  EXPECT_NE(problem_of(flies).find("fly: not a permission; there are: join"), std::string::npos);
  TokenWish room = wish(secret);
  room.rooms = {"lobby"};
  EXPECT_NE(problem_of(room).find("write PATTERN=join,chat"), std::string::npos);
  TokenWish key = wish(secret);
  key.signing_key = std::string(44, 'A');
  EXPECT_NE(problem_of(key).find("not 32 bytes in base64url"), std::string::npos);
  EXPECT_EQ(keys("RS1"), 1);
}

}  // namespace
}  // namespace perseid::ctl
