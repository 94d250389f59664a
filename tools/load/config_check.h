// What of a command line cannot be run, and the limit of open files that bounds it.
// Thread: start-up only.
#pragma once

#include <string>

#include "tools/load/config.h"

namespace perseid::load {

// A sentence about the first thing that is wrong; empty if the run can be made. `clients_max` is
// what clients_allowed() said.
std::string problem_of(const Config& config, u32 clients_max);
// Raises the limit of open files as far as allowed; the clients that then fit.
u32 clients_allowed();
// Numbers that were not given and depend on the scenario.
void fill_in(Config& config, u32 clients_max);

}  // namespace perseid::load
