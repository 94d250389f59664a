#include <ostream>

#include "net/store/sqlite_file.h"
#include "tools/ctl/ctl.h"

namespace perseid::ctl {

int check_store(const std::string& folder, std::ostream& out, std::ostream& problems) {
  constexpr u32 kProblemsMax = 100;
  StoreFile file;
  if (const std::string problem = file.look(folder); !problem.empty()) {
    problems << problem << '\n';
    return 1;
  }
  const std::vector<std::string> found = file.check(kProblemsMax);
  for (const std::string& problem : found) problems << problem << '\n';
  u64 rooms = 0;
  u64 messages = 0;
  u64 bytes = 0;
  const bool read = file.each_room([&](const StoredRoom& room) {
    ++rooms;
    messages += room.last_seq + 1 - room.first_seq;
    bytes += room.bytes;
  });
  if (read) {
    out << rooms << " rooms, " << messages << " messages, " << bytes
        << " bytes of payload: " << (found.empty() ? "all is well" : "not all is well") << '\n';
  }
  return read && found.empty() ? 0 : 1;
}

}  // namespace perseid::ctl
