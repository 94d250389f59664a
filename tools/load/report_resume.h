// What the report of a `resume` run says.
// Thread: none; pure functions.
#pragma once

#include <string>

#include "tools/load/json_object.h"
#include "tools/load/result.h"

namespace perseid::load {

void add_resume_text(std::string& out, const ResumeFigures& figures);
void add_resume_json(JsonObject& out, const ResumeFigures& figures);

}  // namespace perseid::load
