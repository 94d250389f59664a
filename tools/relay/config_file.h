// The TOML file named by --config: keys are the options' names, and each [[room]] is a rule for
// rooms. The one place that sees toml++.
// Thread: start-up only.
#pragma once

#include <string>

#include "engine/room_rule.h"
#include "tools/relay/option_value.h"

namespace perseid {

// Reads the file into `options` and `rules`. Errors name file, line, key, and what the key takes.
OptionError read_config_file(const std::string& path, Options& options, RoomRules& rules);
// The same from text; `path` only names it in errors.
OptionError read_config_text(std::string_view text, const std::string& path, Options& options,
                             RoomRules& rules);

}  // namespace perseid
