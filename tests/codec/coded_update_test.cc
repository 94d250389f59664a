// Coded updates: what is written is read; whatever else is refused, wherever it is cut.
#include "codec/coded_update.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/json_text.h"
#include "tests/codec/envelope_text.h"
#include "tests/codec/state_stream.h"
#include "tests/support/count_malloc.h"

namespace perseid {
namespace {

// What it is told, as one line of text.
struct Told final : CodedUpdateSink {
  explicit Told(const Schema& of) : schema(of) {}
  Error set(std::string_view entity, u32 field, const u32* parts, std::string_view text) override {
    const SchemaField& of = schema.fields()[field];
    line += std::string(entity) + "." + of.name + "=";
    append_value_json(of, parts, text, line);
    line += ' ';
    return Error::ok;
  }
  Error remove_field(std::string_view entity, u32 field) override {
    line += "-" + std::string(entity) + "." + schema.fields()[field].name + " ";
    return Error::ok;
  }
  Error add(std::string_view entity) override {
    line += "+" + std::string(entity) + " ";
    return Error::ok;
  }
  Error unset(std::string_view entity) override {
    line += "-" + std::string(entity) + " ";
    return Error::ok;
  }
  const Schema& schema;
  std::string line;
};

std::string read(const Schema& schema, std::string_view bytes) {
  static CodedUpdateReader reader;
  PaddedText update(bytes);
  Told told(schema);
  std::string_view field;
  const Error error = reader.read(schema, update.bytes(), told, field);
  if (error != Error::ok) return std::string(info(error).code) + "(" + std::string(field) + ")";
  return told.line;
}

struct Row {
  std::string_view name;
  std::string bytes;
  std::string_view read;
};

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

// Fields: 0 n (int, clamped), 1 r (int, refused), 2 up, 3 act, 4 pose, 5 team, 6 bag.
const auto kSchema = test::schema_of(
    R"({"n":{"type":"int","min":-5,"max":195},)"
    R"("r":{"type":"int","min":0,"max":9,"out_of_range":"refuse"},"up":"bool",)"
    R"("act":{"type":"enum","values":["idle","run","jump"]},"pose":{"type":"quat","bits":4},)"
    R"("team":{"type":"string","max_bytes":4},"bag":{"type":"json","max_bytes":8}})");

std::string one(int mask, const std::string& values) {
  return bytes({1, 1, 'a', mask, 0}) + values + bytes({0});
}

TEST(CodedUpdate, GoodOnesWhichNoCutLeavesGood) {
  const Row rows[] = {
      {"nothing", bytes({0, 0}), ""},
      {"an entity without fields", bytes({1, 1, 'a', 0, 0, 0}), "+a "},
      {"unset", bytes({0, 2, 1, 'a', 2, 'b', 'c'}), "-a -bc "},
      {"a number", one(1, bytes({7})), "a.n=2 "},
      {"two bytes of a number", one(1, bytes({0xc8, 1})), "a.n=195 "},
      {"beyond its end, clamped", one(1, bytes({0xc9, 1})), "a.n=195 "},
      {"far beyond it", one(1, bytes({255, 255, 255, 255, 255, 255, 255, 255, 255, 1})),
       "a.n=195 "},
      {"symbols", one(2 | 4 | 8, bytes({9, 1, 2})), "a.r=9 a.up=true a.act=\"jump\" "},
      {"a quaternion", one(16, bytes({3, 7, 8, 8})), "a.pose=[-0.047,0.047,0.047,0.997] "},
      {"clamped, and then the lead is another's", one(16, bytes({3, 77, 8, 8})), {}},
      {"texts", one(32 | 64, bytes({2, 'h', '"', 3, '[', '1', ']'})), R"(a.team="h\"" a.bag=[1] )"},
      {"an empty text", one(32, bytes({0})), R"(a.team="" )"},
      {"json as long as may be, and space", one(64, bytes({11}) + " \t\"234567\" "),
       R"(a.bag="234567" )"},
      {"null", one(64, bytes({5}) + " null"), "-a.bag "},
      {"fields removed", bytes({1, 1, 'a', 1, 0x22, 5, 0}), "a.n=0 -a.r -a.team "},
      {"the same entity twice", bytes({2, 1, 'a', 1, 0, 5, 1, 'a', 1, 0, 6, 1, 1, 'a'}),
       "a.n=0 a.n=1 -a "},
      {"a key beyond ASCII", bytes({1, 2, 0xc3, 0xa9, 0, 0, 0}), "+\xc3\xa9 "},
      {"a key of 256 bytes", bytes({0, 1, 0x80, 2}) + std::string(256, 'k'), {}}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string got = read(*kSchema, row.bytes);
    EXPECT_EQ(got.find("(payload"), std::string::npos) << got;
    if (row.read.data() != nullptr) {
      EXPECT_EQ(got, row.read);
    }
    for (std::size_t cut = 0; cut < row.bytes.size(); ++cut) {
      const std::string said = read(*kSchema, row.bytes.substr(0, cut));
      EXPECT_TRUE(said.starts_with("invalid_binary(payload")) << cut << ": " << said;
    }
    EXPECT_EQ(read(*kSchema, row.bytes + '\0'), "invalid_binary(payload)");
  }
}

TEST(CodedUpdate, HostileOnesAreRefused) {
  const Row rows[] = {
      {"2^63 entities", bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}),
       "invalid_binary(payload.set)"},
      {"a longer varint than needed", bytes({0x80, 0, 0}), "invalid_binary(payload.set)"},
      {"a key longer than all", bytes({1, 0x7f, 'a', 0, 0, 0}), "invalid_binary(payload.set)"},
      {"an empty key", bytes({1, 0, 0, 0, 0}), "bad_value(payload.set)"},
      {"an empty key unset", bytes({0, 1, 0}), "bad_value(payload.unset)"},
      {"a key of 257 bytes", bytes({0, 1, 0x81, 2}) + std::string(257, 'k'),
       "bad_value(payload.unset)"},
      {"a key that is not UTF-8", bytes({1, 2, 0xc3, 'a', 0, 0, 0}), "bad_value(payload.set)"},
      {"a field that is not", bytes({1, 1, 'a', 0x80, 1, 0, 0, 0}), "bad_value(payload.set)"},
      {"the removal of one that is not", bytes({1, 1, 'a', 0, 0x80, 1, 0}),
       "bad_value(payload.set)"},
      {"set and removed", bytes({1, 1, 'a', 1, 1, 0, 0}), "bad_value(payload.set)"},
      {"out of a range that refuses", one(2, bytes({10})), "bad_value(payload.set)"},
      {"a third bool", one(4, bytes({2})), "bad_value(payload.set)"},
      {"a fourth of three values", one(8, bytes({3})), "bad_value(payload.set)"},
      {"a fifth component", one(16, bytes({4, 0, 0, 0})), "bad_value(payload.set)"},
      {"a text that is not UTF-8", one(32, bytes({1, 0xff})), "bad_value(payload.set)"},
      {"a text too long", one(32, bytes({5}) + "12345"), "bad_value(payload.set)"},
      {"a json too long", one(64, bytes({9}) + "\"2345678\""), "bad_value(payload.set)"},
      {"no json at all", one(64, bytes({0})), "invalid_json(payload.set)"},
      {"half of one", one(64, bytes({1}) + "["), "invalid_json(payload.set)"},
      {"two of them", one(64, bytes({3}) + "1 2"), "invalid_json(payload.set)"},
      {"json that is not UTF-8", one(64, bytes({3, '"', 0xff, '"'})), "invalid_json(payload.set)"}};
  for (const Row& row : rows) EXPECT_EQ(read(*kSchema, row.bytes), row.read) << row.name;
}

