// What a database has read of a page of history, made whole: no message without its events.
// Thread: none; a pure function.
#pragma once

#include <algorithm>

#include "engine/store.h"

namespace perseid {

// `events`: those of the newest message first, of each the newest first; `cut`: of which message
// the first was that did not fit, or 0. That message goes, and what is older, unless it is the
// newest.
inline void settle_page(store::ReadPage& page, Seq cut) {
  if (cut != 0) {
    const Seq first = cut == page.messages.back().seq ? cut : cut + 1;
    std::erase_if(page.messages, [first](const auto& each) { return each.seq < first; });
    std::erase_if(page.events, [first](const auto& each) { return each.target < first; });
  }
  std::sort(page.events.begin(), page.events.end(),
            [](const auto& a, const auto& b) { return a.seq < b.seq; });
}

}  // namespace perseid
