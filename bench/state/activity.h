// Activity: how much of a scene changes, which says more of a recording than its name.
// Thread: none; pure function.
#pragma once

#include "bench/state/scene.h"

namespace perseid::bench {

// Shares of the entities, 0 to 1, over all frames.
struct Activity {
  u32 distance = 1;  // frames between what is compared
  double mean = 0;
  double median = 0;
  double max = 0;
};

Activity activity_of(const Scene& scene, u32 distance);

}  // namespace perseid::bench
