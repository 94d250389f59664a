// Signing in at a real relay: tokens in the request and in the hello, and a session that goes on
// at another shard with the token that came with its connection.
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>

#include "net/tokens/token_signer.h"
#include "tests/net/heard_events.h"
#include "tests/net/store_support.h"

namespace perseid::test {
namespace {

class NetSignIn : public testing::Test {
 protected:
  Folder folder_;
  KeyPair keys_ = make_key_pair("EdDSA", "k").value();

  std::string path() const { return folder_.path() + "/keys.json"; }
  Options options(u32 shards = 1) {
    std::ofstream(path()) << keys_.public_json;
    Options out = test_options();
    out.shards = shards;
    out.token_keys = path();
    return out;
  }
  std::string token(std::string_view user = "ana", int valid_s = 60) const {
    std::string problem;
    const std::string claims = R"({"sub":")" + std::string(user) + R"(","exp":)" +
                               std::to_string(std::time(nullptr) + valid_s) + "}";
    return sign_token(claims, keys_.secret_json, "", problem).value_or(problem);
  }
  static std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
  }
  // The answer's status, and what it says.
  static std::string answer(const TestServer& server, const ClientConfig& config) {
    WsClient client;
    (void)client.connect(server.port(), config);
    return client.head();
  }
};

TEST_F(NetSignIn, ATokenInTheRequestOrInTheHello) {
  TestServer server(options());
  for (const ClientConfig& config :
       {ClientConfig{.path = "/ws", .extra_fields = bearer(token())},
        ClientConfig{.path = "/ws", .extra_fields = "authorization: bearer " + token() + "\r\n"},
        ClientConfig{.path = "/ws?a=b&token=" + token()}, ClientConfig{.path = "/ws"}}) {
    WsClient client = connected(server, config);
    const bool in_request = config.path != "/ws" || !config.extra_fields.empty();
    const std::string shown = in_request ? "" : R"(,"token":")" + token() + '"';
    client.send_text(R"({"type":"system","op":"hello","id":1)" + shown + "}");
    const std::string welcome = client.read_message().value_or("");
    EXPECT_NE(welcome.find(R"("op":"welcome")"), std::string::npos) << welcome;
    EXPECT_NE(welcome.find(R"("token_ends_in_ms":)"), std::string::npos) << welcome;
  }
}

TEST_F(NetSignIn, ABadTokenInTheRequestIsA401WithTheReason) {
  TestServer server(options());
  const std::string good = token();
  for (const auto& [config, reason] :
       {std::pair{ClientConfig{.path = "/ws?token=nonsense"}, "no signed token"},
        {ClientConfig{.path = "/ws?token=" + token("ana", -60)}, "It has expired (exp)."},
        {ClientConfig{.path = "/ws", .extra_fields = bearer(good + "A")}, "signature"},
        {ClientConfig{.path = "/ws?token=" + good, .extra_fields = bearer(good)}, "One token"},
        {ClientConfig{.path = "/ws?token=" + good + "&token=" + good}, "One token"},
        {ClientConfig{.path = "/ws", .extra_fields = "Authorization: Basic YTpi\r\n"}, "One token"},
        {ClientConfig{.path = "/ws", .extra_fields = bearer(good) + bearer(good)}, "no signed"}}) {
    WsClient client;
    ASSERT_TRUE(client.connect_tcp(server.port()));
    client.send_raw(WsClient::upgrade_request(config));
    const std::string all = client.read_all();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 401 ")) << all;
    EXPECT_NE(all.find("\r\nWWW-Authenticate: Bearer\r\n"), std::string::npos) << all;
    EXPECT_NE(all.find(reason), std::string::npos) << all;
  }
  EXPECT_EQ(server->net_stats().request_tokens_refused, 7u);
}

