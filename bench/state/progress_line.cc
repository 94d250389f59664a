#include "bench/state/progress_line.h"

#include <unistd.h>

#include <cstdio>

namespace perseid::bench {

void ProgressLine::show(const std::string& what, u32 done, u32 all) {
  if (quiet_) return;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const auto now = std::chrono::steady_clock::now();
  const auto pause = std::chrono::milliseconds(terminal ? 200 : 5000);
  if (done < all && now - shown_ < pause) return;
  shown_ = now;
  std::fprintf(stderr, "%s%s: %u/%u%s", terminal ? "\r\033[K" : "", what.c_str(), done, all,
               terminal && done < all ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace perseid::bench
