#include "codec/close_payload.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/utf8.h"

namespace perseid {
namespace {

TEST(ClosePayload, written_ones_read_back) {
  std::array<u8, kControlPayloadBytesMax> out{};
  const u32 bytes = write_close_payload(out, 4013, "Maximum connections reached");
  const Bytes payload{out.data(), bytes};
  EXPECT_EQ(check_close_payload(payload), Error::ok);
  EXPECT_EQ(close_code(payload), 4013);
  EXPECT_EQ(as_text(payload.subspan(2)), "Maximum connections reached");
  EXPECT_EQ(close_code({}), kCloseCodeAbsent);
}

// Row 4 of the hostile list concerns what we write: every byte of it comes from the reason.
TEST(Hostile, row_04_long_reasons_are_cut_at_a_character) {
  for (std::size_t lead = 0; lead < 8; ++lead) {
    std::string reason(lead, 'a');
    while (reason.size() < 300) reason += "\xf0\x9f\x98\x80";
    std::array<u8, kControlPayloadBytesMax> out{};
    const u32 bytes = write_close_payload(out, 1000, reason);
    EXPECT_GE(bytes, 120u);
    EXPECT_LE(bytes, kControlPayloadBytesMax);
    const Bytes text = Bytes(out).subspan(2, bytes - 2);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(as_text(text), reason.substr(0, text.size()));
  }
}

TEST(ClosePayload, empty_reason) {
  std::array<u8, kControlPayloadBytesMax> out{};
  EXPECT_EQ(write_close_payload(out, 1001, {}), 2u);
}

}  // namespace
}  // namespace perseid
