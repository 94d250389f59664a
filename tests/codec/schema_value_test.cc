// Values of a schema's fields: quantised to the nearest step, printed with just the decimals that
// takes, and, printed, quantised to the same again.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <random>

#include "codec/json_text.h"
#include "codec/schema.h"

namespace perseid {
namespace {

std::shared_ptr<const Schema> schema_of(const std::string& field) {
  std::string problem;
  auto schema = Schema::parse("{\"x\":" + field + "}", problem);
  EXPECT_NE(schema, nullptr) << field << ": " << problem;
  return schema;
}

// What a value becomes, or the error's code.
std::string through(const SchemaField& field, std::string_view raw) {
  u32 parts[4] = {};
  std::string text;
  const Error error = quantise(field, raw, parts, text);
  if (error != Error::ok) return std::string(info(error).code);
  std::string out;
  append_value_json(field, parts, text, out);
  return out;
}

struct Row {
  const char* field;
  const char* raw;
  const char* want;
};

#define CENT R"({"type":"float","min":-512,"max":512,"resolution":0.01})"
#define CENT_STRICT \
  R"({"type":"float","min":-512,"max":512,"resolution":0.01,"out_of_range":"refuse"})"
#define HP R"({"type":"int","min":-5,"max":100})"
#define DOES R"({"type":"enum","values":["idle","run","é\"","\ud83c\udfb2"]})"

const Row kNumbers[] = {
    {CENT, "12.34", "12.34"},
    {CENT, "12.344", "12.34"},
    {CENT, "12.345000001", "12.35"},
    {CENT, "12.3", "12.3"},
    {CENT, "12", "12"},
    {CENT, "1.2e1", "12"},
    {CENT, "0", "0"},
    {CENT, "-0", "0"},
    {CENT, "-0.004", "0"},
    {CENT, "-0.01", "-0.01"},
    {CENT, "-0.1", "-0.1"},
    {CENT, "-512", "-512"},
    {CENT, "512", "512"},
    {CENT, "513", "512"},
    {CENT, "-1e300", "-512"},
    {CENT, "1e308", "512"},
    {CENT, "1e-400", "0"},
    {CENT, "\"1\"", "wrong_type"},
    {CENT, "true", "wrong_type"},
    {CENT, "null", "wrong_type"},
    {CENT, "[1]", "wrong_type"},
    {CENT, "{}", "wrong_type"},
    {CENT, "inf", "wrong_type"},
    {CENT, "-nan", "wrong_type"},
    {CENT, "", "wrong_type"},
    {CENT, "-", "wrong_type"},
    {CENT, "1x", "wrong_type"},
    {CENT_STRICT, "512", "512"},
    {CENT_STRICT, "512.004", "512"},
    {CENT_STRICT, "512.006", "bad_value"},
    {CENT_STRICT, "-512.004", "-512"},
    {CENT_STRICT, "-512.006", "bad_value"},
    {CENT_STRICT, "1e300", "bad_value"},
    {HP, "7", "7"},
    {HP, "7.4", "7"},
    {HP, "7.5", "8"},
    {HP, "-4.6", "-5"},
    {HP, "101", "100"},
    {HP, "-6", "-5"},
    {R"({"type":"float","min":0,"max":1,"resolution":0.4})", "1", "0.8"},
    {R"({"type":"float","min":0,"max":1,"resolution":0.4,"out_of_range":"refuse"})", "1", "0.8"},
    {R"({"type":"float","min":0,"max":1,"resolution":0.015625})", "0.1", "0.09375"},
    {R"({"type":"float","min":0.5,"max":9.5,"resolution":0.1})", "0.64", "0.6"},
    {R"({"type":"float","min":0,"max":1e6,"resolution":500})", "1300", "1500"},
    {R"({"type":"float","min":0,"max":1e-6,"resolution":1e-12})", "0.0000005", "0.0000005"},
};

const Row kOthers[] = {
    {R"("bool")", "true", "true"},
    {R"("bool")", "false", "false"},
    {R"("bool")", "1", "wrong_type"},
    {R"("bool")", "\"true\"", "wrong_type"},
    {DOES, "\"idle\"", "\"idle\""},
    {DOES, R"("r\u0075n")", "\"run\""},
    {DOES, R"("\u00e9\"")", R"("é\"")"},
    {DOES, R"("\ud83c\udfb2")", "\"\xf0\x9f\x8e\xb2\""},
    {DOES, R"("runs")", "bad_value"},
    {DOES, R"("ru")", "bad_value"},
    {DOES, R"("")", "bad_value"},
    {DOES, "0", "wrong_type"},
    {R"({"type":"string","max_bytes":3})", R"("abc")", R"("abc")"},
    {R"({"type":"string","max_bytes":3})", R"("")", R"("")"},
    {R"({"type":"string","max_bytes":3})", R"("abcd")", "bad_value"},
    {R"({"type":"string","max_bytes":3})", R"("\u0061\n\u0062")", R"("a\nb")"},
    {R"({"type":"string","max_bytes":3})", R"("\u20ac")", "\"\xe2\x82\xac\""},
    {R"({"type":"string","max_bytes":3})", R"("\ud83c\udfb2")", "bad_value"},
    {R"({"type":"string","max_bytes":3})", "7", "wrong_type"},
    {R"({"type":"json","max_bytes":8})", R"({"a": 1})", R"({"a": 1})"},
    {R"({"type":"json","max_bytes":8})", "1.50", "1.50"},
    {R"({"type":"json","max_bytes":8})", R"({"a": 10})", "bad_value"},
    {R"("quat")", "[0,0,0,1]", "[0.0014,0.0014,0.0014,1]"},
    {R"("quat")", "[ 0 , 0 , 0 , -2 ]", "[0.0014,0.0014,0.0014,1]"},
    {R"("quat")", "[0,0,0,1e-320]", "[0.0014,0.0014,0.0014,1]"},
    {R"("quat")", "[0,0,0,1e308]", "[0.0014,0.0014,0.0014,1]"},
    {R"("quat")", "[0,0,0,0]", "bad_value"},
    {R"("quat")", "[1,2,3]", "bad_value"},
    {R"("quat")", "[1,2,3,4,5]", "bad_value"},
    {R"("quat")", "[]", "bad_value"},
    {R"("quat")", "[1,2,3,\"4\"]", "wrong_type"},
    {R"("quat")", "[1,2,[3],4]", "wrong_type"},
    {R"("quat")", R"({"x":1})", "wrong_type"},
    {R"("quat")", "1", "wrong_type"},
};

TEST(SchemaValue, GoesToTheNearestStep) {
  for (const Row& row : kNumbers) {
    EXPECT_EQ(through(schema_of(row.field)->fields()[0], row.raw), row.want)
        << row.field << " " << row.raw;
  }
}

TEST(SchemaValue, IsOfItsType) {
  for (const Row& row : kOthers) {
    EXPECT_EQ(through(schema_of(row.field)->fields()[0], row.raw), row.want)
        << row.field << " " << row.raw;
  }
}

TEST(SchemaValue, AnErrorChangesNothing) {
  const auto schema = schema_of(R"({"type":"string","max_bytes":3})");
  std::string text = "old";
  EXPECT_EQ(quantise(schema->fields()[0], "\"abcd\"", nullptr, text), Error::bad_value);
  EXPECT_EQ(text, "old");
  u32 parts[4] = {1, 2, 3, 4};
  EXPECT_EQ(quantise(schema_of(R"("quat")")->fields()[0], "[1,2,3,null]", parts, text),
            Error::wrong_type);
  EXPECT_EQ(parts[0] * 1000 + parts[1] * 100 + parts[2] * 10 + parts[3], 1234u);
}

u32 seed_of_run() {
  const char* text = std::getenv("PERSEID_SEED");
  return text == nullptr ? std::random_device{}() : static_cast<u32>(std::atoll(text));
}

// Seeds itself anew for every run; PERSEID_SEED repeats one.
class SchemaValueProperty : public testing::Test {
 protected:
  u32 below(u32 bound) { return std::uniform_int_distribution<u32>(0, bound - 1)(random_); }
  double real(double min, double max) {
    return std::uniform_real_distribution<double>(min, max)(random_);
  }
  static std::string text(double number) {
    char out[32];
    return {out, std::to_chars(out, out + sizeof out, number).ptr};
  }

