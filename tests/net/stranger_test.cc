// HOSTILE.md, row 15: before it has signed in a client has a small budget, and the same bytes are a
// player's good right after.
#include <gtest/gtest.h>
#include "tests/net/strangers.h"
#include "tests/support/memory.h"
#include "tests/support/packed_frame.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

// A request of so many bytes that is answered by an error, and closes nothing.
std::string request_of(std::size_t bytes) {
  const std::string begin = R"({"type":"chat","room":"nowhere","id":7,"payload":")";
  return begin + std::string(bytes - begin.size() - 2, 'x') + "\"}";
}

std::string in_fragments(const std::string& message, std::size_t each) {
  std::string out;
  for (std::size_t at = 0; at < message.size(); at += each) {
    out += client_frame(at == 0 ? Opcode::text : Opcode::continuation, message.substr(at, each),
                        at + each >= message.size());
  }
  return out;
}

// What is too long for a stranger, in all the forms that it can come in.
std::vector<std::pair<const char*, std::string>> forms_of(std::size_t bytes) {
  const std::string message = request_of(bytes);
  return {{"one frame", client_frame(Opcode::text, message)},
          {"fragments", in_fragments(message, 1000)},
          {"deflated", packed_frame(message)},
          {"binary", client_frame(Opcode::binary, message)}};
}

TEST(Hostile, row_15_what_is_longer_than_a_strangers_budget_is_1009_and_fine_after_signing_in) {
  const Options options = asking_for_tokens();
  TestServer server(options);
  for (const auto& [form, bytes] : forms_of(options.unauthenticated_bytes_max + 1)) {
    SCOPED_TRACE(form);
    WsClient stranger = connected(server, kAtWs);
    stranger.send_raw(bytes);
    EXPECT_EQ(stranger.read_close(), 1009);
    if (std::string_view(form) == "binary") continue;  // another flavour's
    WsClient player = connected(server, kAtWs);
    ASSERT_TRUE(signs_in(player));
    player.send_raw(bytes);
    const std::string answer = player.read_message().value_or("closed");
    EXPECT_NE(answer.find(R"("op":"error","id":7)"), std::string::npos) << answer;
  }
  EXPECT_EQ(server->net_stats().unauthenticated_too_big, 4u);
  EXPECT_EQ(server->stats().unauthenticated_closed, 0u);
}

TEST(Hostile, row_15_a_stranger_may_use_all_of_its_budget) {
  const Options options = asking_for_tokens();
  TestServer server(options);
  for (const auto& [form, bytes] : forms_of(options.unauthenticated_bytes_max)) {
    SCOPED_TRACE(form);
    if (std::string_view(form) == "binary") continue;
    WsClient stranger = connected(server, kAtWs);
    stranger.send_raw(bytes);
    EXPECT_EQ(stranger.read_close(), 4001) << "it was read, and asks for something";
  }
}