TEST_F(NetSignIn, ABadTokenIsToldWithItsAddressAndNothingOfIt) {
  HeardEvents heard;
  TestServer server(options(), {.pages = {}, .listener = &heard});
  const std::string bad = token() + "A";
  (void)answer(server, {.path = "/ws?token=" + bad});
  (void)answer(server, {.path = "/ws", .extra_fields = "Authorization: Basic YTpi\r\n"});
  WsClient client = connected(server, {.path = "/ws"});
  client.send_text(R"({"type":"system","op":"hello","id":1,"token":")" + bad + "\"}");
  EXPECT_EQ(client.read_close(), 4001);
  WsClient stranger = connected(server, {.path = "/ws"});
  stranger.send_text(R"({"type":"system","op":"join","id":1,"room":"a"})");
  EXPECT_EQ(stranger.read_close(), 4001);
  ASSERT_EQ(heard.all().size(), 4u);
  const std::string_view from = probe_ring().fixed_fd_install ? "127.0.0.1" : "unknown";
  EXPECT_TRUE(heard.has(Error::bad_token, from, "signature"));
  EXPECT_TRUE(heard.has(Error::bad_token, from, "One token"));
  EXPECT_TRUE(heard.has(Error::unauthenticated, from));
  for (const HeardEvents::One& one : heard.all()) {
    EXPECT_EQ(one.detail.find(bad.substr(0, 10)), std::string::npos) << one.detail;
    EXPECT_EQ(one.detail.find("YTpi"), std::string::npos) << one.detail;
  }
}

TEST_F(NetSignIn, WhoSaysNothingIsClosedWith4001) {
  Options wish = options();
  wish.handshake_timeout_ms = 100;
  TestServer server(wish);
  WsClient client = connected(server, {.path = "/ws"});
  EXPECT_EQ(client.read_close(), 4001);
}

TEST_F(NetSignIn, ARelayWithoutItsKeysDoesNotStart) {
  Options wish = options();
  wish.token_keys = folder_.path() + "/absent";
  Server server(wish);
  const StartResult result = server.start();
  EXPECT_FALSE(result.ok);
  EXPECT_NE(result.error.find("--token-keys"), std::string::npos) << result.error;
}

TEST_F(NetSignIn, NewKeysAreTakenWithoutAnybodyNoticing) {
  TestServer server(options());
  WsClient ana = connected(server, {.path = "/ws", .extra_fields = bearer(token())});
  const std::string old = token();
  keys_ = make_key_pair("ES256", "k2").value();
  std::ofstream(path()) << keys_.public_json;
  EXPECT_EQ(server->reload_tokens(), "");
  EXPECT_TRUE(answer(server, {.path = "/ws?token=" + old}).starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(answer(server, {.path = "/ws?token=" + token()}).starts_with("HTTP/1.1 101"));
  ana.send_text(R"({"type":"system","op":"hello","id":1})");
  EXPECT_NE(ana.read_message().value_or("").find("welcome"), std::string::npos);
}

// The kernel spreads connections, so some come to the wrong shard and are passed on.
TEST_F(NetSignIn, ASessionGoesOnAtItsShardWithTheTokenOfTheRequest) {
  TestServer server(options(2));
  const auto value_of = [](const std::string& welcome, std::string_view key) {
    const std::size_t begin = welcome.find(key) + key.size();
    return welcome.substr(begin, welcome.find_first_of("\",}", begin) - begin);
  };
  WsClient client = connected(server, {.path = "/ws?token=" + token()});
  client.send_text(R"({"type":"system","op":"hello","id":1})");
  const std::string secret = value_of(client.read_message().value_or(""), R"("session":")");
  for (int i = 1; i < 200 && server->net_stats().connections_adopted < 3; ++i) {
    client.reset();
    client = connected(server, {.path = "/ws?token=" + token("ana", 1000 * i)});
    client.send_text(R"({"type":"system","op":"hello","id":2,"session":")" + secret + "\"}");
    const std::string welcome = client.read_message().value_or("");
    ASSERT_NE(welcome.find(R"("resumed":true)"), std::string::npos) << welcome;
    // It is the new token that it goes on with, and not the one before.
    ASSERT_GT(std::stol(value_of(welcome, R"("token_ends_in_ms":)")), 1'000'000 * i - 500'000);
  }
  EXPECT_GE(server->net_stats().connections_adopted, 3u);
  client.send_text(R"({"type":"system","op":"join","id":3,"room":"r"})");
  EXPECT_NE(client.read_message().value_or("").find("joined"), std::string::npos);
}

}  // namespace
}  // namespace perseid::test
