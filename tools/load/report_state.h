// What the report of a `state` run says beside the flow.
// Thread: none; pure functions.
#pragma once

#include <string>

#include "tools/load/config.h"
#include "tools/load/json_object.h"
#include "tools/load/result.h"

namespace perseid::load {

// Clients that one core of the server carries, by the CPU time of a delivery and the deliveries
// that are due to each, so that what a server leaves out does not count in its favour; 0 if not
// known.
double clients_per_core(const Config& config, const Result& result);
void add_state_text(std::string& out, const Config& config, const Result& result);
void add_state_json(JsonObject& out, const Config& config, const Result& result);

}  // namespace perseid::load
