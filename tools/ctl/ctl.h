// perseidctl: what an operator does with a store while no relay has it: export, import, check.
// Thread: one. Each returns the exit code; what it has to say goes to `out` and `problems`.
#pragma once

#include <iosfwd>
#include <string>

namespace perseid::ctl {

// One JSON object per line: rooms, their messages and facts, private messages.
int export_store(const std::string& folder, std::ostream& out, std::ostream& problems);
// Into a store that has none of the rooms; all or nothing.
int import_store(const std::string& folder, std::istream& in, std::ostream& problems);
int check_store(const std::string& folder, std::ostream& out, std::ostream& problems);

}  // namespace perseid::ctl
