// The schema parser: what it takes, and the word it has on everything that it does not.
#include "codec/schema.h"

#include <gtest/gtest.h>

namespace perseid {
namespace {

std::shared_ptr<const Schema> parse(std::string_view json) {
  std::string problem;
  auto schema = Schema::parse(json, problem);
  EXPECT_NE(schema, nullptr) << json << ": " << problem;
  EXPECT_EQ(problem, "");
  return schema;
}

std::string problem_of(std::string_view json) {
  std::string problem;
  EXPECT_EQ(Schema::parse(json, problem), nullptr) << json;
  return problem;
}

struct Row {
  const char* json;
  const char* problem;
};

const Row kShape[] = {
    {"", "Not valid JSON."},
    {"{", "Not valid JSON."},
    {"{} x", "Not valid JSON."},
    {"[]", "a schema must be an object"},
    {"7", "a schema must be an object"},
    {"{}", "a schema needs at least one field"},
    {R"({"x":7})", "x: must be an object, or the name of a type"},
    {R"({"x":null})", "x: must be an object, or the name of a type"},
    {R"({"x":["bool"]})", "x: must be an object, or the name of a type"},
    {R"({"x":{}})", "x.type: missing"},
    {R"({"x":"bit"})", "x.type: must be one of bool, int, float, quat, enum, string, json"},
    {R"({"x":{"type":"bit"}})",
     "x.type: must be one of bool, int, float, quat, enum, string, json"},
    {R"({"x":{"type":1}})", "x.type: must be one of bool, int, float, quat, enum, string, json"},
    {R"({"x":"bool","x":"bool"})", "x: stands there twice"},
    {R"({"x":"bool","\u0078":"quat"})", "x: stands there twice"},
    {R"({"x":{"type":"bool","type":"bool"}})", "x.type: stands there twice"},
    {R"({"x":{"type":"bool","colour":1}})", "x.colour: unknown"},
    {R"({"x":{"type":"bool","\u0007":1}})", "x.a key: unknown"},
    {R"({"":"bool"})",
     "the name of a field must have 1 to 64 bytes, none of them a control character"},
    {R"({"a\nb":"bool"})",
     "the name of a field must have 1 to 64 bytes, none of them a control character"},
    {R"({"x":"bool","7":"bool"})", "the name of a field must not be a number"},
};

const Row kFields[] = {
    {R"({"x":"int"})", "x.min: missing"},
    {R"({"x":{"type":"int","min":0}})", "x.max: missing"},
    {R"({"x":{"type":"int","min":"0","max":1}})", "x.min: must be a number"},
    {R"({"x":{"type":"int","min":0,"max":true}})", "x.max: must be a number"},
    {R"({"x":{"type":"int","min":0.5,"max":1}})", "x.min: must be whole"},
    {R"({"x":{"type":"int","min":0,"max":1.5}})", "x.max: must be whole"},
    {R"({"x":{"type":"int","min":1,"max":1}})", "x.max: must be above min"},
    {R"({"x":{"type":"int","min":0,"max":1073741824}})",
     "x.resolution: too fine, (max - min) / resolution must be at most 1073741823"},
    {R"({"x":{"type":"int","min":-1e16,"max":1}})", "x.min: too far from 0 for the resolution"},
    {R"({"x":{"type":"int","min":1,"max":1e300}})", "x.max: too far from 0 for the resolution"},
    {R"({"x":{"type":"int","min":0,"max":1,"resolution":1}})",
     "x.resolution: not for the type int"},
    {R"({"x":{"type":"int","min":0,"max":1,"out_of_range":"wrap"}})",
     R"(x.out_of_range: must be "clamp" or "refuse")"},
    {R"({"x":{"type":"int","min":0,"max":1,"out_of_range":true}})",
     R"(x.out_of_range: must be "clamp" or "refuse")"},
    {R"({"x":{"type":"float","min":0,"max":1}})", "x.resolution: missing"},
    {R"({"x":{"type":"float","min":0,"max":1,"resolution":0}})", "x.resolution: must be above 0"},
    {R"({"x":{"type":"float","min":0,"max":1,"resolution":-0.1}})",
     "x.resolution: must be above 0"},
    {R"({"x":{"type":"float","min":0,"max":1,"resolution":2}})",
     "x.resolution: must not be above max - min"},
    {R"({"x":{"type":"float","min":2,"max":1,"resolution":0.1}})", "x.max: must be above min"},
    {R"({"x":{"type":"float","min":0,"max":1,"resolution":0.0166666666666667}})",
     "x.resolution: must have at most 12 decimals"},
    {R"({"x":{"type":"float","min":0,"max":1,"resolution":1e-13}})",
     "x.resolution: must have at most 12 decimals"},
    {R"({"x":{"type":"float","min":0,"max":1e9,"resolution":0.01}})",
     "x.resolution: too fine, (max - min) / resolution must be at most 1073741823"},
    {R"({"x":{"type":"float","min":1e14,"max":1.1e14,"resolution":0.01}})",
     "x.min: too far from 0 for the resolution"},
    {R"({"x":{"type":"quat","bits":1}})", "x.bits: must be a whole number from 2 to 15"},
    {R"({"x":{"type":"quat","bits":16}})", "x.bits: must be a whole number from 2 to 15"},
    {R"({"x":{"type":"quat","bits":2.5}})", "x.bits: must be a whole number from 2 to 15"},
    {R"({"x":{"type":"quat","bits":"9"}})", "x.bits: must be a number"},
    {R"({"x":{"type":"quat","out_of_range":"clamp"}})", "x.out_of_range: not for the type quat"},
    {R"({"x":"enum"})", "x.values: missing"},
    {R"({"x":{"type":"enum","values":{}}})", "x.values: must be an array of strings"},
    {R"({"x":{"type":"enum","values":["a",1]}})", "x.values: must be an array of strings"},
    {R"({"x":{"type":"enum","values":[]}})", "x.values: needs at least one string"},
    {R"({"x":{"type":"enum","values":["a","\u0061"]}})", "x.values: a string stands there twice"},
    {R"({"x":{"type":"bool","values":["a"]}})", "x.values: not for the type bool"},
    {R"({"x":{"type":"string","max_bytes":0}})",
     "x.max_bytes: must be a whole number from 1 to 4096"},
    {R"({"x":{"type":"json","max_bytes":4097}})",
     "x.max_bytes: must be a whole number from 1 to 4096"},
    {R"({"x":{"type":"string","min":1}})", "x.min: not for the type string"},
};

TEST(Schema, HasAWordOnAWrongShape) {
  for (const Row& row : kShape) EXPECT_EQ(problem_of(row.json), row.problem) << row.json;
}

TEST(Schema, HasAWordOnEveryWrongField) {
  for (const Row& row : kFields) EXPECT_EQ(problem_of(row.json), row.problem) << row.json;
}

// `count` fields, each of them `text`.
std::string many(u32 count, std::string_view text) {
  std::string out;
  for (u32 i = 0; i < count; ++i) {
    out += (out.empty() ? "{\"f" : ",\"f") + std::to_string(i) + "\":" + std::string(text);
  }
  return out + "}";
}

std::string strings(u32 count, const std::string& begin) {
  std::string out;
  for (u32 i = 0; i < count; ++i) {
    out += (out.empty() ? "[\"" : ",\"") + begin + std::to_string(i) + "\"";
  }
  return out + "]";
}

TEST(Schema, KeepsItsBounds) {
  parse(many(32, R"("bool")"));
  EXPECT_EQ(problem_of(many(33, R"("bool")")), "too many fields: at most 32");
  EXPECT_EQ(parse(many(16, R"("quat")"))->parts().size(), kSchemaPartsMax);
  EXPECT_EQ(problem_of(many(17, R"("quat")")),
            "too many parts: at most 64 (a quat has 4, string and json none, others 1)");
  const std::string name(64, 'n');
  parse("{\"" + name + "\":\"bool\"}");
  EXPECT_EQ(problem_of("{\"" + name + "n\":\"bool\"}"),
            "the name of a field must have 1 to 64 bytes, none of them a control character");
  const std::string values = R"({"e":{"type":"enum","values":)";
  EXPECT_EQ(parse(values + strings(256, "v") + "}}")->parts()[0].max, 255u);
  EXPECT_EQ(problem_of(values + strings(257, "v") + "}}"), "e.values: more than 256 strings");
  parse(values + "[\"" + name + "\"]}}");
  EXPECT_EQ(problem_of(values + "[\"n" + name + "\"]}}"),
            "e.values: a string longer than 64 bytes");
  const std::string long_enum = R"({"type":"enum","values":)" + strings(256, "value") + "}";
  parse(many(5, long_enum));
  EXPECT_EQ(problem_of(many(6, long_enum)),
            "too long: with every default written out at most 16384 bytes");
}

TEST(Schema, LaysOutARow) {
  const auto schema = parse(R"({"on":"bool","x":{"type":"float","min":-1,"max":1,"resolution":0.5},
      "name":"string","turn":"quat","hp":{"type":"int","min":-5,"max":5},"extra":"json",
      "does":{"type":"enum","values":["idle","run","jump"]}})");
  EXPECT_EQ(schema->texts(), 2u);
  struct Part {
    u32 max;
    u8 field;
    bool moves;
  };
  const Part want[] = {{1, 0, false},  {4, 1, true},   {3, 3, false}, {511, 3, true},
                       {511, 3, true}, {511, 3, true}, {10, 4, true}, {2, 6, false}};
  ASSERT_EQ(schema->parts().size(), std::size(want));
  for (std::size_t i = 0; i < std::size(want); ++i) {
    EXPECT_EQ(schema->parts()[i].max, want[i].max) << i;
    EXPECT_EQ(schema->parts()[i].field, want[i].field) << i;
    EXPECT_EQ(schema->parts()[i].moves, want[i].moves) << i;
  }
  EXPECT_TRUE(schema->fields()[2].is_text());
  EXPECT_EQ(schema->fields()[5].text, 1u);
  EXPECT_EQ(schema->fields()[4].first_part, 6u);
  EXPECT_EQ(schema->find("hp"), 4u);
  EXPECT_EQ(schema->find("mp"), Schema::kNoField);
  EXPECT_EQ(schema->find(""), Schema::kNoField);
}

const Row kCanonical[] = {
    {R"({ "x" : "bool" })", R"({"x":{"type":"bool"}})"},
    {R"({"x":"quat"})", R"({"x":{"type":"quat","bits":9}})"},
    {R"({"x":"string","y":{"max_bytes":9,"type":"json"}})",
     R"({"x":{"type":"string","max_bytes":64},"y":{"type":"json","max_bytes":9}})"},
    {R"({"x":{"max":5e0,"min":-0.0,"type":"int"}})",
     R"({"x":{"type":"int","min":0,"max":5,"out_of_range":"clamp"}})"},
    {R"({"x":{"type":"float","min":-512,"max":512,"resolution":1e-2,"out_of_range":"refuse"}})",
     R"({"x":{"type":"float","min":-512,"max":512,"resolution":0.01,"out_of_range":"refuse"}})"},
    {R"({"x":{"type":"float","min":-3.141592653589793,"max":3.141592653589793,"resolution":0.001}})",
     R"({"x":{"type":"float","min":-3.142,"max":3.142,"resolution":0.001,"out_of_range":"clamp"}})"},
    {R"({"\"\u00e9":{"type":"enum","values":["\\","\t"]}})",
     R"({"\"é":{"type":"enum","values":["\\","\t"]}})"},
};

TEST(Schema, WritesItselfWithEveryDefault) {
  for (const Row& row : kCanonical) {
    const auto schema = parse(row.json);
    ASSERT_NE(schema, nullptr);
    EXPECT_EQ(schema->json(), row.problem);
    const auto again = parse(schema->json());
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->json(), schema->json());
  }
}

}  // namespace
}  // namespace perseid
