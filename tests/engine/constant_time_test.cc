// HOSTILE row 20: how long a secret is looked at tells nothing of how much of it was right. These
// are refused in any case; tests/engine/constant_time counts the instructions of each pair under
// callgrind, which are the same to the last one.
#include <gtest/gtest.h>

#include "tests/engine/resumes.h"
#include "tests/engine/signers.h"

namespace perseid::test {
namespace {

constexpr u32 kTries = 20;

char other(char c) {
  return c == 'b' ? 'c' : 'b';
}

void guess_secrets(std::size_t place) {
  FakeWorld world;
  Named ana = named(world);
  ASSERT_GT(ana.secret.size(), place);
  // Behind the client's number, which is no secret; the last digit has bits that must be 0.
  ana.secret[place] = other(ana.secret[place]);
  for (u32 i = 0; i < kTries; ++i) EXPECT_TRUE(resume(world, ana).has(R"("resumed":false)"));
}

TEST(Hostile, row_20_a_secret_wrong_at_its_beginning) {
  guess_secrets(14);
}
TEST(Hostile, row_20_a_secret_wrong_near_its_end) {
  guess_secrets(38);
}

void forge(std::size_t from_end) {
  FakeWorld world;
  SigningPeer ana = signing_peer(world, nullptr);
  world.join(*ana.peer, "r");
  std::string payload = ana.signer.chat("r", R"({"text":"hi"})");
  char& digit = payload[payload.size() - from_end];
  digit = other(digit);
  for (u32 i = 0; i < kTries; ++i) {
    EXPECT_EQ(field(reply(world, *ana.peer, chat("r", payload, "1")), "code"), "bad_signature");
  }
}

TEST(Hostile, row_20_a_signature_wrong_at_its_beginning) {
  forge(2 + 43);
}
TEST(Hostile, row_20_a_signature_wrong_near_its_end) {
  forge(2 + 2);
}

}  // namespace
}  // namespace perseid::test
