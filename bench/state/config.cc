#include "bench/state/config.h"

#include <CLI/CLI.hpp>

namespace perseid::bench {

bool read_config(int argc, char** argv, Config& config, int& exit_code) {
  CLI::App app{"perseid-state-bench: what a tick of game state costs, in bytes and microseconds."};
  app.add_option("--seeds", config.seeds, "One recording of each scene for each of these seeds")
      ->delimiter(',')
      ->option_text("N,N,...=1,2,3");
  app.add_option("--cubes-frames", config.cubes_frames, "Frames of the cubes, 60 a second")
      ->check(CLI::Range(8, 100000))
      ->option_text("FRAMES=3600");
  app.add_option("--recordings", config.recordings,
                 "Write the cubes' frames to DIR/cubes-SEED.rec as well (some 90 MB each)")
      ->option_text("DIR");
  app.add_flag("--quiet", config.quiet, "No progress on standard error");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return false;
  }
  return true;
}

}  // namespace perseid::bench
