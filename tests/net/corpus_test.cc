// HOSTILE.md, row 14 (CVE-2026-27889: a panic before anybody had signed in): what is hostile gets
// the same answer from a relay to which one is a stranger as from one that knows the player, and
// disturbs nobody.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/net/strangers.h"
#include "tests/support/packed_frame.h"

namespace perseid::test {
namespace {

// A frame masked with 0 whose header is as said.
std::string odd_frame(u8 first, std::string_view length, std::string_view payload) {
  return std::string(1, static_cast<char>(first)) + std::string(length) + std::string(4, '\0') +
         std::string(payload);
}

std::string length_of_64_bits(u64 bytes) {
  std::string out = "\xff";
  for (int i = 56; i >= 0; i -= 8) out += static_cast<char>(bytes >> i & 255);
  return out;
}

const std::string kZero(1, '\0');

const struct {
  const char* name;
  std::string bytes;
  u16 code;
} kFrames[] = {
    {"unmasked", "\x81\x02{}", 1002},
    {"RSV2", odd_frame(0xa1, "\x81", "x"), 1002},
    {"RSV3", odd_frame(0x91, "\x81", "x"), 1002},
    {"RSV1 of a ping", odd_frame(0xc9, "\x81", "x"), 1002},
    {"RSV1 of a continuation",
     client_frame(Opcode::text, "x", false) + odd_frame(0xc0, "\x81", "x"), 1002},
    {"opcode 3", odd_frame(0x83, "\x81", "x"), 1002},
    {"opcode 15", odd_frame(0x8f, "\x81", "x"), 1002},
    {"16 bits for what 7 hold", odd_frame(0x81, "\xfe" + kZero + "\x01", "x"), 1002},
    {"64 bits for what 16 hold", odd_frame(0x81, length_of_64_bits(200), "x"), 1002},
    {"2^31", odd_frame(0x81, length_of_64_bits(1ull << 31), "x"), 1009},
    {"2^32", odd_frame(0x81, length_of_64_bits(1ull << 32), "x"), 1009},
    {"2^63-1", odd_frame(0x81, length_of_64_bits((1ull << 63) - 1), "x"), 1009},
    {"2^63", odd_frame(0x81, length_of_64_bits(1ull << 63), "x"), 1002},
    {"2^64-1", odd_frame(0x81, length_of_64_bits(~0ull), "x"), 1002},
    {"a sum of fragments beyond 2^64",
     client_frame(Opcode::text, "x", false) + odd_frame(0, length_of_64_bits(~0ull >> 1), "x"),
     1009},
    {"a ping in fragments", client_frame(Opcode::ping, "x", false), 1002},
    {"a ping of 126 bytes", client_frame(Opcode::ping, std::string(126, 'x')), 1002},
    {"a continuation of nothing", client_frame(Opcode::continuation, "x"), 1002},
    {"a message within a message",
     client_frame(Opcode::text, "x", false) + client_frame(Opcode::text, "y"), 1002},
    {"bad UTF-8", client_frame(Opcode::text, "\xc0\xaf"), 1007},
    {"a surrogate in UTF-8", client_frame(Opcode::text, "\xed\xa0\x80"), 1007},
    {"bad UTF-8 in fragments",
     client_frame(Opcode::text, "\xe2", false) + client_frame(Opcode::continuation, "x"), 1007},
    {"no deflate", client_frame(Opcode::text, std::string(40, '\xff'), true, true), 1007},
    {"a bomb", packed_frame(std::string(16 * MiB, ' ')), 1009},
    {"binary where JSON was agreed", client_frame(Opcode::binary, "x"), 1003},
    {"a close of one byte", client_frame(Opcode::close, "x"), 1002},
    {"close code 0", client_frame(Opcode::close, close_payload(0)), 1002},
    {"close code 1005", client_frame(Opcode::close, close_payload(1005)), 1002},
    {"close code 65535", client_frame(Opcode::close, close_payload(65535)), 1002},
    {"a close with a bad reason", client_frame(Opcode::close, close_payload(1000, "\xff")), 1007},
};

// A stranger if `player` is false.
WsClient somebody(const TestServer& server, bool player) {
  WsClient client = connected(server, kAtWs);
  if (player) {
    EXPECT_TRUE(signs_in(client));
  }
  return client;
}

void expect_served(WsClient& witness) {
  witness.send_text(R"({"type":"system","op":"ping","id":1})");
  EXPECT_NE(witness.read_message().value_or("").find("pong"), std::string::npos);
}

TEST(Hostile, row_14_frames_get_their_code_before_and_after_signing_in) {
  TestServer server(asking_for_tokens());
  WsClient witness = somebody(server, true);
  for (const auto& [name, bytes, code] : kFrames) {
    for (const bool player : {false, true}) {
      SCOPED_TRACE(std::string(name) + (player ? ", of a player" : ", of a stranger"));
      WsClient client = somebody(server, player);
      client.send_raw(bytes);
      EXPECT_EQ(client.read_close(), code);
    }
    expect_served(witness);
  }
}

// The same with every byte in a write of its own.
TEST(Hostile, row_14_frames_cut_at_every_byte_get_the_same_code) {
  TestServer server(asking_for_tokens());
  for (const auto& [name, bytes, code] : kFrames) {
    if (bytes.size() > 300) continue;
    SCOPED_TRACE(name);
    WsClient client = somebody(server, false);
    for (const char byte : bytes) client.send_raw({&byte, 1});
    EXPECT_EQ(client.read_close(), code);
  }
}

std::vector<std::string> corpus() {
  std::vector<std::string> out;
  const std::filesystem::path folder(PERSEID_SOURCE_DIR "/tests/fuzz/corpus");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return out;
}

// All that the fuzzers have kept, as bytes, as a message and as a compressed one.
TEST(Hostile, row_14_what_the_fuzzers_found_disturbs_nobody_before_or_after_signing_in) {
  Options options = asking_for_tokens();
  options.session_messages_per_second = 100'000'000;
  TestServer server(options);
  WsClient witness = somebody(server, true);
  u64 sent = 0;
  for (const std::string& bytes : corpus()) {
    for (const std::string& form : {bytes, client_frame(Opcode::text, bytes),
                                    client_frame(Opcode::text, bytes, true, true)}) {
      for (const bool player : {false, true}) {
        WsClient client = somebody(server, player);
        client.send_raw(form);
        client.shut_down();
        (void)client.read_all();
        ++sent;
      }
    }
    expect_served(witness);
  }
  EXPECT_GT(sent, 500u);
  EXPECT_EQ(server->net_stats().upgrades, sent + 1);
}

}  // namespace
}  // namespace perseid::test
