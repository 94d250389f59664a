// A shared dictionary makes short payloads shorter, is named by what it holds, and reads nothing
// that it did not write.
#include "codec/dictionary.h"

#include <gtest/gtest.h>

namespace perseid {
namespace {

constexpr std::string_view kSample =
    R"({"set":{"player1":{"x":12.5,"y":3.25,"does":"run","team":"red"}}})";

TEST(Dictionary, WhatLooksLikeItCompresses) {
  const auto dictionary = Dictionary::make(std::string(kSample) + std::string(kSample));
  ASSERT_NE(dictionary, nullptr);
  DictionaryCoder coder(dictionary);
  const std::string plain = R"({"set":{"player7":{"x":13.5,"y":3.5,"does":"run","team":"blue"}}})";
  const Bytes packed = coder.compress(as_bytes(plain));
  ASSERT_FALSE(packed.empty());
  EXPECT_LT(packed.size(), plain.size() * 2 / 3);
  std::string out;
  const std::string frame(as_text(packed));
  ASSERT_TRUE(DictionaryCoder(dictionary).decompress(as_bytes(frame), 1000, out));
  EXPECT_EQ(out, plain);
  EXPECT_FALSE(coder.decompress(as_bytes(frame), plain.size() - 1, out)) << "beyond the limit";
  for (std::size_t cut = 0; cut < frame.size(); ++cut) {
    EXPECT_FALSE(coder.decompress(as_bytes(frame.substr(0, cut)), 1000, out)) << cut;
  }
}

TEST(Dictionary, NothingIsWonNothingIsSent) {
  DictionaryCoder coder(Dictionary::make("abc"));
  EXPECT_TRUE(coder.compress(as_bytes("x")).empty());
}

TEST(Dictionary, ItsNameIsItsContent) {
  // printf abc | sha256sum
  EXPECT_EQ(Dictionary::make("abc")->hash(), "ba7816bf8f01cfea");
  EXPECT_EQ(Dictionary::make(""), nullptr);
}

}  // namespace
}  // namespace perseid
