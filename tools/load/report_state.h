// What the report of a `state` run says beside the flow.
// Thread: none; pure functions.
#pragma once

#include <string>

#include "tools/load/config.h"
#include "tools/load/json_object.h"
#include "tools/load/result.h"

namespace perseid::load {

// Clients that one core of the server carries, by its CPU time; 0 if that is not known.
double clients_per_core(const Result& result);
void add_state_text(std::string& out, const Config& config, const Result& result);
void add_state_json(JsonObject& out, const Config& config, const Result& result);

}  // namespace perseid::load
