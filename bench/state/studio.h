// Studio: makes the scenes as they are needed, and keeps the last two: the one that is measured and
// the one that is learnt from.
// Thread: one. Owns: the scenes handed out, each until two others have been asked for.
#pragma once

#include <deque>

#include "bench/state/config.h"
#include "bench/state/progress_line.h"
#include "bench/state/scene.h"

namespace perseid::bench {

struct Take {
  Scene scene;
  std::string hash;  // of the recording; the cubes' only
  u64 settled = 0;
};

class Studio {
 public:
  Studio(const Config& config, ProgressLine& line) : config_(config), line_(line) {}
  const Take& take(const std::string& scene, u64 seed);

 private:
  Take make(const std::string& scene, u64 seed);
  Take make_cubes(u64 seed);

  const Config& config_;
  ProgressLine& line_;
  std::deque<Take> kept_;
};

}  // namespace perseid::bench
