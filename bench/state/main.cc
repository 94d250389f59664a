// perseid-state-bench: see --help and bench/README.md.
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "bench/state/config.h"
#include "bench/state/cubes.h"
#include "bench/state/progress_line.h"

namespace perseid::bench {
namespace {

void run(const Config& config) {
  ProgressLine line(config.quiet);
  if (!config.recordings.empty()) std::filesystem::create_directories(config.recordings);
  for (const u64 seed : config.seeds) {
    const std::string name = "cubes-" + std::to_string(seed);
    const Recording recording = record_cubes(
        seed, config.cubes_frames,
        [&line, &name](u32 done, u32 all) { line.show("simulating " + name, done, all); });
    std::printf("%s: %u frames, hash %016llx\n", name.c_str(), config.cubes_frames,
                hash_of(recording) + 0ULL);
    if (!config.recordings.empty()) {
      write_recording(config.recordings + "/" + name + ".rec", recording);
    }
  }
}

}  // namespace
}  // namespace perseid::bench

int main(int argc, char** argv) {
  perseid::bench::Config config;
  int exit_code = 0;
  if (!perseid::bench::read_config(argc, argv, config, exit_code)) return exit_code;
  try {
    perseid::bench::run(config);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "perseid-state-bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
