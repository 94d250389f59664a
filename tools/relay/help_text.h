// The text of `perseid --help`, made from the table of options. Thread: start-up only.
#pragma once

#include <string>
#include <string_view>

namespace perseid {

inline constexpr std::string_view kVersion = PERSEID_VERSION;

std::string help_text();

}  // namespace perseid
