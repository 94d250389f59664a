#include "bench/state/dice.h"
#include "bench/state/scene_build.h"
#include "bench/state/scenes.h"
#include "bench/state/walker.h"

namespace perseid::bench {
namespace {

constexpr std::string_view kSchema = R"({"x":{"type":"float","min":0,"max":512,"resolution":0.01},)"
                                     R"("y":{"type":"float","min":0,"max":512,"resolution":0.01}})";
constexpr double kFrameSeconds = 1.0 / kPlayersFramesPerSecond;
constexpr double kMarginMetres = 5;  // that an overshoot stays in the world
constexpr u32 kStopPercent = 35;     // of the places reached

class Player {
 public:
  explicit Player(Dice& dice) {
    const auto coordinate = [&dice] {
      return dice.between(kMarginMetres, kPlayersWorldMetres - kMarginMetres);
    };
    body_.at = {coordinate(), coordinate()};
    body_.heading = dice.between(-3, 3);
    pick_goal(dice);
  }

  void step(Dice& dice) {
    if (pause_frames_ > 0) --pause_frames_;
    const bool there = distance(body_.at, goal_) < 0.5 || --patience_frames_ == 0;
    if (there && pause_frames_ == 0) pick_goal(dice);
    if (dice.percent(10)) whim_ = dice.between(0.85, 1.1);
    body_.step(goal_, pause_frames_ > 0 ? 0 : pace_ * whim_, kFrameSeconds, dice);
  }

  const Place& at() const { return body_.at; }

 private:
  void pick_goal(Dice& dice) {
    const auto near = [&dice](double from) {
      return std::clamp(from + dice.between(-40, 40), kMarginMetres,
                        kPlayersWorldMetres - kMarginMetres);
    };
    goal_ = {near(body_.at.x), near(body_.at.y)};
    pace_ = dice.percent(30) ? dice.between(1.2, 2) : dice.between(4, 6.5);  // walks, or runs
    patience_frames_ = 600;
    if (dice.percent(kStopPercent)) pause_frames_ = 10 + dice.below(90);
  }

  Walker body_;
  Place goal_;
  double pace_ = 0;
  double whim_ = 1;
  u32 pause_frames_ = 0;
  u32 patience_frames_ = 0;
};

}  // namespace

Scene players_scene(u64 seed, u32 frames, u32 late_percent) {
  Scene scene;
  scene.name = late_percent > 0 ? "players-late" : "players";
  scene.seed = seed;
  scene.entities = kPlayers;
  scene.frames_per_second = kPlayersFramesPerSecond;
  scene.schema = schema_of(kSchema);
  Dice dice(seed);
  Dice network(seed + 1000);
  std::vector<Player> players;
  for (u32 i = 0; i < kPlayers; ++i) {
    scene.ids.push_back("p" + std::to_string(i));
    players.emplace_back(dice);
  }
  const auto& fields = scene.schema->fields();
  Frame room = empty_frame(scene);
  for (u32 frame = 0; frame < frames; ++frame) {
    for (u32 i = 0; i < kPlayers; ++i) {
      players[i].step(dice);
      if (frame > 0 && network.percent(late_percent)) continue;
      u32* parts = parts_of(scene, room, i);
      parts[0] = part_of(fields[0], players[i].at().x);
      parts[1] = part_of(fields[1], players[i].at().y);
    }
    scene.frames.push_back(room);
  }
  return scene;
}

}  // namespace perseid::bench
