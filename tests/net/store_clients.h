// Clients of a server with durable rooms, for tests: a request in one line, an answer by what it
// contains.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/net/store_support.h"

namespace perseid::test {

inline std::string text_of(std::string_view json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":";
  std::size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  at += key.size();
  if (json[at] == '"') return std::string(json.substr(at + 1, json.find('"', at + 1) - at - 1));
  return std::string(json.substr(at, json.find_first_of(",}]", at) - at));
}

inline Options store_options(const Folder& folder) {
  Options options = test_options();
  options.shards = 2;
  options.data_dir = folder.path() + "/data";
  return options;
}

inline ServerConfig store_config() {
  ServerConfig config;
  config.room_rules = durable_rules();
  return config;
}

// The next message that contains `part`.
inline std::string read_until(WsClient& client, std::string_view part) {
  for (;;) {
    const auto message = client.read_message();
    if (!message) return {};
    if (message->find(part) != std::string::npos) return *message;
  }
}

inline WsClient joined_client(u16 port, std::string_view room, std::string* joined = nullptr) {
  WsClient client;
  EXPECT_TRUE(client.connect(port));
  client.send_text(R"({"type":"system","op":"join","room":")" + std::string(room) + "\"}");
  const std::string answer = read_until(client, "\"op\":\"joined\"");
  EXPECT_NE(answer, "");
  if (joined != nullptr) *joined = answer;
  return client;
}

inline std::string say(std::string_view room, u32 id, std::string_view payload) {
  return R"({"type":"chat","room":")" + std::string(room) + R"(","id":)" + std::to_string(id) +
         R"(,"payload":")" + std::string(payload) + "\"}";
}

}  // namespace perseid::test
