// Rules for rooms: which is for whom, and the word on everything that is no rule.
#include "engine/room_rule.h"

#include <gtest/gtest.h>

namespace perseid {
namespace {

struct PatternRow {
  const char* pattern;
  const char* room;
  bool want;
};

const PatternRow kPatterns[] = {
    {"lobby", "lobby", true},
    {"lobby", "lobby2", false},
    {"lobby", "lobb", false},
    {"lobby", "Lobby", false},
    {"*", "", true},
    {"*", "anything", true},
    {"", "", true},
    {"", "x", false},
    {"arena-*", "arena-", true},
    {"arena-*", "arena-7", true},
    {"arena-*", "arena", false},
    {"*-arena", "big-arena", true},
    {"*-arena", "big-arena-2", false},
    {"a*b*c", "abc", true},
    {"a*b*c", "a-b-b-c", true},
    {"a*b*c", "acb", false},
    {"**x**", "x", true},
    {"?", "x", true},
    {"?", "", false},
    {"?", "xy", false},
    {"?", "\xf0\x9f\x8e\xb2", true},
    {"a?c",
     "a\xc3\xa9"
     "c",
     true},
    {"*?\xa9", "\xc3\xa9", false},
    {"?*", "x", true},
    {"*?", "xyz", true},
    {"*?*?*", "x", false},
    {"[a]", "a", false},
    {"a.c", "abc", false},
    {"*aab", "aaaab", true},
    {"room*", "*room", false},
};

TEST(RoomRule, MatchesByPattern) {
  for (const PatternRow& row : kPatterns) {
    EXPECT_EQ(matches(row.pattern, row.room), row.want) << row.pattern << " " << row.room;
  }
}

// A star that every character might end: p * n steps, not 2^n.
TEST(RoomRule, AHostilePatternEnds) {
  std::string pattern;
  for (u32 i = 0; i < 500; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", std::string(1024, 'a')));
}

struct Row {
  const char* json;
  const char* problem;
};

#define XY                                                       \
  R"("schema":{"x":{"type":"int","min":0,"max":9},"on":"bool",)" \
  R"("y":{"type":"float","min":0,"max":9,"resolution":0.1}})"

const Row kProblems[] = {
    {"", "Not valid JSON."},
    {"[]", "must be an object"},
    {R"({"colour":1})", "colour: unknown"},
    {R"({"\n":1})", "a key: unknown"},
    {R"({"state_hz":1,"state_hz":2})", "state_hz: stands there twice"},
    {R"({"pattern":""})", "pattern: must have 1 to 1024 bytes, none of them a control character"},
    {R"({"pattern":1})", "pattern: must be a string"},
    {R"({"state_hz":0})", "state_hz: must be a whole number from 1 to 240"},
    {R"({"state_hz":241})", "state_hz: must be a whole number from 1 to 240"},
    {R"({"state_hz":2.5})", "state_hz: must be a whole number from 1 to 240"},
    {R"({"state_hz":"20"})", "state_hz: must be a whole number from 1 to 240"},
    {R"({"action_window_ms":1001})",
     R"(action_window_ms: must be a whole number from 0 to 1000, or "auto")"},
    {R"({"action_window_ms":"soon"})",
     R"(action_window_ms: must be a whole number from 0 to 1000, or "auto")"},
    {R"({"ownership":"mine"})", R"(ownership: must be "anyone" or "first_writer")"},
    {R"({"ownership":true})", R"(ownership: must be "anyone" or "first_writer")"},
    {R"({"remove_on_leave":1})", "remove_on_leave: must be true or false"},
    {R"({"remove_on_leave":true})",
     "remove_on_leave: means nothing without the ownership first_writer"},
    {R"({"checksum_every_ticks":-1})",
     "checksum_every_ticks: must be a whole number from 0 to 1000000"},
    {R"({"entities_max":0})", "entities_max: must be a whole number from 1 to 16777216"},
    {R"({"schema":[]})", "schema: must be an object"},
    {R"({"schema":"bool"})", "schema: must be an object"},
    {R"({"schema":{}})", "schema: a schema needs at least one field"},
    {R"({"schema":{"x":"int"}})", "schema.x.min: missing"},
    {R"({"schema":{"x":1}})", "schema.x: must be an object, or the name of a type"},
    {R"({"grid":1})", "grid: must be an object"},
    {R"({"grid":{"cell":1,"radius":2}})", "grid: needs a schema"},
    {"{" XY R"(,"grid":{"radius":2}})"
     "}",
     "Not valid JSON."},
    {"{" XY R"(,"grid":{"radius":2}})", "grid.cell: missing"},
    {"{" XY R"(,"grid":{"cell":2}})", "grid.radius: missing"},
    {"{" XY R"(,"grid":{"cell":0,"radius":1}})", "grid.cell: must be above 0"},
    {"{" XY R"(,"grid":{"cell":"1","radius":1}})", "grid.cell: must be a number"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"hysteresis":-1}})",
     "grid.hysteresis: must not be below 0"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1e9}})",
     "grid.cell: too small: the larger radius and the hysteresis may reach over 8 cells at most"},
    {"{" XY R"(,"grid":{"cell":2,"radius":1,"far_radius":29,"hysteresis":1.5}})",
     "grid.cell: too small: the larger radius and the hysteresis may reach over 8 cells at most"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"z":"z"}})", "grid.z: unknown"},
    {"{" XY R"(,"grid":{"cell":1,"cell":1}})", "grid.cell: stands there twice"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"x":1}})", "grid.x: must be the name of a field"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"x":"px"}})", "grid.x: the schema has no field px"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"y":"on"}})",
     "grid.y: the field on must be an int or a float"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"far_radius":1}})",
     "grid.far_radius: must be above radius"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"far_divisor":2}})",
     "grid.far_divisor: means nothing without far_radius"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"far_radius":2,"far_divisor":17}})",
     "grid.far_divisor: must be a whole number from 2 to 16"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"far_radius":2,"far_divisor":1}})",
     "grid.far_divisor: must be a whole number from 2 to 16"},
    {"{" XY R"(,"grid":{"cell":1,"radius":8.5}})",
     "grid.cell: too small: the larger radius and the hysteresis may reach over 8 cells at most"},
    {"{" XY R"(,"grid":{"cell":1,"radius":1,"hysteresis":7.1}})",
     "grid.cell: too small: the larger radius and the hysteresis may reach over 8 cells at most"},
    {"{" XY R"(,"grid":{"cell":10,"radius":10,"far_radius":80,"hysteresis":1}})",
     "grid.cell: too small: the larger radius and the hysteresis may reach over 8 cells at most"},
    {"{" XY R"(,"grid":{"cell":1e-300,"radius":1e300}})",
     "grid.cell: too small: the larger radius and the hysteresis may reach over 8 cells at most"},
    {"{" XY R"(,"grid":{"cell":1e-9,"radius":1e-9}})",
     "grid.x: the field x reaches beyond a thousand million cells"},
};

