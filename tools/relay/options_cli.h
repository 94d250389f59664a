// Options from flags, environment and file: a flag wins over the environment, that over the file,
// that over the default. The one place that sees CLI11. Thread: start-up only.
#pragma once

#include <string>
#include <vector>

#include "engine/options.h"
#include "engine/room_rule.h"
#include "engine/warning.h"

namespace perseid {

enum class CliAction : u8 { run, help, version, reference, fail };

struct CliResult {
  CliAction action = CliAction::run;
  Options options;
  RoomRules room_rules;           // the file's, in its order
  std::string error;              // one sentence, if action is fail
  std::vector<Warning> warnings;  // if action is run
};

// `environment` is null-terminated NAME=VALUE strings, as environ is.
CliResult read_options(int argc, const char* const* argv, const char* const* environment);

}  // namespace perseid
