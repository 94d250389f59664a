#include "codec/client_id.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/codec/envelope_text.h"

namespace perseid {
namespace {

std::string id_text(u64 uid) {
  char text[kClientIdBytes];
  write_client_id(uid, text);
  return {text, kClientIdBytes};
}

std::string secret_text(u64 uid, const std::array<u8, 16>& secret) {
  char text[kSessionSecretBytes];
  write_session_secret(uid, secret, text);
  return {text, kSessionSecretBytes};
}

TEST(ClientId, KnownTexts) {
  EXPECT_EQ(id_text(0), "c0000000000000");
  EXPECT_EQ(id_text(31), "c000000000000z");
  EXPECT_EQ(id_text(32), "c0000000000010");
  EXPECT_EQ(id_text(~u64{0}), "cfzzzzzzzzzzzz");
}

TEST(ClientId, RoundTripsAndSortsAsItsNumber) {
  std::mt19937_64 random(property_seed("ClientId.RoundTrips"));
  for (int i = 0; i < 10000; ++i) {
    const u64 a = random() >> (random() % 64);
    const u64 b = random() >> (random() % 64);
    u64 back = 0;
    ASSERT_TRUE(read_client_id(id_text(a), back));
    EXPECT_EQ(back, a);
    EXPECT_EQ(a < b, id_text(a) < id_text(b));
  }
}

TEST(ClientId, RefusesEverythingElse) {
  u64 uid = 77;
  for (const char* bad : {"", "c", "c000000000000", "c00000000000000", "x0000000000000",
                          "C0000000000000", "c000000000000A", "c000000000000i", "c000000000000l",
                          "c000000000000o", "c000000000000u", "cg000000000000", "czzzzzzzzzzzzz",
                          "c00000000000 0", "c-000000000001", "c000000000000\xff"}) {
    EXPECT_FALSE(read_client_id(bad, uid)) << bad;
  }
  EXPECT_EQ(uid, 77u);
}

TEST(SessionSecret, RoundTrips) {
  std::mt19937_64 random(property_seed("SessionSecret.RoundTrips"));
  for (int i = 0; i < 10000; ++i) {
    const u64 uid = random();
    std::array<u8, 16> secret{};
    for (u8& byte : secret) byte = static_cast<u8>(random());
    u64 uid_back = 0;
    std::array<u8, 16> secret_back{};
    ASSERT_TRUE(read_session_secret(secret_text(uid, secret), uid_back, secret_back));
    EXPECT_EQ(uid_back, uid);
    EXPECT_EQ(secret_back, secret);
  }
}

TEST(SessionSecret, EveryOtherTextIsRefusedOrAnotherSecret) {
  std::array<u8, 16> secret{};
  secret.fill(0xa5);
  const std::string text = secret_text(5, secret);
  EXPECT_EQ(text.size(), kSessionSecretBytes);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '7' ? '6' : '7';
    u64 uid = 0;
    std::array<u8, 16> read{};
    if (read_session_secret(changed, uid, read)) {
      EXPECT_TRUE(uid != 5 || read != secret) << i;
    } else {
      EXPECT_EQ(i, 0u);  // only the leading letter has no other value here
    }
    changed[i] = '!';
    EXPECT_FALSE(read_session_secret(changed, uid, read)) << i;
    EXPECT_FALSE(read_session_secret(text.substr(0, i), uid, read)) << i;
  }
}

}  // namespace
}  // namespace perseid
