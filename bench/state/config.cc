#include "bench/state/config.h"

#include <CLI/CLI.hpp>

namespace perseid::bench {
namespace {

void add_options(CLI::App& app, Config& config) {
  app.add_option("--scenes", config.scenes,
                 "Which scenes: cubes, players, players-late, football; by default all")
      ->delimiter(',')
      ->check(CLI::IsMember({"cubes", "players", "players-late", "football"}))
      ->option_text("SCENE,...");
  app.add_option("--seeds", config.seeds, "A recording of each scene for each of these seeds")
      ->delimiter(',')
      ->option_text("N,...=1,2,3");
  app.add_option("--seconds", config.seconds, "Length of each recording, s")
      ->check(CLI::Range(1.0, 600.0))
      ->option_text("SECONDS=60");
  app.add_option("--only", config.only, "Only coders whose name contains this")
      ->option_text("TEXT");
  app.add_option("--json", config.json_file, "Write the figures to this file")->option_text("FILE");
  app.add_option("--recordings", config.recordings,
                 "Write the cubes' frames to DIR/cubes-SEED.rec as well (90 MB a minute)")
      ->option_text("DIR");
  app.add_flag("--record-only", config.record_only, "Measure no coder");
  app.add_flag("--quiet", config.quiet, "No progress on standard error");
}

}  // namespace

bool read_config(int argc, char** argv, Config& config, int& exit_code) {
  CLI::App app{
      "perseid-state-bench: what a tick of game state costs, in bytes and microseconds, coder by "
      "coder.\nEnds with 1 if a coder does not give back every frame exactly."};
  add_options(app, config);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return false;
  }
  config.command = "perseid-state-bench";
  for (int i = 1; i < argc; ++i) config.command += std::string(" ") + argv[i];
  return true;
}

}  // namespace perseid::bench