  std::string number_field() {
    constexpr const char* kSteps[] = {"1",    "2",        "0.5",  "0.1", "0.01", "0.001", "0.25",
                                      "0.03", "0.015625", "0.07", "10",  "1e-9", "1e-12", "0.333"};
    const std::string resolution = kSteps[below(std::size(kSteps))];
    const double step = std::strtod(resolution.c_str(), nullptr);
    const double min = real(-1, 1) * std::pow(2.0, below(50)) * step;
    const double span = (1 + below(kPartMax - 1)) * step / std::pow(2.0, below(28));
    const double max = min + std::fmax(span, 2 * step);
    return R"({"type":"float","min":)" + text(min) + R"(,"max":)" + text(max) +
           R"(,"resolution":)" + resolution + R"(,"out_of_range":")" +
           (below(2) == 0 ? "clamp" : "refuse") + "\"}";
  }

  // Any legal number field; ranges that are too far from 0 are drawn again.
  std::shared_ptr<const Schema> number_schema() {
    std::shared_ptr<const Schema> schema;
    while (schema == nullptr) {
      std::string problem;
      schema = Schema::parse("{\"x\":" + number_field() + "}", problem);
      EXPECT_TRUE(schema != nullptr || problem.ends_with("too far from 0 for the resolution"))
          << problem;
    }
    return schema;
  }

