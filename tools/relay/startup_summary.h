// What the relay says when it starts: one block for a person, or one log line in JSON; and how to
// reach it. Thread: the main one. Pure functions of values.
#pragma once

#include <optional>
#include <string>

#include "engine/options.h"
#include "engine/warning.h"
#include "net/server.h"
#include "tools/relay/log_line.h"

namespace perseid {

// "127.0.0.1:8080", "[::1]:8080": what stands behind `listening on`.
std::string listen_address(const StartReport& report);
// The same of the second port.
std::string plain_address(const StartReport& report);
// The demo page as a browser on this machine reaches it.
std::string page_url(const StartReport& report);
// If --allow-origin shuts the demo page out.
std::optional<Warning> page_warning(const Options& options, const StartReport& report);
// Several lines, each ended.
// What the internet could do with this relay, if it can reach it.
std::optional<Warning> exposure_warning(const StartReport& report);
std::string summary_text(const Options& options, const StartReport& report);
// The same facts as fields of one line.
void add_summary(LogLine& line, const StartReport& report);

}  // namespace perseid
