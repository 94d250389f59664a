// perseid-state-bench: see --help and bench/README.md.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "bench/state/config.h"
#include "bench/state/report.h"
#include "bench/state/studio.h"

namespace perseid::bench {
namespace {

// What learns beforehand learns from another recording: that of the next seed.
u64 seed_to_learn_from(const Config& config, std::size_t index) {
  if (config.seeds.size() == 1) return config.seeds[0] + 1;
  return config.seeds[(index + 1) % config.seeds.size()];
}

void measure_coders(const Config& config, const Scene& scene, const Scene& training,
                    ProgressLine& line, RunResult& result) {
  std::vector<CoderKind> kinds = coders_for(scene, training);
  std::erase_if(kinds, [&config](const CoderKind& kind) {
    return kind.name.find(config.only) == std::string::npos;
  });
  u32 done = 0;
  for (const CoderKind& kind : kinds) {
    line.show(scene.name + ", seed " + std::to_string(scene.seed) + ": " + kind.name, done++,
              static_cast<u32>(kinds.size()));
    result.figures.push_back(measure(scene, kind));
  }
}

RunResult run_one(const Config& config, const std::string& name, std::size_t index, Studio& studio,
                  ProgressLine& line) {
  const Take take = studio.take(name, config.seeds[index]);
  const Scene& scene = take.scene;
  RunResult result{.scene = name,
                   .seed = scene.seed,
                   .entities = scene.entities,
                   .frames = static_cast<u32>(scene.frames.size()),
                   .frames_per_second = scene.frames_per_second,
                   .hash = take.hash,
                   .settled = take.settled,
                   .activity = {activity_of(scene, 1), activity_of(scene, 6)},
                   .figures = {}};
  if (config.record_only) return result;
  const Take& other = studio.take(name, seed_to_learn_from(config, index));
  measure_coders(config, scene, other.scene, line, result);
  return result;
}

void run(const Config& config) {
  std::ofstream json;
  const auto cannot_write = [&config] {
    throw std::runtime_error("--json: cannot write " + config.json_file + ": " +
                             std::strerror(errno));
  };
  const bool wants_json = !config.json_file.empty();
  if (wants_json) json.open(config.json_file);  // before the run, which is long
  if (wants_json && !json) cannot_write();
  ProgressLine line(config.quiet);
  Studio studio(config, line);
  std::vector<RunResult> results;
  for (const std::string& scene : config.scenes) {
    for (std::size_t i = 0; i < config.seeds.size(); ++i) {
      results.push_back(run_one(config, scene, i, studio, line));
    }
  }
  std::fputs(to_text(results).c_str(), stdout);
  if (wants_json && !(json << to_json(config.command, results)).flush()) cannot_write();
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
