// Input that costs work and says little: bombs that are refused, fragments without a payload.
#include <gtest/gtest.h>

#include "codec/deflate.h"
#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

constexpr std::string_view kDeflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

std::string chat_of(std::size_t payload_bytes) {
  return R"({"type":"chat","room":"lobby","id":7,"payload":")" + std::string(payload_bytes, 'a') +
         "\"}";
}

std::string fragmented(std::string_view text, std::size_t fragment_bytes) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += fragment_bytes) {
    const bool last = at + fragment_bytes >= text.size();
    out += client_frame(at == 0 ? Opcode::text : Opcode::continuation,
                        text.substr(at, fragment_bytes), last);
  }
  return out;
}

TEST(Waste, who_sends_bombs_against_the_byte_limit_is_closed_with_4029) {
  Options options = test_options();
  options.inflate_ratio_max = 0;  // which would end it sooner
  TestServer server(options);
  WsClient client = connected(server, {.path = "/ws", .extra_fields = std::string(kDeflate)});
  Deflater deflater(15, false);
  const std::string bomb = client_frame(
      Opcode::text, as_text(deflater.deflate(as_bytes(chat_of(1'000'000)))), true, true);
  ASSERT_LT(bomb.size(), 2000u);
  std::string all;
  for (int i = 0; i < 300; ++i) all += bomb;
  client.send_raw(all);
  EXPECT_EQ(client.read_close(), 4029);
}

TEST(Waste, empty_fragments_are_not_free) {
  Options options = test_options();
  options.session_messages_per_second = 50;
  TestServer server(options);
  WsClient client = connected(server, {.path = "/ws"});
  std::string all = client_frame(Opcode::text, "", false);
  const std::string nothing = client_frame(Opcode::continuation, "", false);
  for (int i = 0; i < 400'000; ++i) all += nothing;
  client.send_raw(all);
  EXPECT_EQ(client.read_close(), 4029);
}

TEST(Waste, a_long_message_in_small_fragments_passes) {
  TestServer server;
  WsClient client = connected(server, {.path = "/ws"});
  client.send_text(R"({"type":"system","op":"join","room":"lobby"})");
  ASSERT_NE(client.read_message()->find("joined"), std::string::npos);
  for (const auto& [message_bytes, fragment_bytes] : {std::pair{1'000'000, 64}, {4'000, 1}}) {
    const std::string chat = chat_of(static_cast<std::size_t>(message_bytes));
    client.send_raw(fragmented(chat, static_cast<std::size_t>(fragment_bytes)));
    std::string got;
    do got = client.read_message().value_or(R"("op":"none")");
    while (got.find(R"("op":")") == std::string::npos);  // the chat itself comes too
    EXPECT_NE(got.find(R"("op":"ack","id":7)"), std::string::npos) << got;
  }
}

}  // namespace
}  // namespace perseid::test
