// ProgressLine: one line on standard error, rewritten at most five times a second, so that long
// work is seen to live.
// Thread: one.
#pragma once

#include <chrono>
#include <string>

#include "codec/bytes.h"

namespace perseid::bench {

class ProgressLine {
 public:
  explicit ProgressLine(bool quiet) : quiet_(quiet) {}
  void show(const std::string& what, u32 done, u32 all);

 private:
  bool quiet_;
  std::chrono::steady_clock::time_point shown_{};
};

}  // namespace perseid::bench
