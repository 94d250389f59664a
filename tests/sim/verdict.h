// Verdict: what a run broke, and, when asked for, what led to it.
// Thread: the run's. Owns: its texts.
// Invariant: tracing changes nothing in the run, so a failed seed is run again with it.
#pragma once

#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "codec/bytes.h"

namespace perseid::sim {

class Verdict {
 public:
  explicit Verdict(bool traced) : traced_(traced) {}

  void fail(const std::string& what) {
    note("FAIL " + what);
    if (failures_.size() < kFailuresMax) failures_.push_back(at() + what);
  }
  bool traced() const { return traced_; }
  void note(const std::string& what) {
    if (!traced_) return;
    tail_.push_back(at() + what);
    if (tail_.size() > kTailLines) tail_.pop_front();
  }

  const std::vector<std::string>& failures() const { return failures_; }
  bool green() const { return failures_.empty(); }
  std::string report() const {
    std::string out;
    for (const std::string& line : tail_) out += "  " + line + "\n";
    for (const std::string& failure : failures_) out += "FAILED " + failure + "\n";
    return out;
  }

  u64 now_ms = 0;  // virtual, for the texts

 private:
  static constexpr std::size_t kFailuresMax = 10;
  static constexpr std::size_t kTailLines = 20000;
  std::string at() const { return "[" + std::to_string(now_ms) + " ms] "; }

  const bool traced_;
  std::vector<std::string> failures_;
  std::deque<std::string> tail_;
};

}  // namespace perseid::sim