  // What is printed of `parts` gives them again, and is itself what is printed of them.
  void expect_same(const SchemaField& field, const u32* parts, const std::string& value) {
    std::string out;
    append_value_json(field, parts, value, out);
    u32 again[4] = {};
    std::string text_again;
    ASSERT_EQ(quantise(field, out, again, text_again), Error::ok) << out;
    for (u32 i = 0; i < field.parts; ++i) ASSERT_EQ(again[i], parts[i]) << out << " part " << i;
    ASSERT_EQ(text_again, value);
    simdjson::dom::parser parser;
    ASSERT_FALSE(parser.parse(out).error()) << out;
  }

  const u32 seed_ = seed_of_run();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "PERSEID_SEED=" + std::to_string(seed_)};
  std::mt19937 random_{seed_};
};

TEST_F(SchemaValueProperty, EveryStepOfANumberIsPrintedExactly) {
  for (u32 run = 0; run < 3000; ++run) {
    const auto schema = number_schema();
    const SchemaField& field = schema->fields()[0];
    const u32 last = schema->parts()[0].max;
    for (const u32 part : {0u, 1u, last / 2, last - 1, last, below(last + 1)}) {
      expect_same(field, &part, "");
      ASSERT_FALSE(HasFailure()) << schema->json() << " " << part;
    }
  }
}

TEST_F(SchemaValueProperty, ANumberMovesByHalfAStepAtMost) {
  for (u32 run = 0; run < 3000; ++run) {
    const auto schema = number_schema();
    const SchemaField& field = schema->fields()[0];
    const double last = field.min + schema->parts()[0].max * field.resolution;
    const double value = real(field.min, last);
    const double printed = std::strtod(through(field, text(value)).c_str(), nullptr);
    EXPECT_LE(std::fabs(printed - value), field.resolution * 0.76) << schema->json() << value;
  }
}

