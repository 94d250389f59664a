#include "codec/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/codec/frame_support.h"

namespace perseid {
namespace {

using test::raw;

struct Utf8Case {
  const char* name;
  std::string text;
  // Bytes after which a stream must have said no; npos: it is valid, or only unfinished.
  std::size_t bad_after = std::string::npos;
  bool complete = true;
};

const Utf8Case kCases[] = {
    {"empty", ""},
    {"ascii", "hello"},
    {"two bytes", "\xc2\x80\xdf\xbf"},
    {"three bytes", "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"},
    {"four bytes", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
    {"greek, then emoji", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9f\x98\x80!"},
    {"NUL and BOM", raw({0, 0xef, 0xbb, 0xbf})},
    {"lone continuation", "a\x80", 2},
    {"overlong slash", "\xc0\xaf", 1},
    {"overlong c1", "\xc1\xbf", 1},
    {"overlong three", "\xe0\x80\xaf", 2},
    {"overlong four", "\xf0\x80\x80\xaf", 2},
    {"surrogate", "\xed\xa0\x80", 2},
    {"low surrogate", "x\xed\xbf\xbf", 3},
    {"past U+10FFFF", "\xf4\x90\x80\x80", 2},
    {"lead f5", "\xf5", 1},
    {"lead ff", "ok\xff", 3},
    {"broken off by ascii", "\xe2\x82z", 3},
    {"lead after lead", "\xe2\xe2", 2},
    {"third byte wrong", "\xf0\x9f\x98z", 4},
    {"unfinished two", "\xc3", std::string::npos, false},
    {"unfinished three", "ab\xe2\x82", std::string::npos, false},
    {"unfinished four", "\xf4\x8f\xbf", std::string::npos, false},
};

TEST(Utf8, table_whole) {
  for (const Utf8Case& row : kCases) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(is_utf8(as_bytes(row.text)), row.bad_after == std::string::npos && row.complete);
  }
}

// Each row after 0..70 bytes of ASCII (past the vector's width), in two pieces cut anywhere.
TEST(Utf8, table_split_at_every_byte_fails_at_once) {
  for (const Utf8Case& row : kCases) {
    for (const std::size_t lead : {0u, 1u, 63u, 70u}) {
      const std::string text = std::string(lead, 'a') + row.text;
      for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        SCOPED_TRACE(std::string(row.name) + ", cut at " + std::to_string(cut));
        Utf8Stream stream;
        const bool first = stream.feed(as_bytes(text).first(cut));
        const bool bad_in_first = row.bad_after != std::string::npos && cut >= lead + row.bad_after;
        ASSERT_EQ(first, !bad_in_first);
        if (!first) continue;
        ASSERT_EQ(stream.feed(as_bytes(text).subspan(cut)), row.bad_after == std::string::npos);
        if (row.bad_after == std::string::npos) {
          ASSERT_EQ(stream.finish(), row.complete);
        }
      }
    }
  }
}

TEST(Utf8, byte_by_byte_fails_at_the_first_bad_byte) {
  for (const Utf8Case& row : kCases) {
    SCOPED_TRACE(row.name);
    Utf8Stream stream;
    for (std::size_t i = 0; i < row.text.size(); ++i) {
      const bool want = row.bad_after == std::string::npos || i + 1 < row.bad_after;
      ASSERT_EQ(stream.feed(as_bytes(row.text).subspan(i, 1)), want) << "byte " << i;
      if (!want) break;
    }
  }
}

// Random bytes, biased towards lead and continuation bytes: the stream in random pieces agrees with
// the whole.
TEST(Utf8, property_stream_equals_whole) {
  const u32 seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string_view leads = "a\x80\xbf\xc3\xe0\xe2\xed\xef\xf0\xf4\x8f\x90\x9f\xa0";
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 12, 'a');
    for (char& c : text) c = leads[random() % leads.size()];
    if (random() % 2 == 0) text.insert(0, 70, 'b');
    Utf8Stream stream;
    bool good = true;
    for (std::size_t at = 0; at < text.size() && good;) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 5, text.size() - at);
      good = stream.feed(as_bytes(text).subspan(at, size));
      at += size;
    }
    ASSERT_EQ(good && stream.finish(), is_utf8(as_bytes(text))) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace perseid
