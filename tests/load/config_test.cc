// The command line of perseid-load: what it takes, and the sentence that each mistake gets.
#include "tools/load/config.h"

#include <gtest/gtest.h>

#include <vector>

#include "tools/load/config_check.h"
#include "tools/load/host.h"

namespace perseid::load {
namespace {

using Words = std::vector<std::string>;

struct Outcome {
  bool runs = false;
  int exit_code = 0;
  Config config;
  std::string said;  // on standard error
};

Outcome read(Words words) {
  words.insert(words.begin(), "perseid-load");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Outcome out;
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  out.runs = read_config(static_cast<int>(argv.size()), argv.data(), out.config, out.exit_code);
  out.said = testing::internal::GetCapturedStderr() + testing::internal::GetCapturedStdout();
  return out;
}

struct MistakeCase {
  Words words;
  const char* says;
};

const MistakeCase kMistakes[] = {
    {{}, "which scenario? there are idle, fanout, players, state, resume, attack and echo"},
    {{"nosuch"},
     "\"nosuch\" is no scenario; there are idle, fanout, players, state, resume, attack and echo"},
    {{"--quiet"}, "the scenario comes first; there are idle"},
    {{"idle", "--rooms", "0"}, "--rooms must be at least 1"},
    {{"fanout", "--rooms", "0"}, "--rooms must be at least 1"},
    {{"players", "--room-size", "0"}, "there are no clients"},
    {{"attack", "--rooms", "0"}, "--rooms must be at least 1"},
    {{"attack", "--kinds", "pings,nosuch"}, "--kinds: there are head_drip tls_drip"},
    {{"attack", "--kinds", "tls_drip"}, "tls_drip with --tls only"},
    {{"attack", "--hostile", "4000000000"}, "clients need as many open files"},
    {{"fanout", "--rate", "-1"}, "--rate must be 0 to 1000000"},
    {{"fanout", "--rate", "nan"}, "--rate must be 0 to 1000000"},
    {{"echo", "--duration-s", "-1"}, "--duration-s must be 0 to"},
    {{"echo", "--warmup-s", "1e300"}, "--warmup-s must be 0 to"},
    {{"echo", "--drain-s", "-1"}, "--drain-s must be 0 to"},
    {{"idle", "--settle-s", "-1"}, "--settle-s must be 0 to"},
    {{"fanout", "--size", "5"}, "--size must be 47 to 60000: each payload bears its sender"},
    {{"fanout", "--size", "60001"}, "--size must be 47 to 60000"},
    {{"fanout", "--protocol", "foo"}, "--protocol: foo not in {perseid,raw,bun}"},
    {{"fanout", "--port", "99999"}, "--port: Value 99999 not in range 1 to 65535"},
    {{"fanout", "--nosuch"}, "--nosuch\nperseid-load fanout --help tells"},
    {{"echo", "--server-pid", "999999999"}, "--server-pid 999999999: there is no such process"},
    {{"echo", "--server-pid", "-1"}, "there is no such process"},
    {{"state", "--room-size", "0"}, "there are no clients"},
    {{"state", "--hz", "0"}, "--hz: Value 0 not in range 1 to 1000"},
    {{"state", "--flavour", "xml"}, "--flavour: xml not in {bin,json,both}"},
    {{"state", "--verify", "--slow-half"}, "--verify and --slow-half are two runs"},
    {{"echo", "--connections", "4000000000"}, "4000000000 clients need as many open files"},
};

TEST(LoadConfig, MistakesAreNamed) {
  for (const MistakeCase& row : kMistakes) {
    const Outcome outcome = read(row.words);
    EXPECT_FALSE(outcome.runs) << row.says;
    EXPECT_EQ(outcome.exit_code, 1) << row.says;
    EXPECT_NE(outcome.said.find(row.says), std::string::npos)
        << outcome.said << "lacks " << row.says;
  }
}

TEST(LoadConfig, AskingIsNoMistake) {
  for (const Words& words : {Words{"--help"}, Words{"--version"}, Words{"idle", "--help"}}) {
    const Outcome outcome = read(words);
    EXPECT_FALSE(outcome.runs);
    EXPECT_EQ(outcome.exit_code, 0);
  }
  EXPECT_EQ(read({"--version"}).said.rfind("perseid-load 0", 0), 0u);
  EXPECT_NE(read({"--help"}).said.find("perseid-load players --help"), std::string::npos);
}

TEST(LoadConfig, TakesEveryProtocol) {
  EXPECT_EQ(read({"echo"}).config.protocol, Protocol::perseid);
  EXPECT_EQ(read({"echo", "--raw"}).config.protocol, Protocol::raw);
  EXPECT_EQ(read({"fanout", "--protocol", "raw", "--members", "1"}).config.protocol, Protocol::raw);
  EXPECT_EQ(read({"fanout", "--protocol", "bun", "--members", "1"}).config.protocol, Protocol::bun);
}

TEST(LoadConfig, IdleTakesWhatASlopeNeedsOrAsManyAsMay) {
  Config config;
  config.scenario = Scenario::idle;
  fill_in(config, 100'000);
  EXPECT_EQ(config.connections, 15000u);
  EXPECT_EQ(config.measure_from, 2000u);
  config.connections = config.measure_from = 0;
  fill_in(config, 990);
  EXPECT_EQ(config.connections, 990u);
  EXPECT_EQ(config.measure_from, 198u);
  EXPECT_EQ(problem_of(config, 990), "");
}

TEST(LoadConfig, EchoAndPlayersHaveTheirOwnDefaults) {
  EXPECT_EQ(read({"echo"}).config.connections, 64u);
  EXPECT_EQ(read({"players", "--room-size", "2"}).config.rate_per_s, 20);
}

TEST(LoadConfig, StateTakesItsFlavour) {
  EXPECT_EQ(read({"state", "--room-size", "2"}).config.flavour, StateFlavour::bin);
  EXPECT_EQ(read({"state", "--room-size", "2"}).config.rate_per_s, 20);
  EXPECT_EQ(read({"state", "--flavour", "json", "--room-size", "2"}).config.flavour,
            StateFlavour::json);
  const Config verified = read({"state", "--verify", "--room-size", "4", "--rooms", "3"}).config;
  EXPECT_EQ(verified.flavour, StateFlavour::both);
  EXPECT_EQ(verified.clients(), 12u);
  EXPECT_EQ(verified.room_of(5), 1u);
  EXPECT_EQ(verified.member_of(5), 1u);
}

TEST(LoadHost, NamesAreResolved) {
  EXPECT_EQ(numeric_host("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(numeric_host("localhost"), "127.0.0.1");
  EXPECT_THROW(numeric_host("::1"), std::runtime_error);
}

}  // namespace
}  // namespace perseid::load
