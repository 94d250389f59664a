// Config: what one run of perseid-state-bench does, as its command line says.
// Thread: filled at start, read only from then on.
#pragma once

#include <string>
#include <vector>

#include "codec/bytes.h"

namespace perseid::bench {

struct Config {
  std::vector<std::string> scenes = {"cubes", "players", "players-late", "football"};
  std::vector<u64> seeds = {1, 2, 3};
  double seconds = 60;     // of each scene
  std::string only;        // coders whose name contains it
  std::string recordings;  // a folder; empty: the cubes are not written to files
  std::string json_file;
  bool record_only = false;
  bool quiet = false;
  std::string command;  // as it was typed
};

// False if the program is to end with `exit_code`.
bool read_config(int argc, char** argv, Config& config, int& exit_code);

}  // namespace perseid::bench
