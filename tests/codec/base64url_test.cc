// base64url, strictly: against RFC 4648 section 10, and one text for one run of bytes.
#include "codec/base64url.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace perseid {
namespace {

struct Row {
  std::string_view bytes;
  std::string_view text;
};
constexpr Row kRows[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"}};

TEST(Base64Url, examples_both_ways) {
  for (const Row& row : kRows) {
    std::string text;
    append_base64url(text, as_bytes(row.bytes));
    EXPECT_EQ(text, row.text);
    EXPECT_EQ(text.size(), base64url_chars(row.bytes.size()));
    EXPECT_EQ(base64url_bytes(text.size()), row.bytes.size());
    std::string bytes(row.bytes.size(), '\0');
    EXPECT_TRUE(read_base64url(text, {reinterpret_cast<u8*>(bytes.data()), bytes.size()}));
    EXPECT_EQ(bytes, row.bytes);
  }
}

// Of all texts of two characters that stand for one byte, 256 do.
TEST(Base64Url, no_two_texts_of_the_same_bytes) {
  std::array<u32, 256> texts{};
  for (u32 a = 0; a < 256; ++a) {
    for (u32 b = 0; b < 256; ++b) {
      const char text[] = {static_cast<char>(a), static_cast<char>(b)};
      u8 byte = 0;
      if (read_base64url({text, 2}, {&byte, 1})) ++texts[byte];
    }
  }
  for (u32 byte = 0; byte < 256; ++byte) EXPECT_EQ(texts[byte], 1u) << byte;
}

TEST(Base64Url, what_is_none) {
  std::array<u8, 3> out;
  for (const std::string_view text :
       {"", "Zm9", "Zm9vY", "Zm9=", "Zm9+", "Zm9/", "Zm 9", "Zm9\n", "====", "Zm9\xff"}) {
    EXPECT_FALSE(read_base64url(text, out)) << text;
  }
}

}  // namespace
}  // namespace perseid
