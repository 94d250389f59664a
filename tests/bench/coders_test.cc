// Every coder gives back every frame of every scene, and the bit packer's numbers of any width.
#include "bench/state/coder.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/state/bits.h"
#include "bench/state/cubes.h"
#include "bench/state/measure.h"
#include "bench/state/scenes.h"

namespace perseid::bench {
namespace {

constexpr u32 kFrames = 60;

void expect_lossless(const Scene& scene, const Scene& training) {
  std::set<std::pair<std::string, u32>> names;
  for (const CoderKind& kind : coders_for(scene, training)) {
    Figures figures;
    ASSERT_NO_THROW(figures = measure(scene, kind)) << kind.name;
    EXPECT_EQ(figures.frames, kFrames - kFramesLeftOut);
    EXPECT_GT(figures.bytes_mean, 0) << kind.name;
    EXPECT_TRUE(names.emplace(kind.name, kind.distance).second) << kind.name << " twice";
  }
}

TEST(Coders, GiveThePlayersBack) {
  expect_lossless(players_scene(1, kFrames), players_scene(2, kFrames));
}

TEST(Coders, GiveTheFootballBack) {
  expect_lossless(football_scene(1, kFrames), football_scene(2, kFrames));
}

TEST(Coders, GiveTheCubesBack) {
  u64 settled = 0;
  expect_lossless(cubes_scene(record_cubes(1, kFrames, {}), settled),
                  cubes_scene(record_cubes(2, kFrames, {}), settled));
}

// What moves by more than a difference may say, and comes back.
TEST(Coders, GiveJumpsBack) {
  Scene scene = players_scene(1, kFrames);
  for (std::size_t i = 0; i < scene.frames.size(); i += 7) {
    for (std::size_t part = i; part < scene.frames[i].parts.size(); part += 5) {
      scene.frames[i].parts[part] = part % 2 == 0 ? 0 : 51200;
    }
  }
  expect_lossless(scene, players_scene(2, kFrames));
}

TEST(Measure, RefusesACoderThatLosesAnything) {
  class Rounding final : public Coder {
    void encode(const Frame& frame, std::vector<u8>&) override { last() = frame; }
    void decode(Bytes, Frame& frame) override {
      frame = last();
      frame.parts.back() ^= 1;
    }
    static Frame& last() {
      static Frame frame;
      return frame;
    }
  };
  const CoderKind kind{"rounding", 0, [] { return std::make_unique<Rounding>(); }};
  EXPECT_THROW(measure(players_scene(1, 2), kind), std::runtime_error);
}

TEST(Bits, ComeBackAtEveryWidth) {
  std::vector<u8> bytes;
  BitWriter writer(bytes);
  for (u32 width = 1; width <= 32; ++width) writer.put(0xa5c3e187u >> (32 - width), width);
  writer.finish();
  BitReader reader(bytes);
  for (u32 width = 1; width <= 32; ++width)
    EXPECT_EQ(reader.get(width), 0xa5c3e187u >> (32 - width));
  EXPECT_THROW(reader.get(8), std::runtime_error);
}

}  // namespace
}  // namespace perseid::bench
