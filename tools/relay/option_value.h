// One value, from any source, checked against its option and put into Options.
// Thread: start-up only. Errors are sentences for the person who typed the value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/warning.h"
#include "tools/relay/option_table.h"

namespace perseid {

// A sentence that says what was wrong and what is right; nothing if all is well.
using OptionError = std::optional<std::string>;

// `where` names the source and the key as the person wrote it: "--port", "PERSEID_PORT",
// "relay.toml:3: port".
OptionError set_option(const OptionInfo& option, std::string_view where, std::string_view value,
                       Options& options);
// "unknown flag --prot; did you mean --port?" `spelled_right` is the suggestion as the source
// spells it, empty if there is none.
std::string unknown_name(std::string_view where, std::string_view spelled_right);

// What no single option can tell: an error, or else warnings.
OptionError check_together(const Options& options);
std::vector<Warning> option_warnings(const Options& options);

}  // namespace perseid
