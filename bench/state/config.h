// Config: what one run of perseid-state-bench does, as its command line says.
// Thread: filled at start, read only from then on.
#pragma once

#include <string>
#include <vector>

#include "codec/bytes.h"

namespace perseid::bench {

struct Config {
  std::vector<u64> seeds = {1, 2, 3};
  u32 cubes_frames = 3600;  // a minute at 60 Hz
  std::string recordings;   // a folder; empty: the cubes are not written to files
  bool quiet = false;
};

// False if the program is to end with `exit_code`.
bool read_config(int argc, char** argv, Config& config, int& exit_code);

}  // namespace perseid::bench
