// Lines of the log, and what users may try to write into it (HOSTILE: log injection).
#include "tools/relay/log_line.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace perseid {
namespace {

struct EscapeCase {
  const char* name;
  std::string_view in;
  std::string_view want;
};

const EscapeCase kEscapes[] = {
    {"plain", "ana", "ana"},
    {"letters beyond ASCII stay", "žluťoučký 🐎", "žluťoučký 🐎"},
    {"quote and backslash", "a\"b\\c", "a\\\"b\\\\c"},
    {"line break", "a\nb\r\n", "a\\u000ab\\u000d\\u000a"},
    {"terminal escape", "\x1b[31mred", "\\u001b[31mred"},
    {"NUL and DEL", std::string_view("\0\x7f", 2), "\\u0000\\u007f"},
    {"C1 control, which some terminals obey", "\xc2\x9b", "\\u009b"},
    {"line separators", "\u2028\u2029", "\\u2028\\u2029"},
    {"right-to-left override", "\u202egnp.exe", "\\u202egnp.exe"},
    {"zero width", "a\u200bb\u2060c\ufeff", "a\\u200bb\\u2060c\\ufeff"},
    {"not UTF-8", "a\xff\xfe", "a\\ufffd\\ufffd"},
    {"cut sequence", "a\xe2\x82", "a\\ufffd\\ufffd"},
    {"overlong slash", "\xc0\xaf", "\\ufffd\\ufffd"},
    {"surrogate", "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
    {"beyond Unicode", "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"wrong second byte keeps what follows", "\xe2n!", "\\ufffdn!"},
};

TEST(LogLine, EscapesWhatUsersWrite) {
  for (const EscapeCase& row : kEscapes) {
    std::string out;
    append_log_escaped(out, row.in);
    EXPECT_EQ(out, row.want) << row.name;
  }
}

TEST(LogLine, JsonIsValidWhateverTheFieldsHold) {
  simdjson::dom::parser parser;
  for (const EscapeCase& row : kEscapes) {
    LogLine line(LogFormat::json, "client_connected");
    line.add("room", row.in).add(row.in, u64{7});
    const std::string object = "{" + line.text() + "}";
    simdjson::dom::element parsed;
    EXPECT_EQ(parser.parse(object).get(parsed), simdjson::SUCCESS) << row.name << " " << object;
    EXPECT_EQ(object.find('\n'), std::string::npos) << row.name;
  }
}

TEST(LogLine, TextReadsAsNameAndFields) {
  LogLine line(LogFormat::text, "client_connected");
  line.add("shard", u64{1}).add("room", "lobby \"one\"");
  EXPECT_EQ(line.text(), "client_connected shard=1 room=\"lobby \\\"one\\\"\"");
}

TEST(LogLine, JsonReadsAsAnObjectsInside) {
  LogLine line(LogFormat::json, "client_connected");
  line.add("shard", u64{1}).add("room", "lobby");
  EXPECT_EQ(line.text(), R"("event":"client_connected","shard":1,"room":"lobby")");
}

}  // namespace
}  // namespace perseid
