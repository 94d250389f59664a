// Baseline: the frames that both sides still hold, to code the next one against.
// Thread: the owner's. Owns: `distance` frames.
// Invariant: before the first `distance` frames it is the empty frame: all parts 0, all texts
// empty.
#pragma once

#include "bench/state/scene_build.h"

namespace perseid::bench {

class Baseline {
 public:
  Baseline(const Scene& scene, u32 distance) : frames_(distance, empty_frame(scene)) {}
  // The frame `distance` before the one that is coded now.
  const Frame& frame() const { return frames_[next_]; }
  // The frame now coded; its place is that of the oldest.
  void push(const Frame& frame) {
    frames_[next_] = frame;
    next_ = (next_ + 1) % frames_.size();
  }

 private:
  std::vector<Frame> frames_;
  std::size_t next_ = 0;
};

}  // namespace perseid::bench
