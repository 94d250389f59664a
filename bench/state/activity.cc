#include "bench/state/activity.h"

#include <algorithm>
#include <numeric>

namespace perseid::bench {
namespace {

double share_changed(const Scene& scene, const Frame& before, const Frame& now) {
  const std::size_t parts = scene.schema->parts().size();
  const std::size_t texts = scene.schema->texts();
  u32 changed = 0;
  for (u32 entity = 0; entity < scene.entities; ++entity) {
    const auto part = now.parts.begin() + entity * parts;
    const auto text = now.texts.begin() + entity * texts;
    const bool same = std::equal(part, part + parts, before.parts.begin() + entity * parts) &&
                      std::equal(text, text + texts, before.texts.begin() + entity * texts);
    changed += same ? 0 : 1;
  }
  return static_cast<double>(changed) / scene.entities;
}

}  // namespace

Activity activity_of(const Scene& scene, u32 distance) {
  std::vector<double> shares;
  for (std::size_t i = distance; i < scene.frames.size(); ++i) {
    shares.push_back(share_changed(scene, scene.frames[i - distance], scene.frames[i]));
  }
  if (shares.empty()) return {.distance = distance};
  std::sort(shares.begin(), shares.end());
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  return {distance, sum / static_cast<double>(shares.size()), shares[shares.size() / 2],
          shares.back()};
}

}  // namespace perseid::bench