TEST(RoomRule, HasAWordOnWhatIsNone) {
  for (const Row& row : kProblems) {
    std::string problem;
    EXPECT_EQ(RoomRule::parse(row.json, problem), nullptr) << row.json;
    EXPECT_EQ(problem, row.problem) << row.json;
  }
}

std::shared_ptr<const RoomRule> parse(std::string_view json) {
  std::string problem;
  auto rule = RoomRule::parse(json, problem);
  EXPECT_NE(rule, nullptr) << json << ": " << problem;
  return rule;
}

TEST(RoomRule, AnEmptyOneIsTheOrdinary) {
  for (const auto& rule : {parse("{}"), RoomRule::ordinary()}) {
    EXPECT_EQ(rule->hz(20), 20u);
    EXPECT_FALSE(rule->action_window_ms || rule->action_window_auto || rule->remove_on_leave);
    EXPECT_EQ(rule->ownership, Ownership::anyone);
    EXPECT_EQ(rule->checksum_every_ticks, 20u);
    EXPECT_EQ(rule->schema, nullptr);
    EXPECT_FALSE(rule->entities_max || rule->grid);
  }
}

TEST(RoomRule, SaysAllThatItCan) {
  const auto rule = parse(R"({"grid":{"cell":32,"radius":64.5,"far_radius":200},)" XY
                          R"(,"pattern":"a*","state_hz":30,"action_window_ms":5,)"
                          R"("ownership":"first_writer","remove_on_leave":true,)"
                          R"("checksum_every_ticks":0,"entities_max":100})");
  EXPECT_EQ(rule->pattern, "a*");
  EXPECT_EQ(rule->hz(20), 30u);
  EXPECT_EQ(rule->action_window_ms, 5u);
  EXPECT_EQ(rule->entities_max, 100u);
  EXPECT_TRUE(rule->remove_on_leave);
  ASSERT_TRUE(rule->grid);
  EXPECT_EQ(rule->grid->y, 2u);
  std::string out;
  rule->append_state_json(out, 20);
  EXPECT_EQ(out, R"({"hz":30,"schema":)" + rule->schema->json() +
                     R"(,"checksum_every":0,"ownership":"first_writer",)"
                     R"("grid":{"cell":32,"radius":64.5,"hysteresis":0,"x":"x","y":"y",)"
                     R"("far_radius":200,"far_divisor":4}})");
}

TEST(RoomRule, TheWindowMayBeAuto) {
  const auto rule = parse(R"({"action_window_ms":"auto"})");
  EXPECT_TRUE(rule->action_window_auto);
  EXPECT_FALSE(rule->action_window_ms);
}

TEST(RoomRules, TheFirstThatMatchesIsTheRule) {
  RoomRules rules;
  EXPECT_EQ(rules.add(R"({"pattern":"arena-big","state_hz":10})"), "");
  EXPECT_EQ(rules.add(R"({"pattern":"arena-*","state_hz":20})"), "");
  EXPECT_EQ(rules.add(R"({"pattern":"*-big","state_hz":30})"), "");
  EXPECT_EQ(rules.find("arena-big")->state_hz, 10u);
  EXPECT_EQ(rules.find("arena-small")->state_hz, 20u);
  EXPECT_EQ(rules.find("lobby-big")->state_hz, 30u);
  EXPECT_EQ(rules.find("lobby"), nullptr);
  EXPECT_EQ(rules.add(R"({"state_hz":10})"), "pattern: missing");
  EXPECT_EQ(rules.add(R"({"pattern":"arena-*"})"), "pattern: stands there twice");
  EXPECT_EQ(rules.all().size(), 3u);
}

}  // namespace
}  // namespace perseid
