// The list of what is measured.
#include "bench/state/coder.h"

namespace perseid::bench {
namespace {

constexpr u32 kFar = 6;  // frames: a tenth of a second at 60 a second, Fiedler's round trip
constexpr u32 kRestartSeconds = 5;

void add_json(const Scene& scene, const Scene& training, bool changes_only,
              std::vector<CoderKind>& kinds) {
  const u32 distance = changes_only ? 1 : 0;
  const std::string name = changes_only ? "JSON, changed fields" : "JSON, all";
  const auto json = [&scene, changes_only] { return make_json(scene, changes_only); };
  const std::string dictionary = train_dictionary(training, *make_json(training, changes_only));
  kinds.push_back({name, distance, json});
  kinds.push_back(
      {name + ", permessage-deflate", distance, [json] { return make_deflate(json()); }});
  kinds.push_back({name + ", zstd", distance, [json] { return make_zstd(json(), {}); }});
  if (dictionary.empty()) return;
  kinds.push_back({name + ", zstd with dictionary", distance,
                   [json, dictionary] { return make_zstd(json(), dictionary); }});
}

}  // namespace

std::vector<CoderKind> coders_for(const Scene& scene, const Scene& training) {
  std::vector<CoderKind> kinds;
  add_json(scene, training, false, kinds);
  add_json(scene, training, true, kinds);
  for (const u32 distance : {1u, kFar}) {
    kinds.push_back(
        {"bits, absolute", distance, [&scene, distance] { return make_bits(scene, distance); }});
    kinds.push_back({"bits, differences", distance,
                     [&scene, distance] { return make_delta_bits(scene, distance); }});
  }
  const u32 restart_frames = kRestartSeconds * scene.frames_per_second;
  kinds.push_back({"Perseid", 1, [&scene] { return make_state(scene, 1, 0); }});
  kinds.push_back({"Perseid", kFar, [&scene] { return make_state(scene, kFar, 0); }});
  kinds.push_back({"Perseid, restarted every 5 s", 1,
                   [&scene, restart_frames] { return make_state(scene, 1, restart_frames); }});
  kinds.push_back({"Perseid, a stream of every sixth frame", kFar, [&scene] {
                     return make_in_turn(kFar, [&scene] { return make_state(scene, 1, 0); });
                   }});
  return kinds;
}

}  // namespace perseid::bench
