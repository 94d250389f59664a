// The part of a report that only a run of `attack` has.
// Thread: none; pure functions.
#pragma once

#include <string>

#include "tools/load/json_object.h"
#include "tools/load/result.h"

namespace perseid::load {

void add_attack_text(std::string& out, const AttackFigures& figures);
void add_attack_json(JsonObject& out, const AttackFigures& figures);

}  // namespace perseid::load