// Random directions; nearly equal components, where the largest is in doubt; axes.
TEST_F(SchemaValueProperty, AQuaternionIsPrintedAsItself) {
  for (u32 run = 0; run < 60000; ++run) {
    const u32 bits = 2 + run % 14;
    static std::shared_ptr<const Schema> schemas[16];
    if (schemas[bits] == nullptr) {
      schemas[bits] = schema_of(R"({"type":"quat","bits":)" + std::to_string(bits) + "}");
    }
    const SchemaField& field = schemas[bits]->fields()[0];
    const double spread = std::pow(10.0, -static_cast<double>(below(8)));
    const u32 zeroes = below(16);
    std::string raw = "[";
    for (u32 i = 0; i < 4; ++i) {
      const double near = (below(2) == 0 ? 1 : -1) + real(-spread, spread);
      raw += (i == 0 ? "" : ",") + text((zeroes >> i & 1) != 0 && i < 3 ? spread * 0.1 : near);
    }
    raw += "]";
    u32 parts[4] = {};
    std::string none;
    ASSERT_EQ(quantise(field, raw, parts, none), Error::ok) << raw;
    for (u32 i = 0; i < 4; ++i) ASSERT_LE(parts[i], schemas[bits]->parts()[i].max) << raw;
    expect_same(field, parts, "");
    ASSERT_FALSE(HasFailure()) << raw << " bits " << bits;
  }
}

TEST_F(SchemaValueProperty, AQuaternionStaysCloseToItself) {
  const auto schema = schema_of(R"({"type":"quat","bits":12})");
  simdjson::dom::parser parser;
  for (u32 run = 0; run < 5000; ++run) {
    double want[4];
    double length = 0;
    for (double& value : want) {
      value = real(-1, 1);
      length += value * value;
    }
    length = std::sqrt(length);
    std::string raw;
    for (const double value : want) raw += (raw.empty() ? "[" : ",") + text(value);
    const std::string got = through(schema->fields()[0], raw + "]");
    double dot = 0;
    u32 i = 0;
    simdjson::dom::array components;
    ASSERT_FALSE(parser.parse(got).get_array().get(components)) << got;
    for (const double value : components) dot += value * want[i++] / length;
    EXPECT_GT(std::fabs(dot), 1 - 1e-5) << raw << " became " << got;
  }
}

TEST_F(SchemaValueProperty, TextsAreThemselves) {
  const auto text_schema = schema_of(R"({"type":"string","max_bytes":400})");
  const auto json_schema = schema_of(R"({"type":"json","max_bytes":4000})");
  constexpr const char* kPieces[] = {
      "a", "\"",   "\\", "\n", "\x01", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8e\xb2",
      "/", "u0041"};
  for (u32 run = 0; run < 3000; ++run) {
    std::string value;
    for (u32 i = below(40); i > 0; --i) value += kPieces[below(std::size(kPieces))];
    expect_same(text_schema->fields()[0], nullptr, value);
    std::string quoted = "\"";
    append_json_escaped(quoted, value);
    expect_same(json_schema->fields()[0], nullptr, quoted + "\"");
    ASSERT_FALSE(HasFailure()) << value;
  }
}

TEST_F(SchemaValueProperty, BoolsAndEnumsAreThemselves) {
  const auto on = schema_of(R"("bool")");
  const auto does = schema_of(DOES);
  for (u32 part = 0; part < 2; ++part) expect_same(on->fields()[0], &part, "");
  for (u32 part = 0; part < 4; ++part) expect_same(does->fields()[0], &part, "");
}

// Every escape that JSON has, as simdjson reads it.
TEST_F(SchemaValueProperty, UnescapesAsAParserDoes) {
  const auto schema = schema_of(R"({"type":"string","max_bytes":4096})");
  constexpr const char* kPieces[] = {"x",         R"(\")",           R"(\\)",    R"(\/)",
                                     R"(\b)",     R"(\f)",           R"(\n)",    R"(\r)",
                                     R"(\t)",     R"(\u0041)",       "é",        R"(\u00E9)",
                                     R"(\u20ac)", R"(\uD83C\uDFB2)", R"(\u0000)"};
  simdjson::dom::parser parser;
  for (u32 run = 0; run < 3000; ++run) {
    std::string raw = "\"";
    for (u32 i = below(20); i > 0; --i) raw += kPieces[below(std::size(kPieces))];
    raw += '"';
    std::string_view want;
    ASSERT_FALSE(parser.parse(raw).get_string().get(want)) << raw;
    std::string got;
    ASSERT_EQ(quantise(schema->fields()[0], raw, nullptr, got), Error::ok) << raw;
    ASSERT_EQ(got, want) << raw;
  }
}

}  // namespace
}  // namespace perseid