// In one read: the limit is that of the moment, not of when the bytes came.
TEST(Hostile, row_15_what_comes_right_behind_the_hello_is_a_players) {
  TestServer server(asking_for_tokens());
  for (const auto& [form, bytes] : forms_of(60'000)) {
    SCOPED_TRACE(form);
    if (std::string_view(form) == "binary") continue;
    WsClient player = connected(server, kAtWs);
    player.send_raw(client_frame(Opcode::text, hello()) + bytes);
    EXPECT_NE(player.read_message().value_or("").find("welcome"), std::string::npos);
    EXPECT_NE(player.read_message().value_or("").find(R"("id":7)"), std::string::npos);
  }
}

TEST(Hostile, row_15_a_bomb_before_signing_in_is_never_inflated) {
  TestServer server(asking_for_tokens());
  // What a player might send.
  const std::string bomb = packed_frame(std::string(128 * KiB, ' '));
  ASSERT_LT(bomb.size(), 300u);
  WsClient witness = connected(server, kAtWs);
  ASSERT_TRUE(signs_in(witness));
  const auto round = [&] {
    std::vector<WsClient> bombers;
    for (int i = 0; i < 50; ++i) bombers.push_back(connected(server, kAtWs));
    for (WsClient& bomber : bombers) bomber.send_raw(bomb);
    for (WsClient& bomber : bombers) ASSERT_EQ(bomber.read_close(), 1009);
  };
  ASSERT_NO_FATAL_FAILURE(round());
  const u64 before = resident_bytes();
  ASSERT_NO_FATAL_FAILURE(round());
  if (!kSanitized) {
    EXPECT_LT(resident_bytes(), before + 4 * MiB);
  }
  witness.send_text(R"({"type":"system","op":"ping","id":1})");
  EXPECT_TRUE(witness.read_message().has_value());
}

// CVE-2026-48779 before signing in: what a fragment lacks is charged, and all of them are one
// message.
TEST(Hostile, row_03_and_15_fragments_of_one_byte_end_at_a_strangers_budget) {
  Options options = asking_for_tokens();
  options.unauthenticated_bytes_max = 2000;
  options.session_bytes_per_second = 100'000'000;  // the budget alone decides
  TestServer server(options);
  const std::string fragments = in_fragments(request_of(2001), 1);
  std::vector<WsClient> strangers;
  for (int i = 0; i < 20; ++i) strangers.push_back(connected(server, kAtWs));
  for (WsClient& stranger : strangers) stranger.send_raw(fragments);
  for (WsClient& stranger : strangers) EXPECT_EQ(stranger.read_close(), 1009);
  EXPECT_EQ(server->net_stats().unauthenticated_too_big, 20u);
  WsClient player = connected(server, kAtWs);
  ASSERT_TRUE(signs_in(player));
  player.send_raw(fragments);
  EXPECT_NE(player.read_message().value_or("").find(R"("id":7)"), std::string::npos);
}

// Nobody is a stranger where nobody is asked who he is.
TEST(Hostile, row_15_an_open_relay_has_one_limit) {
  TestServer server;
  WsClient client = connected(server, kAtWs);
  client.send_text(request_of(100'000));
  EXPECT_NE(client.read_message().value_or("").find(R"("id":7)"), std::string::npos);
}

// Its session may be at another shard: until it is there it is a stranger still, and what is read
// behind its hello is kept meanwhile.
TEST(Hostile, row_15_who_moves_to_its_session_brings_no_more_than_a_stranger) {
  Options options = asking_for_tokens(2);
  options.session_messages_per_second = 100'000'000;  // the budget alone decides
  options.session_bytes_per_second = ~0u;
  TestServer server(options);
  WsClient first = connected(server, kAtWs);
  first.send_text(hello());
  const std::string welcome = first.read_message().value_or("");
  const std::string key = R"("session":")";
  const std::size_t at = welcome.find(key) + key.size();
  const std::string secret = welcome.substr(at, welcome.find('"', at) - at);
  std::string behind;
  while (behind.size() < 64 * KiB) behind += client_frame(Opcode::ping, std::string(125, 'p'));
  u16 code = 0;
  for (int i = 0; i < 200 && code == 0; ++i) {
    WsClient next = connected(server, kAtWs);
    next.send_raw(client_frame(Opcode::text, hello(R"(,"session":")" + secret + '"')) + behind);
    next.send_raw(client_frame(Opcode::text, R"({"type":"system","op":"ping","id":9})"));
    for (std::string text; text.find(R"("id":9)") == std::string::npos;) {
      const auto frame = next.read_frame();
      if (!frame || frame->opcode == Opcode::close) {
        code = frame ? static_cast<u16>(u8(frame->payload[0]) << 8 | u8(frame->payload[1])) : 1;
        break;
      }
      text = frame->payload;
    }
    next.reset();
  }
  EXPECT_EQ(code, 4029);
}

}  // namespace
}  // namespace perseid::test
