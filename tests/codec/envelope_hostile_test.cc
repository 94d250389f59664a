// What broke other servers' JSON: each item is a named test (type confusion, duplicate keys, depth,
// numbers, encodings, size).
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/envelope.h"
#include "tests/codec/envelope_text.h"
#include "tests/support/cpu_clock.h"

namespace perseid {
namespace {

std::string chat(const std::string& payload) {
  return R"({"type":"chat","room":"r","payload":)" + payload + "}";
}

std::string join(const std::string& room) {
  return R"({"type":"system","op":"join","room":")" + room + "\"}";
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(EnvelopeHostile, NotJson) {
  const std::string rows[] = {
      "",
      " ",
      "nul",
      "{",
      "}",
      "[",
      "]",
      "{]",
      "[}",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "[1,]",
      "[,1]",
      "[1 2]",
      "{\"a\":1 \"b\":2}",
      "{'a':1}",
      "{a:1}",
      "[\"a\":1]",
      "[01]",
      "[1.]",
      "[.5]",
      "[+1]",
      "[1e]",
      "[1e+]",
      "[-]",
      "[0x10]",
      "[1_000]",
      "[\"\\x41\"]",
      "[\"\\u12\"]",
      "[\"a\nb\"]",
      "[\"a]",
      "[\"a\\\"]",
      "[tru]",
      "[truee]",
      "[nullx]",
      "[True]",
      "// {}",
      "{}/**/",
      "[1\"a\"]",
      "[\"a\"1]",
      "{\"a\"::1}",
      "{,\"a\":1}",
      "[[1]",
      "[1]]",
      "\xff",
      "\"x",
      "undefined",
  };
  for (const std::string& row : rows) EXPECT_EQ(read_json(row), "frame: invalid_json") << row;
}

TEST(EnvelopeHostile, NotAnObject) {
  for (const char* row : {"5", "-0", "null", "true", "\"text\"", " 1 "}) {
    EXPECT_EQ(read_json(row), "frame: not_an_object") << row;
  }
}

TEST(EnvelopeHostile, EveryPrefixOfAMessageIsRefused) {
  const std::string whole = R"([{"type":"chat","room":"r\u00e9","payload":{"a":[1,-2.5e3,"x"]}}])";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_EQ(read_json(whole.substr(0, cut)), "frame: invalid_json") << cut;
  }
  EXPECT_EQ(read_json(whole).substr(0, 4), "chat");
}

TEST(EnvelopeHostile, ByteOrderMark) {
  EXPECT_EQ(read_json("\xef\xbb\xbf{\"type\":\"system\",\"op\":\"ping\"}"), "frame: invalid_json");
}

TEST(EnvelopeHostile, TrailingBytes) {
  const std::string ping = R"({"type":"system","op":"ping"})";
  for (const char* tail : {"x", "{}", ",", "]", "}", "\"", "1", "null", "[]"}) {
    EXPECT_EQ(read_json(ping + tail), "frame: invalid_json") << tail;
    EXPECT_EQ(read_json("[" + ping + "]" + tail), "frame: invalid_json") << tail;
  }
  EXPECT_EQ(read_json(ping + std::string("\0", 1)), "frame: invalid_json");
  EXPECT_EQ(read_json(" \t\r\n" + ping + " \r\n\t"), "system:ping");
}

TEST(EnvelopeHostile, DuplicateKeysAlsoWhenOneIsEscaped) {
  EXPECT_EQ(read_json(R"({"type":"system","t\u0079pe":"chat","op":"ping"})"),
            "duplicate_field(type)");
  EXPECT_EQ(read_json(R"({"type":"system","op":"join","room":"a","room":"b"})"),
            "duplicate_field(room)");
  EXPECT_EQ(read_json(R"({"id":1,"id":2,"type":"system","op":"ping"})"),
            "duplicate_field(id) id=1");
}

TEST(EnvelopeHostile, NestingUpToTheBound) {
  const auto nested = [](std::size_t levels) {
    return chat(repeat("[", levels - 1) + repeat("]", levels - 1));  // the message is a level too
  };
  EXPECT_EQ(read_json(nested(kPayloadDepthMax)).substr(0, 4), "chat");
  EXPECT_EQ(read_json(nested(kPayloadDepthMax + 1)), "frame: too_deep");
  EXPECT_EQ(read_json(nested(100000)), "frame: too_deep");
  EXPECT_EQ(read_json(chat(repeat("{\"a\":", 31) + "1" + repeat("}", 31))).substr(0, 4), "chat");
  EXPECT_EQ(read_json(chat(repeat("{\"a\":", 32) + "1" + repeat("}", 32))), "frame: too_deep");
  EXPECT_EQ(read_json(chat(repeat("{\"a\":", 100000) + "1" + repeat("}", 100000))),
            "frame: too_deep");
  EXPECT_EQ(read_json(R"({"unknown":)" + repeat("[", 32) + repeat("]", 32) + "}"),
            "frame: too_deep");
  EXPECT_EQ(read_json(repeat("[", 100000)), "frame: invalid_json");
}

TEST(EnvelopeHostile, NumbersThatNoDoubleHolds) {
  for (const char* bad : {"1e400", "-1e400", "1e309", "1.8e308", "1e99999999999999999999", "NaN",
                          "Infinity", "-Infinity", "1e+309", "0.1e310"}) {
    EXPECT_EQ(read_json(chat(bad)), "frame: invalid_json") << bad;
  }
  EXPECT_EQ(read_json(chat("1" + repeat("0", 309))), "frame: invalid_json");
  for (const char* good :
       {"-0", "-0.0", "9007199254740993", "1.7976931348623157e308", "-1.7976931348623157E+308",
        "1e-400", "1e-99999999999999999999", "0e99999999999999999999", "0.0001e311", "5e-324",
        "100000000000000000000", "18446744073709551616"}) {
    EXPECT_EQ(read_json(chat(good)), std::string("chat room=r payload=") + good);
  }
  EXPECT_EQ(read_json(chat("0." + repeat("0", 400) + "1e401")).substr(0, 4), "chat");
}

TEST(EnvelopeHostile, LoneSurrogates) {
  for (const char* bad : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")",
                          R"("\ud83d\ud83d")", R"({"\ud800":1})"}) {
    EXPECT_EQ(read_json(chat(bad)), "frame: invalid_json") << bad;
  }
  EXPECT_EQ(read_json(join("\\ud800")), "frame: invalid_json");
  EXPECT_EQ(read_json(R"({"type":"system","op":"ping","id":"\ud800"})"), "frame: invalid_json");
  EXPECT_EQ(read_json(join("\\ud83d\\ude00")), "system:join room=\xf0\x9f\x98\x80");
}

