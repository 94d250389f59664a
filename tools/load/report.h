// Report: a Result as one JSON object for programs, and as a page for people.
// Thread: none; pure functions.
#pragma once

#include <string>

#include "tools/load/config.h"
#include "tools/load/result.h"

namespace perseid::load {

std::string_view name(Scenario scenario);
std::string_view name(Protocol protocol);
std::string to_json(const Config& config, const Result& result);
std::string to_text(const Config& config, const Result& result);

}  // namespace perseid::load
