// The lines that pages of the report are made of. Thread: none; pure functions.
#pragma once

#include <string>

#include "tools/load/histogram.h"

namespace perseid::load {

[[gnu::format(printf, 2, 3)]] void line(std::string& out, const char* format, ...);
void add_latency_line(std::string& out, const char* title, const Histogram& latency);

}  // namespace perseid::load