// Whatever the parts, the quaternion is one that quantise() could have given.
TEST(CodedUpdate, QuaternionsAreThoseThatJsonWouldGive) {
  const SchemaField& field = kSchema->fields()[4];
  for (u32 at = 0; at < 4 * 16 * 16 * 16; ++at) {
    const auto parts = {at >> 12, at >> 8 & 15, at >> 4 & 15, at & 15};
    std::string values;
    for (const u32 part : parts) values += static_cast<char>(part);
    const std::string line = read(*kSchema, one(16, values));
    ASSERT_TRUE(line.starts_with("a.pose=")) << line;
    const std::string json = line.substr(7, line.size() - 8);
    u32 quantised[4] = {};
    std::string text;
    ASSERT_EQ(quantise(field, json, quantised, text), Error::ok);
    std::string again;
    append_value_json(field, quantised, {}, again);
    EXPECT_EQ(again, json) << at;
    if (std::ranges::equal(quantised, parts)) continue;
    values.clear();
    for (const u32 part : quantised) values += static_cast<char>(part);
    EXPECT_EQ(read(*kSchema, one(16, values)), line);  // settled for good
  }
}

TEST(CodedUpdate, WrittenAndReadAreTheSame) {
  const u64 seed = property_seed("CodedUpdate.WrittenAndReadAreTheSame");
  const auto schema = kSchema;
  std::mt19937_64 dice(seed);
  for (u32 round = 0; round < 300; ++round) {
    std::vector<std::string> keys;
    std::vector<StateRow> rows;
    for (u32 i = 0; i < dice() % 8; ++i) {
      keys.push_back("e" + std::to_string(dice() % 1000));
      rows.push_back({.present = 0,
                      .parts = std::vector<u32>(schema->parts().size()),
                      .texts = {"t\xc3\xa9", "[" + std::to_string(dice() % 999) + "]"}});
      for (u32 k = 0; k < rows[i].parts.size(); ++k) {
        rows[i].parts[k] = static_cast<u32>(dice() % (schema->parts()[k].max + 1));
      }
      // A unit quaternion, which is read as it is written.
      const std::string pose = "[" + std::to_string(dice() % 9) + "," + std::to_string(dice() % 9) +
                               ",1,-" + std::to_string(dice() % 9) + "]";
      std::string none;
      ASSERT_EQ(quantise(schema->fields()[4], pose, &rows[i].parts[4], none), Error::ok);
    }
    std::vector<CodedEntity> set;
    std::vector<std::string_view> unset;
    Told want(*schema);
    for (u32 i = 0; i < keys.size(); ++i) {
      const u32 fields = static_cast<u32>(dice() % 128);
      const u32 mask = static_cast<u32>(dice() % 128) & fields;
      set.push_back({.key = keys[i], .set = mask, .remove = fields & ~mask, .row = &rows[i]});
      if (fields == 0) static_cast<void>(want.add(keys[i]));
      for (u32 k = 0; k < 7; ++k) {
        const SchemaField& field = schema->fields()[k];
        if ((mask >> k & 1) != 0) {
          static_cast<void>(want.set(keys[i], k, rows[i].parts.data() + field.first_part,
                                     field.is_text() ? rows[i].texts[field.text] : ""));
        } else if ((fields >> k & 1) != 0) {
          static_cast<void>(want.remove_field(keys[i], k));
        }
      }
    }
    for (const std::string& key : keys) {
      if (dice() % 2 == 0) unset.push_back(key);
    }
    for (const std::string_view key : unset) static_cast<void>(want.unset(key));
    std::string written;
    append_coded_update(*schema, set, unset, written);
    EXPECT_EQ(read(*schema, written), want.line);
  }
}