TEST(EnvelopeHostile, BytesThatAreNotUtf8) {
  for (const char* bad : {"\xff", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82"}) {
    EXPECT_EQ(read_json(join(bad)), "frame: invalid_json");
    EXPECT_EQ(read_json(chat('"' + std::string(bad) + '"')), "frame: invalid_json");
  }
}

TEST(EnvelopeHostile, ControlAndDirectionCharactersInNames) {
  for (const char* bad : {"a\\u0000b", "\\u0000", "a\\nb", "\\u001b[2J", "\\u007f", "\\u0085",
                          "\\u2028", "\\u202e", "\\u2066", "\xe2\x80\xae", "\xc2\x85"}) {
    EXPECT_EQ(read_json(join(bad)), "bad_value(room)") << bad;
    EXPECT_EQ(read_json(R"({"type":"system","op":"hello","name":")" + std::string(bad) + "\"}"),
              "bad_value(name)")
        << bad;
  }
  EXPECT_EQ(read_json(R"({"type":"system","op":"join","room":")" + std::string("a\0b", 3) + "\"}"),
            "frame: invalid_json");
}

TEST(EnvelopeHostile, NamesThatAreOnlyBytesToUs) {
  for (const char* name : {"__proto__", "constructor", "../etc/passwd", "%00", "*", ">", "$SYS",
                           "a b", "Ünïcode", "caf\xc3\xa9", "cafe\xcc\x81", "\xe2\x80\x8d"}) {
    EXPECT_EQ(read_json(join(name)), std::string("system:join room=") + name);
  }
  EXPECT_EQ(
      read_json(R"({"__proto__":{"type":"chat"},"constructor":1,"type":"system","op":"ping"})"),
      "system:ping");
  EXPECT_EQ(read_json(R"({"type":"__proto__"})"), "unknown_type(type)");
  EXPECT_EQ(read_json(R"({"type":"system","op":"constructor"})"), "unknown_op(op)");
}

