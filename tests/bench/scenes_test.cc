// The scenes: a seed is a scene, everybody stays on the map, every part is in its range, and what
// is said of their motion is true.
#include "bench/state/scenes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bench/state/activity.h"
#include "bench/state/cubes.h"

namespace perseid::bench {
namespace {

constexpr u32 kFrames = 400;

void expect_in_range(const Scene& scene) {
  const auto& parts = scene.schema->parts();
  ASSERT_EQ(scene.ids.size(), scene.entities);
  for (const Frame& frame : scene.frames) {
    ASSERT_EQ(frame.parts.size(), scene.entities * parts.size());
    ASSERT_EQ(frame.texts.size(), std::size_t{scene.entities} * scene.schema->texts());
    for (std::size_t i = 0; i < frame.parts.size(); ++i) {
      ASSERT_LE(frame.parts[i], parts[i % parts.size()].max);
    }
  }
}

TEST(Players, SameSeedSameSceneAnotherSeedAnother) {
  EXPECT_EQ(players_scene(1, kFrames).frames, players_scene(1, kFrames).frames);
  EXPECT_NE(players_scene(1, kFrames).frames, players_scene(2, kFrames).frames);
}

TEST(Players, StayInTheWorldAndNeverJump) {
  const Scene scene = players_scene(7, 1200);
  expect_in_range(scene);
  for (std::size_t i = 1; i < scene.frames.size(); ++i) {
    for (std::size_t part = 0; part < scene.frames[i].parts.size(); ++part) {
      const u32 now = scene.frames[i].parts[part];
      ASSERT_TRUE(now > 0 && now < 51200) << "clamped";
      const double metres = std::abs(double(now) - double(scene.frames[i - 1].parts[part])) * 0.01;
      ASSERT_LT(metres, 8 * 0.05 + 0.01) << "faster than anybody runs";
    }
  }
}

TEST(Players, MoveAndSometimesStop) {
  const Activity activity = activity_of(players_scene(1, 1200), 1);
  EXPECT_GT(activity.mean, 0.6);
  EXPECT_LT(activity.mean, 0.98);
}

TEST(Players, LateOnesStandForATickAndThenCatchUp) {
  const Scene prompt = players_scene(1, kFrames);
  const Scene late = players_scene(1, kFrames, kLatePercent);
  expect_in_range(late);
  u32 same = 0;
  u32 stale = 0;
  for (u32 frame = 1; frame < kFrames; ++frame) {
    for (u32 i = 0; i < 2 * kPlayers; ++i) {
      const u32 now = late.frames[frame].parts[i];
      same += now == prompt.frames[frame].parts[i];
      stale += now == late.frames[frame - 1].parts[i] && now != prompt.frames[frame].parts[i];
    }
  }
  const double all = 2 * kPlayers * (kFrames - 1);
  EXPECT_NEAR(same / all, 0.91, 0.02);
  EXPECT_NEAR(stale / all, 0.09, 0.02);
}

TEST(Football, SameSeedSameSceneAnotherSeedAnother) {
  EXPECT_EQ(football_scene(1, kFrames).frames, football_scene(1, kFrames).frames);
  EXPECT_NE(football_scene(1, kFrames).frames, football_scene(2, kFrames).frames);
}

TEST(Football, EverybodyStaysNearThePitch) {
  const Scene scene = football_scene(3, 2400);
  expect_in_range(scene);
  const std::size_t parts = scene.schema->parts().size();
  for (const Frame& frame : scene.frames) {
    for (u32 i = 0; i < scene.entities; ++i) {
      const double x = frame.parts[i * parts] * 0.01 - 20;
      const double y = frame.parts[i * parts + 1] * 0.01 - 20;
      ASSERT_TRUE(x > -15 && x < 120 && y > -15 && y < 83) << scene.ids[i] << ' ' << x << ' ' << y;
    }
  }
}

TEST(Football, TheBallIsPlayedByBothTeams) {
  const Scene scene = football_scene(1, 1200);
  const std::size_t parts = scene.schema->parts().size();
  u32 plays[2] = {};
  for (const Frame& frame : scene.frames) {
    for (u32 i = 0; i < kFootballers; ++i) plays[i / 11] += frame.parts[i * parts + 5] >= 4;
  }
  EXPECT_GT(plays[0], 10u);
  EXPECT_GT(plays[1], 10u);
}

TEST(CubesScene, HoldsWhatTheRelayWouldReadBack) {
  u64 settled = 0;
  const Recording recording = record_cubes(1, 60, {});
  const Scene scene = cubes_scene(recording, settled);
  expect_in_range(scene);
  EXPECT_LT(settled, 100u);
  std::string text;
  for (u32 cube = 0; cube < scene.entities; ++cube) {
    const u32* parts = scene.frames.back().parts.data() + cube * kCubeParts;
    for (const SchemaField& field : scene.schema->fields()) {
      std::string json;
      u32 back[4] = {};
      append_value_json(field, parts + field.first_part, {}, json);
      ASSERT_EQ(quantise(field, json, back, text), Error::ok);
      for (u32 i = 0; i < field.parts; ++i) ASSERT_EQ(back[i], parts[field.first_part + i]) << json;
    }
  }
}

}  // namespace
}  // namespace perseid::bench
