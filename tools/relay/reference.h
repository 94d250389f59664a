// docs/reference.md, made from the lists that the code itself is made from: options, errors, close
// codes, events, ops, counters. Thread: start-up only.
#pragma once

#include <string>

namespace perseid {

// Markdown. docs/reference.md equals it, or a test fails.
std::string reference_page();

}  // namespace perseid
