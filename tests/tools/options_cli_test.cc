// Options from every source, and the sentence that each kind of mistake gets.
#include "tools/relay/options_cli.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "tools/relay/config_file.h"
#include "tools/relay/help_text.h"
#include "tools/relay/option_table.h"

namespace perseid {
namespace {

using Words = std::vector<const char*>;

CliResult read(Words flags, Words environment = {}) {
  flags.insert(flags.begin(), "perseid");
  environment.push_back(nullptr);
  return read_options(static_cast<int>(flags.size()), flags.data(), environment.data());
}

struct MistakeCase {
  const char* name;
  Words flags;
  Words environment;
  std::vector<const char*> says;  // each is part of the sentence
};

const MistakeCase kMistakes[] = {
    {"unknown flag near a known one", {"--prot", "3"}, {}, {"--prot", "did you mean --port?"}},
    {"part of a flag's name", {"--message-bytes=3"}, {}, {"did you mean --max-message-bytes?"}},
    {"unknown flag near none", {"--quux-frobnicate"}, {}, {"--quux-frobnicate", "--help"}},
    {"argument that is no flag", {"8080"}, {}, {"\"8080\"", "flags only"}},
    {"dash alone", {"-"}, {}, {"\"-\"", "flags only"}},
    {"short flag", {"-p", "80"}, {}, {"unknown flag -p", "--help"}},
    {"flag with one dash", {"-port=80"}, {}, {"unknown flag -port;", "did you mean --port?"}},
    {"another flag in place of a value", {"--port", "--host", "x"}, {}, {"--port needs a value"}},
    {"over the bound", {"--port", "65536"}, {}, {"--port", "65536", "0 to 65535", "8080"}},
    {"under the bound", {"--state-hz=0"}, {}, {"--state-hz", "1 to 240 Hz", "20 Hz"}},
    {"more digits than 64 bits", {"--port", "99999999999999999999999"}, {}, {"out of range"}},
    {"negative", {"--port", "-1"}, {}, {"--port", "not a whole number"}},
    {"no number", {"--port", "http"}, {}, {"\"http\"", "not a whole number"}},
    {"trailing letters", {"--port", "80a"}, {}, {"\"80a\"", "not a whole number"}},
    {"empty number", {}, {"PERSEID_PORT="}, {"PERSEID_PORT", "not a whole number"}},
    {"value missing at the end", {"--port"}, {}, {"--port needs a value"}},
    {"neither a number nor auto",
     {"--action-window-ms", "automatic"},
     {},
     {"\"automatic\" is neither a whole number nor auto; it takes 0 to 1000 ms or auto, by default "
      "0 ms"}},
    {"auto where only numbers are", {"--state-hz", "auto"}, {}, {"not a whole number"}},
    {"the number that stands for auto",
     {"--action-window-ms=4294967295"},
     {},
     {"out of range; it takes 0 to 1000 ms or auto"}},
    {"flag that is neither", {"--echo=maybe"}, {}, {"--echo", "neither true nor false"}},
    {"word that is no choice",
     {"--log-format", "xml"},
     {},
     {"--log-format: it takes text or json, not \"xml\""}},
    {"terminal escape in a value", {"--port", "\x1b[2J"}, {}, {"\"?[2J\""}},
    {"bad value in the environment", {}, {"PERSEID_PORT=tcp://10.0.0.1:80"}, {"PERSEID_PORT"}},
    {"file that is not there", {"--config", "/nonexistent/a.toml"}, {}, {"/nonexistent/a.toml"}},
    {"not a power of two", {"--recv-buffers", "1000"}, {}, {"--recv-buffers", "512 and 1024"}},
    {"fewer completions than entries",
     {"--completion-entries", "128", "--ring-entries", "256"},
     {},
     {"--completion-entries", "--ring-entries, 256"}},
    {"empty host", {}, {"PERSEID_HOST="}, {"--host", "0.0.0.0"}},
    {"origin without a scheme",
     {"--allow-origin", "https://a.example, game.example"},
     {},
     {"--allow-origin: \"game.example\" is not an origin; write https://game.example,"}},
    {"origin with a path",
     {"--allow-origin", "http://game.example:81/play"},
     {},
     {"write http://game.example:81, without a path"}},
    {"nothing to make an origin of",
     {"--allow-origin", "://"},
     {},
     {"write https://game.example,"}},
};

TEST(OptionsCli, MistakesAreNamedWithWhatIsRight) {
  for (const MistakeCase& row : kMistakes) {
    const CliResult result = read(row.flags, row.environment);
    EXPECT_EQ(result.action, CliAction::fail) << row.name;
    for (const char* part : row.says) {
      EXPECT_NE(result.error.find(part), std::string::npos)
          << row.name << ": \"" << result.error << "\" lacks " << part;
    }
    EXPECT_EQ(result.error.find_first_of("\n\x1b"), std::string::npos) << row.name;
  }
}

// CVE-2018-21035: two gigabytes, because nobody had said less. Here nobody can say "without end".
TEST(Hostile, row_26_no_flag_takes_what_is_unlimited) {
  const auto refused = [](const char* name, const std::string& value) {
    std::string flag = std::string("--") + name + "=" + value;
    std::replace(flag.begin(), flag.end(), '_', '-');
    EXPECT_EQ(read({flag.c_str()}).action, CliAction::fail) << flag;
  };
#define GROUP(title)
#define FLAG(name, help)
#define TEXT(name, init, help)
#define NUM(type, name, init, min, max, unit, help)                                        \
  for (const char* all : {"unlimited", "infinity", "inf", "none", "max", "*", "-1", "1e9", \
                          "18446744073709551615", "18446744073709551616"}) {               \
    refused(#name, all);                                                                   \
  }                                                                                        \
  refused(#name, std::to_string(u64{max} + 1));                                            \
  if (u64{min} > 0) refused(#name, std::to_string(u64{min} - 1));
  PERSEID_OPTIONS(GROUP, FLAG, NUM, NUM, TEXT)
#undef GROUP
#undef FLAG
#undef TEXT
#undef NUM
}

TEST(OptionsCli, NothingSaidMeansTheDefaults) {
  const CliResult result = read({});
  EXPECT_EQ(result.action, CliAction::run);
  EXPECT_EQ(result.options.port, 8080);
  EXPECT_EQ(result.options.host, "127.0.0.1");
  EXPECT_FALSE(result.options.echo);
  EXPECT_TRUE(result.warnings.empty());
}

TEST(OptionsCli, FlagWinsOverEnvironment) {
  const CliResult result =
      read({"--port", "1"}, {"PERSEID_PORT=2", "PERSEID_STATE_HZ=30", "PERSEID_ECHO=true"});
  ASSERT_EQ(result.action, CliAction::run) << result.error;
  EXPECT_EQ(result.options.port, 1);
  EXPECT_EQ(result.options.state_hz, 30u);
  EXPECT_TRUE(result.options.echo);
}

TEST(OptionsCli, AnEnvironmentNameWhoseFlagIsGivenIsNotRead) {
  const CliResult result = read({"--port", "1"}, {"PERSEID_PORT=tcp://10.0.0.1:80"});
  ASSERT_EQ(result.action, CliAction::run) << result.error;
  EXPECT_EQ(result.options.port, 1);
}

TEST(OptionsCli, EveryKindOfOriginIsTaken) {
  const CliResult result =
      read({"--allow-origin", "https://a.example,http://[::1]:3000,null,*,app://localhost"});
  EXPECT_EQ(result.action, CliAction::run) << result.error;
}

TEST(OptionsCli, OptionsThatDisagreeAreNamedAsFlags) {
  const CliResult result = read({"--heartbeat-interval-ms", "5000", "--timeout-ms", "4000",
                                 "--max-message-bytes", "3000000"});
  ASSERT_EQ(result.warnings.size(), 2u);
  for (const Warning& warning : result.warnings) EXPECT_EQ(warning.event, "options_disagree");
  EXPECT_EQ(result.warnings[0].text.rfind("--heartbeat-interval-ms (5000)", 0), 0u);
  EXPECT_EQ(result.warnings[1].text.rfind("--max-message-bytes (3000000)", 0), 0u);
}

TEST(OptionsCli, WhereTokensAreAskedForEveryHelloShouldFit) {
  const char* const secret = "ssssssssssssssssssssssssssssssss";
  EXPECT_TRUE(read({"--token-secret", secret}).warnings.empty()) << "the defaults agree";
  EXPECT_TRUE(read({"--meta-bytes-max", "65536"}).warnings.empty()) << "nobody is a stranger";
  const CliResult result = read({"--token-secret", secret, "--meta-bytes-max", "65536"});
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].text.rfind("--unauthenticated-bytes-max (24576)", 0), 0u);
}

TEST(OptionsCli, TheLastOfARepeatedFlagCounts) {
  EXPECT_EQ(read({"--port", "1", "--port=2"}).options.port, 2);
}

TEST(OptionsCli, FlagsMayBeBareOrSpelledOut) {
  EXPECT_TRUE(read({"--echo"}).options.echo);
  EXPECT_TRUE(read({"--echo=true"}).options.echo);
  EXPECT_FALSE(read({"--echo=false"}, {"PERSEID_ECHO=1"}).options.echo);
  const CliResult followed = read({"--echo", "--port", "9"});
  EXPECT_TRUE(followed.options.echo);
  EXPECT_EQ(followed.options.port, 9);
}

TEST(OptionsCli, ForeignEnvironmentNamesAreToldAndIgnored) {
  const CliResult result = read({}, {"PERSEID_PROT=3", "HOME=/", "PERSEID_SERVICE_HOST=x"});
  EXPECT_EQ(result.action, CliAction::run);
  ASSERT_EQ(result.warnings.size(), 2u);
  EXPECT_EQ(result.warnings[0].event, "option_ignored");
  EXPECT_NE(result.warnings[0].text.find("PERSEID_PORT"), std::string::npos);
}

TEST(OptionsCli, AskingComesBeforeMistakes) {
  EXPECT_EQ(read({"--help"}).action, CliAction::help);
  EXPECT_EQ(read({"-h", "--prot"}).action, CliAction::help);
  EXPECT_EQ(read({"--version"}).action, CliAction::version);
  EXPECT_EQ(read({"--reference"}).action, CliAction::reference);
}

TEST(OptionsCli, EveryOptionTakesItsBoundsFromEverySource) {
  for (const OptionInfo& option : option_table()) {
    if (option.kind != OptionKind::number) continue;
    const bool paired = option.name == "completion_entries" || option.name == "ring_entries";
    for (const u64 value : {option.min, option.max}) {
      const std::string flag = flag_name(option) + "=" + std::to_string(value);
      const std::string variable = environment_name(option) + "=" + std::to_string(value);
      EXPECT_TRUE(paired || read({flag.c_str()}).action == CliAction::run) << flag;
      EXPECT_TRUE(paired || read({}, {variable.c_str()}).action == CliAction::run) << variable;
    }
    const std::string over = flag_name(option) + "=" + std::to_string(option.max + 1);
    EXPECT_EQ(read({over.c_str()}).action, CliAction::fail) << over;
  }
}

TEST(OptionsCli, AutoIsTakenFromEverySource) {
  EXPECT_EQ(read({"--action-window-ms", "auto"}).options.action_window_ms, kAuto);
  EXPECT_EQ(read({}, {"PERSEID_ACTION_WINDOW_MS=auto"}).options.action_window_ms, kAuto);
  Options options;
  RoomRules rules;
  const OptionError error =
      read_config_text("action_window_ms = \"auto\"", "a.toml", options, rules);
  EXPECT_FALSE(error) << *error;
  EXPECT_EQ(options.action_window_ms, kAuto);
  EXPECT_EQ(read({"--action-window-ms=1000"}).options.action_window_ms, 1000u);
}

TEST(ConfigFile, TakesBothSpellings) {
  Options options;
  RoomRules rules;
  const OptionError error = read_config_text(
      "# a comment\nport = 9000\nstate-hz = 30\necho = true\nlog_format = \"json\"\n", "a.toml",
      options, rules);
  EXPECT_FALSE(error) << *error;
  EXPECT_EQ(options.port, 9000);
  EXPECT_EQ(options.state_hz, 30u);
  EXPECT_TRUE(options.echo);
  EXPECT_EQ(options.log_format, "json");
}

struct FileMistake {
  const char* name;
  const char* text;
  std::vector<const char*> says;
};

const FileMistake kFileMistakes[] = {
    {"unknown key", "\nprot = 3", {"a.toml:2:", "key prot", "did you mean port?"}},
    {"number in quotes", "port = \"80\"", {"a.toml:1: port", "without quotes"}},
    {"word that is not auto",
     "action_window_ms = \"10\"",
     {"a.toml:1: action_window_ms", "without quotes, or \"auto\""}},
    {"fraction", "port = 8.5", {"a.toml:1: port", "whole number"}},
    {"text without quotes", "host = 1", {"a.toml:1: host", "in quotes"}},
    {"flag as a number", "echo = 1", {"a.toml:1: echo", "true or false"}},
    {"out of range", "port = 70000", {"a.toml:1: port", "0 to 65535"}},
    {"negative", "port = -1", {"a.toml:1: port", "0 to 65535"}},
    {"table", "[net]\nport = 1", {"a.toml:1: net", "top level"}},
    {"file in a file", "config = \"b.toml\"", {"a.toml:1: config"}},
    {"not TOML", "port = = 1", {"a.toml:1:", "not TOML"}},
    {"the same key twice", "port = 1\nport = 2", {"a.toml:2:"}},
};

TEST(ConfigFile, MistakesAreNamedWithTheirLine) {
  for (const FileMistake& row : kFileMistakes) {
    Options options;
    RoomRules rules;
    const OptionError error = read_config_text(row.text, "a.toml", options, rules);
    ASSERT_TRUE(error) << row.name;
    for (const char* part : row.says) {
      EXPECT_NE(error->find(part), std::string::npos)
          << row.name << ": \"" << *error << "\" lacks " << part;
    }
  }
}

TEST(ConfigFile, TheTwoSpellingsOfOneNameAreTheSameKey) {
  Options options;
  RoomRules rules;
  const OptionError error =
      read_config_text("state_hz = 10\nstate-hz = 20\n", "a.toml", options, rules);
  ASSERT_TRUE(error);
  EXPECT_NE(error->find("twice"), std::string::npos) << *error;
}

TEST(ConfigFile, AnEmptyFileIsNoMistake) {
  const std::string path = testing::TempDir() + "perseid_empty.toml";
  std::ofstream(path).close();
  Options options;
  RoomRules rules;
  const OptionError error = read_config_file(path, options, rules);
  EXPECT_FALSE(error) << *error;
}

TEST(ConfigFile, WhatCannotBeReadIsToldWithTheReason) {
  Options options;
  RoomRules rules;
  for (const auto& [path, reason] :
       {std::pair{"/nonexistent/a.toml", "No such file"}, std::pair{"/tmp", "Is a directory"}}) {
    const OptionError error = read_config_file(path, options, rules);
    ASSERT_TRUE(error) << path;
    EXPECT_NE(error->find(reason), std::string::npos) << *error;
  }
}

TEST(Help, NamesWhatATextOptionTakes) {
  EXPECT_NE(help_text().find("--host ADDRESS"), std::string::npos);
  EXPECT_NE(help_text().find("--config FILE"), std::string::npos);
  EXPECT_NE(help_text().find("[0 ms; 0..1000 or auto]"), std::string::npos);
}

TEST(Help, NamesEveryOptionAndFitsTheTerminal) {
  const std::string help = help_text();
  for (const OptionInfo& option : option_table()) {
    EXPECT_NE(help.find("\n  " + flag_name(option)), std::string::npos) << option.name;
  }
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = help.find('\n', at);
    EXPECT_LE(end - at, 100u) << help.substr(at, end - at);
    at = end + 1;
  }
}

}  // namespace
}  // namespace perseid
