// The cubes: a seed is a recording, values stay in their ranges, and the file gives back what went
// in.
#include "bench/state/cubes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace perseid::bench {
namespace {

constexpr u32 kFrames = 180;

TEST(Cubes, SameSeedSameRecordingAnotherSeedAnother) {
  const u64 first = hash_of(record_cubes(1, kFrames, {}));
  EXPECT_EQ(hash_of(record_cubes(1, kFrames, {})), first);
  EXPECT_NE(hash_of(record_cubes(2, kFrames, {})), first);
}

TEST(Cubes, EveryPartIsInItsRangeAndNoCubeLeaves) {
  const Recording recording = record_cubes(3, kFrames, {});
  ASSERT_EQ(recording.frames.size(), kFrames);
  for (const std::vector<u32>& frame : recording.frames) {
    ASSERT_EQ(frame.size(), std::size_t{kCubes} * kCubeParts);
    for (std::size_t i = 0; i < frame.size(); ++i) {
      ASSERT_LE(frame[i], kCubePartMax[i % kCubeParts]);
      // A cube at the edge of the range would be clamped there, and lie.
      ASSERT_TRUE(i % kCubeParts >= 2 || (frame[i] > 0 && frame[i] < 262143));
    }
  }
}

TEST(Cubes, RestTillThePlayerComes) {
  const Recording recording = record_cubes(1, kFrames, {});
  const auto cube = [&recording](u32 number, u32 frame) {
    const auto first = recording.frames[frame].begin() + number * kCubeParts;
    return std::vector<u32>(first, first + kCubeParts);
  };
  EXPECT_NE(cube(0, 0), cube(0, 10)) << "the player falls";
  EXPECT_EQ(cube(1, 0), cube(1, kFrames - 1)) << "the pile's corner has not been reached";
  u32 moved = 0;
  for (u32 i = 1; i < kCubes; ++i) moved += cube(i, kFrames - 2) != cube(i, kFrames - 1);
  EXPECT_GT(moved, 0u);
  EXPECT_LT(moved, kCubes / 2);
}

TEST(Cubes, QuantisesAsTheArticleSays) {
  CubePose pose{{-256, 0, 1}, {0, 0, 0, 1}};
  EXPECT_EQ(quantise_cube(pose), (std::array<u32, 7>{0, 131072, 512, 3, 256, 256, 256}));
  pose.orientation = {0, 0, 0, -1};  // the same rotation
  EXPECT_EQ(quantise_cube(pose), (std::array<u32, 7>{0, 131072, 512, 3, 256, 256, 256}));
  pose = {{1000, -1000, -1}, {1, 0, 0, 0}};
  EXPECT_EQ(quantise_cube(pose), (std::array<u32, 7>{262143, 0, 0, 0, 256, 256, 256}));
  const double half = std::sqrt(0.5);
  pose.orientation = {-half * 0.999, half, 0, 0};
  EXPECT_EQ(quantise_cube(pose)[3], 1u);
  EXPECT_LT(quantise_cube(pose)[4], 3u);
}

TEST(Recording, ComesBackFromItsFile) {
  const std::string file = ::testing::TempDir() + "perseid-recording-test.rec";
  const Recording recording = record_cubes(1, 3, {});
  write_recording(file, recording);
  EXPECT_EQ(read_recording(file), recording);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  EXPECT_THROW(read_recording(file), std::runtime_error);
  std::ofstream(file) << "PSDREC01 and nothing more";
  EXPECT_THROW(read_recording(file), std::runtime_error);
  std::remove(file.c_str());
  EXPECT_THROW(read_recording(file), std::runtime_error);
}

}  // namespace
}  // namespace perseid::bench