// Every field with every JSON type, null, nested, absent: an answer of the list, and never a wrong
// type taken for a right one.
TEST(EnvelopeHostile, TypeConfusion) {
  struct Field {
    const char* name;
    const char* base;   // a message whose only lack is the field
    const char* right;  // types that are right: s n b o a 0 (null)
  };
  const Field fields[] = {
      {"type", R"({"op":"ping")", "s"},
      {"op", R"({"type":"system")", "s"},
      {"id", R"({"type":"system","op":"ping")", "sn0"},
      {"room", R"({"type":"system","op":"join")", "s"},
      {"payload", R"({"type":"chat","room":"r")", "snboa0"},
      {"payload", R"({"type":"game_state","room":"r")", "o"},
      {"to", R"({"type":"chat","payload":1)", "s"},
      {"name", R"({"type":"system","op":"hello")", "s"},
      {"token", R"({"type":"system","op":"hello")", "s"},
      {"session", R"({"type":"system","op":"hello")", "s"},
      {"meta", R"({"type":"system","op":"hello")", "o"},
      {"presence", R"({"type":"system","op":"join","room":"r")", "b"},
      {"history", R"({"type":"system","op":"join","room":"r")", "n"},
      {"since", R"({"type":"system","op":"join","room":"r")", "o"},
      {"before", R"({"type":"system","op":"history","room":"r")", "n"},
      {"limit", R"({"type":"system","op":"history","room":"r")", "n"},
  };
  const std::pair<char, const char*> values[] = {
      {'s', R"("x")"}, {'s', R"("")"},        {'n', "1"},   {'b', "true"},
      {'b', "false"},  {'o', R"({"a":{}})"},  {'o', "{}"},  {'a', "[]"},
      {'a', "[[1]]"},  {'a', R"([{"a":1}])"}, {'0', "null"}};
  for (const Field& field : fields) {
    for (const auto& [type, value] : values) {
      const std::string message =
          std::string(field.base) + ",\"" + field.name + "\":" + value + "}";
      const std::string answer = read_json(message);
      const std::string complaint = std::string("wrong_type(") + field.name + ")";
      const bool right = std::string_view(field.right).find(type) != std::string_view::npos;
      EXPECT_EQ(answer == complaint, !right) << message << " gave " << answer;
    }
  }
}

// Work must grow with the length, not with its square: sixteen times the input may cost a few times
// sixteen, never 256.
TEST(EnvelopeHostile, WorkIsLinear) {
  const auto cost = [](const std::string& text) {
    EnvelopeReader reader{EnvelopeLimits{}};
    return test::least_cpu_ns(5, [&] { read_all(reader, text); });
  };
  const std::string units[] = {"\"type\":1,",  "\"x\":[[[[[[]]]]]],", "\"a\":\"\\u0041\\n\",",
                               "\"a\":1e308,", "\"since\":{},",       "\"a\":\"\\\\\\\\\\\\\","};
  for (const std::string& unit : units) {
    const auto text = [&](std::size_t bytes) {
      return "{" + repeat(unit, bytes / unit.size()) + "\"z\":1}";
    };
    EXPECT_LT(cost(text(1 * MiB)), 80 * cost(text(64 * KiB))) << unit;
  }
  EXPECT_LT(cost(chat(repeat("9", 1 * MiB))), 80 * cost(chat(repeat("9", 64 * KiB))));
}

TEST(EnvelopeHostile, TenMegabytesOfString) {
  const std::string big = '"' + std::string(10 * MiB, 'x') + '"';
  EXPECT_EQ(read_json(chat(big)), "chat room=r payload=" + big);
  EXPECT_EQ(read_json(join(std::string(10 * MiB, 'x'))), "name_too_long(room)");
  EXPECT_EQ(read_json(R"({"type":")" + std::string(10 * MiB, 'x') + "\"}"), "unknown_type(type)");
}

}  // namespace
}  // namespace perseid
