// measure: one coder on one scene: how many bytes, how long, and whether every frame came back.
// Thread: the caller's; times are CPU times of it.
// Invariant: a frame that does not come back exactly throws; there are no figures of a lossy coder.
#pragma once

#include "bench/state/coder.h"

namespace perseid::bench {

// The first frames are keyframes of a sort (their baseline is empty), for every coder alike.
constexpr u32 kFramesLeftOut = 6;

struct Figures {
  std::string coder;
  u32 distance = 0;
  u32 frames = 0;  // measured
  double bytes_mean = 0;
  u32 bytes_p95 = 0;
  u32 bytes_max = 0;
  u32 bytes_first = 0;  // of the very first frame: a keyframe
  double encode_us_mean = 0;
  double encode_us_p95 = 0;
  double decode_us_mean = 0;
  double decode_us_p95 = 0;
};

Figures measure(const Scene& scene, const CoderKind& kind);

}  // namespace perseid::bench
