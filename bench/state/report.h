// Report: what was measured, as one JSON document and as tables for people.
// Thread: none; pure functions.
#pragma once

#include <string>
#include <vector>

#include "bench/state/activity.h"
#include "bench/state/measure.h"

namespace perseid::bench {

// One recording: a scene with one seed.
struct RunResult {
  std::string scene;
  u64 seed = 0;
  u32 entities = 0;
  u32 frames = 0;
  u32 frames_per_second = 0;
  std::string hash;  // of the recording; the cubes' only
  u64 settled = 0;   // orientations, see cubes_scene()
  std::vector<Activity> activity;
  std::vector<Figures> figures;
};

// `command` is what was typed. The machine and the date are added by bench/state_report.py.
std::string to_json(const std::string& command, const std::vector<RunResult>& results);
// A table per scene: means over its seeds.
std::string to_text(const std::vector<RunResult>& results);

}  // namespace perseid::bench
