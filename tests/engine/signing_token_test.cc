// Tokens that name a key (RFC 7800): their bearer signs with it, whatever it says.
#include <gtest/gtest.h>

#include "engine/grant_claims.h"
#include "tests/engine/signers.h"

namespace perseid::test {
namespace {

class SigningTokens : public testing::Test {
 protected:
  FakeAuthenticator tokens_;
  FakeWorld world_{1, {}, nullptr, nullptr, nullptr, &tokens_};
  Signer ana_ = Signer::ed25519(1);
  Signer eve_ = Signer::ed25519(2);

  void issue(std::string_view token, const Signer* signer) {
    Grant grant = grant_for("ana");
    if (signer != nullptr) grant.signing_key = signer->by.key;
    tokens_.grants[std::string(token)] = grant;
  }
  std::string code(Peer& peer, std::string_view request) {
    return field(reply(world_, peer, request), "code");
  }
};

TEST_F(SigningTokens, who_has_stolen_one_can_say_nothing) {
  issue("bound", &ana_);
  for (const std::string& how :
       {std::string(), std::string(R"("signing":"hmac-sha256")"),
        R"("signing":"ed25519","signing_key":")" + base64url(ana_.by.key) + '"'}) {
    Peer& peer = world_.connect();
    const std::string welcome = reply(world_, peer, hello_with("bound", how));
    Signer owner = ana_;
    heed(owner, welcome);
    world_.join(peer, "r");
    EXPECT_EQ(code(peer, chat("r", R"({"text":"hi"})", "1")), "signature_required") << how;
    EXPECT_EQ(code(peer, chat("r", eve_.chat("r", "{}"), "2")), "bad_signature") << how;
    EXPECT_EQ(code(peer, chat("r", owner.chat("r", "{}"), "3")), "") << how;
  }
}

TEST_F(SigningTokens, of_the_request_bind_before_any_hello) {
  issue("bound", &ana_);
  Peer& peer = world_.connect(0, kJson, std::make_shared<const Grant>(tokens_.grants["bound"]));
  world_.join(peer, "r");
  EXPECT_EQ(code(peer, chat("r", "{}", "1")), "signature_required");
}

TEST_F(SigningTokens, another_key_than_the_tokens_is_forbidden) {
  issue("bound", &ana_);
  Peer& peer = world_.connect();
  const std::string answer = reply(world_, peer, hello_with("bound", eve_.hello()));
  EXPECT_EQ(field(answer, "code"), "forbidden");
  EXPECT_EQ(field(answer, "field"), "signing_key");
  EXPECT_EQ(peer.closed, CloseCode::unauthenticated);
}

TEST_F(SigningTokens, a_session_keeps_its_key_over_refreshing_and_resuming) {
  issue("bound", &ana_);
  issue("same", &ana_);
  issue("other", &eve_);
  issue("free", nullptr);
  Peer& peer = world_.connect();
  const std::string welcome = reply(world_, peer, hello_with("bound"));
  for (const char* token : {"other", "free"}) {
    EXPECT_EQ(code(peer, system("refresh", R"("id":1,"token":)" + in_quotes(token))), "forbidden");
    world_.run_for(200, 50);
  }
  EXPECT_EQ(code(peer, system("refresh", R"("id":1,"token":"same")")), "");
  world_.disconnect(peer);
  world_.turn();
  const std::string session = R"("session":")" + field(welcome, "session") + '"';
  for (const char* token : {"other", "free", "same"}) {
    Peer& back = world_.connect();
    const std::string got = reply(world_, back, hello_with(token, session));
    EXPECT_EQ(field(got, "resumed"), std::string_view(token) == "same" ? "true" : "false");
  }
}

TEST(SigningClaims, cnf_is_read_strictly) {
  const std::string x = base64url(Signer::ed25519(1).by.key);
  const auto problem = [](const std::string& cnf) {
    std::string json = R"({"sub":"ana","exp":9999999999,"cnf":)" + cnf + "}";
    json.reserve(json.size() + kParsePaddingBytes);
    Claims claims;
    const std::string_view out = read_claims(json, claims);
    EXPECT_EQ(out.empty(), claims.signing_key.has_value() && out.empty());
    return std::string(out);
  };
  EXPECT_EQ(problem(R"({"jwk":{"kty":"OKP","crv":"Ed25519","x":")" + x + R"("}})"), "");
  EXPECT_EQ(problem(R"({"jwk":{"x":")" + x + R"(","kid":"k","kty":"OKP","crv":"Ed25519"}})"), "");
  for (const std::string& cnf :
       {std::string("1"), std::string("{}"), std::string(R"({"jkt":"abc"})"),
        std::string(R"({"jwk":{}})"), R"({"jwk":{"kty":"EC","crv":"Ed25519","x":")" + x + R"("}})",
        R"({"jwk":{"kty":"OKP","crv":"X25519","x":")" + x + R"("}})",
        R"({"jwk":{"kty":"OKP","crv":"Ed25519","x":")" + x + R"(A"}})",
        R"({"jwk":{"kty":"OKP","crv":"Ed25519","x":")" + x + R"(","x":")" + x + R"("}})",
        std::string(R"({"jwk":{"kty":"OKP","crv":"Ed25519","x":5}})")}) {
    EXPECT_EQ(problem(cnf), "Its cnf is no Ed25519 key (jwk).") << cnf;
  }
}

}  // namespace
}  // namespace perseid::test