TEST(CodedUpdate, AllocatesNothingInTheSteadyState) {
  struct Deaf final : CodedUpdateSink {
    Error set(std::string_view, u32, const u32*, std::string_view) override { return Error::ok; }
    Error remove_field(std::string_view, u32) override { return Error::ok; }
    Error add(std::string_view) override { return Error::ok; }
    Error unset(std::string_view) override { return Error::ok; }
  };
  if (!test::kCountsAllocations) GTEST_SKIP() << "a sanitizer brings its own malloc";
  Deaf deaf;
  PaddedText update(one(127, bytes({5, 6, 1, 2, 3, 0, 0, 0, 2, 'h', 'i', 8}) + "[[1,{}]]"));
  CodedUpdateReader reader;
  std::string_view field;
  ASSERT_EQ(reader.read(*kSchema, update.bytes(), deaf, field), Error::ok);
  const u64 before = test::allocations;
  for (u32 i = 0; i < 100; ++i) {
    ASSERT_EQ(reader.read(*kSchema, update.bytes(), deaf, field), Error::ok);
  }
  EXPECT_EQ(test::allocations, before);
}

// Ends at once with what the sink says.
TEST(CodedUpdate, TheSinksErrorEndsIt) {
  struct Full final : CodedUpdateSink {
    Error set(std::string_view, u32, const u32*, std::string_view) override {
      ++calls;
      return Error::state_limit;
    }
    Error remove_field(std::string_view, u32) override { return Error::ok; }
    Error add(std::string_view) override { return Error::ok; }
    Error unset(std::string_view) override { return Error::ok; }
    u32 calls = 0;
  };
  Full full;
  PaddedText update(bytes({1, 1, 'a', 3, 0, 5, 6, 0}));
  std::string_view field;
  CodedUpdateReader reader;
  EXPECT_EQ(reader.read(*kSchema, update.bytes(), full, field), Error::state_limit);
  EXPECT_EQ(full.calls, 1u);
  EXPECT_EQ(field, "payload.set");
}

}  // namespace
}  // namespace perseid
