// The scenes: three recordings of game state, each a pure function of its seed.
// Thread: none (of the cubes one at a time: see CubesWorld).
#pragma once

#include "bench/state/recording.h"
#include "bench/state/scene.h"

namespace perseid::bench {

constexpr u32 kPlayers = 100;
constexpr u32 kPlayersFramesPerSecond = 20;
constexpr double kPlayersWorldMetres = 512;
constexpr u32 kLatePercent = 10;
constexpr u32 kFootballers = 22;
constexpr u32 kFootballFramesPerSecond = 20;

// Cubes (cubes.h) as a room would hold them. Where two components of an orientation are about the
// same, the relay moves one by a step, so that it reads back from JSON; `settled` counts these.
Scene cubes_scene(const Recording& recording, u64& settled);
// 100 people that walk about: from place to place, with a pause now and then. `late_percent` of
// their updates miss a tick, as updates over a network do: the room then holds the last one.
Scene players_scene(u64 seed, u32 frames, u32 late_percent = 0);
// Two teams of 11 and a ball, as a game with JSON state would say it.
Scene football_scene(u64 seed, u32 frames);

}  // namespace perseid::bench
