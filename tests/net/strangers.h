// A relay that asks for tokens, who has shown none, and who signs in.
#pragma once

#include <ctime>
#include <string>

#include "net/tokens/token_signer.h"
#include "tests/net/server_support.h"

namespace perseid::test {

constexpr std::string_view kTokenSecret = "a secret of thirty-two bytes, or";
const ClientConfig kAtWs{.path = "/ws",
                         .extra_fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n"};

inline Options asking_for_tokens(u32 shards = 1) {
  Options options = test_options();
  options.token_secret = kTokenSecret;
  options.shards = shards;
  return options;
}

// The key set of --token-secret.
inline std::string key_set() {
  return R"({"keys":[{"kty":"oct","alg":"HS256","k":"YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcywgb3I"}]})";
}

inline std::string token() {
  std::string problem;
  const std::string claims =
      R"({"sub":"ana","exp":)" + std::to_string(std::time(nullptr) + 600) + "}";
  return sign_token(claims, key_set(), "", problem).value_or(problem);
}

inline std::string hello(const std::string& more = "") {
  return R"({"type":"system","op":"hello","id":1,"token":")" + token() + '"' + more + "}";
}

inline bool signs_in(WsClient& client) {
  client.send_text(hello());
  return client.read_message().value_or("").find("welcome") != std::string::npos;
}

}  // namespace perseid::test
