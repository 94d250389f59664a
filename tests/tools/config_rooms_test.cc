// [[room]] in the config file: the order it was written in, and mistakes with their line.
#include <gtest/gtest.h>

#include <fstream>

#include "tools/relay/config_file.h"
#include "tools/relay/options_cli.h"

namespace perseid {
namespace {

constexpr const char* kFile = R"(
state_hz = 30

[[room]]
pattern = "arena-*"
state_hz = 60
action_window_ms = "auto"
ownership = "first_writer"
remove_on_leave = true
entities_max = 2_000

  [room.schema]
  y = { type = "float", min = -512, max = 512, resolution = 0.01 }
  x = { type = "float", min = -512.0, max = 512.0, resolution = 1e-2 }
  does = { values = ["idle", "r\"un"], type = "enum" }
  on = "bool"

  [room.grid]
  cell = 32
  radius = 64

[[room]]
pattern = "*"
checksum_every_ticks = 0
)";

TEST(ConfigRooms, AreReadInTheirOrder) {
  Options options;
  RoomRules rules;
  const OptionError error = read_config_text(kFile, "a.toml", options, rules);
  ASSERT_FALSE(error) << *error;
  EXPECT_EQ(options.state_hz, 30u);
  ASSERT_EQ(rules.all().size(), 2u);
  const RoomRule& arena = *rules.all()[0];
  EXPECT_EQ(arena.pattern, "arena-*");
  EXPECT_EQ(arena.state_hz, 60u);
  EXPECT_TRUE(arena.action_window_auto && arena.remove_on_leave && arena.grid);
  EXPECT_EQ(arena.entities_max, 2000u);
  EXPECT_EQ(
      arena.schema->json(),
      R"({"y":{"type":"float","min":-512,"max":512,"resolution":0.01,"out_of_range":"clamp"},)"
      R"("x":{"type":"float","min":-512,"max":512,"resolution":0.01,"out_of_range":"clamp"},)"
      R"("does":{"type":"enum","values":["idle","r\"un"]},"on":{"type":"bool"}})");
  EXPECT_EQ(rules.all()[1]->checksum_every_ticks, 0u);
}

struct Mistake {
  const char* text;
  const char* says;
};

const Mistake kMistakes[] = {
    {"[room]\npattern = \"*\"",
     "a.toml:1: room: rules for rooms are tables, each begun by [[room]]"},
    {"room = 1", "a.toml:1: room: rules for rooms are tables, each begun by [[room]]"},
    {"room = []", "a.toml:1: room: rules for rooms are tables, each begun by [[room]]"},
    {"\n[[room]]\nstate_hz = 1", "a.toml:2: room: pattern: missing"},
    {"[[room]]\npattern = 5", "a.toml:1: room: pattern: must be a string"},
    {"[[room]]\npattern = \"a*\"\ncolour = 1", "a.toml:1: room \"a*\": colour: unknown"},
    {"[[room]]\npattern = \"a*\"\n[[room]]\npattern = \"a*\"",
     "a.toml:3: room \"a*\": pattern: stands there twice"},
    {"[[room]]\npattern = \"a*\"\nstate_hz = inf",
     "a.toml:1: room \"a*\": state_hz: must be a whole number from 1 to 240"},
    {"[[room]]\npattern = \"a*\"\n[room.schema.x]\ntype = \"int\"\nmin = 0",
     "a.toml:1: room \"a*\": schema.x.max: missing"},
    {"[[room]]\npattern = \"a*\"\nschema = { x = 2026-11-27 }",
     "a.toml:1: room \"a*\": schema.x.type: must be one of bool, int, float, quat, enum, string, "
     "json"},
    {"[[room]]\npattern = \"a*\"\nschema = { x = [] }",
     "a.toml:1: room \"a*\": schema.x: must be an object, or the name of a type"},
};

TEST(ConfigRooms, MistakesNameFilePatternAndProblem) {
  for (const Mistake& row : kMistakes) {
    Options options;
    RoomRules rules;
    const OptionError error = read_config_text(row.text, "a.toml", options, rules);
    EXPECT_EQ(error.value_or("nothing"), row.says) << row.text;
  }
}

TEST(ConfigRooms, AMistakeStopsTheStart) {
  const std::string path = testing::TempDir() + "perseid_rooms.toml";
  std::ofstream(path) << "[[room]]\npattern = \"a*\"\nentities_max = 0\n";
  const char* arguments[] = {"perseid", "--config", path.c_str()};
  const char* nothing[] = {nullptr};
  const CliResult result = read_options(3, arguments, nothing);
  EXPECT_EQ(result.action, CliAction::fail);
  EXPECT_NE(result.error.find("room \"a*\": entities_max: must be"), std::string::npos)
      << result.error;
  std::ofstream(path) << "[[room]]\npattern = \"a*\"\n";
  EXPECT_EQ(read_options(3, arguments, nothing).room_rules.all().size(), 1u);
}

}  // namespace
}  // namespace perseid
