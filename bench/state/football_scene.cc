#include "bench/state/football_match.h"
#include "bench/state/scene_build.h"
#include "bench/state/scenes.h"

namespace perseid::bench {
namespace {

constexpr std::string_view kSchema =
    R"({"x":{"type":"float","min":-20,"max":125,"resolution":0.01},)"
    R"("y":{"type":"float","min":-20,"max":88,"resolution":0.01},)"
    R"("vx":{"type":"float","min":-40,"max":40,"resolution":0.01},)"
    R"("vy":{"type":"float","min":-40,"max":40,"resolution":0.01},)"
    R"("heading":{"type":"int","min":0,"max":359},)"
    R"("action":{"type":"enum",)"
    R"("values":["idle","walk","run","sprint","dribble","pass","shoot"]},)"
    R"("role":{"type":"string","max_bytes":24}})";
static_assert(2 * kTeam == kFootballers);

struct Values {
  Place at;
  double vx = 0;
  double vy = 0;
  double heading = 0;  // radians
  Action action = Action::idle;
};

void put(const Scene& scene, Frame& frame, u32 entity, const Values& values) {
  const auto& fields = scene.schema->fields();
  const double turn = 2 * std::acos(-1.0);
  const double degrees = std::floor(values.heading / turn * 360 + 0.5);
  u32* parts = parts_of(scene, frame, entity);
  parts[0] = part_of(fields[0], values.at.x);
  parts[1] = part_of(fields[1], values.at.y);
  parts[2] = part_of(fields[2], values.vx);
  parts[3] = part_of(fields[3], values.vy);
  parts[4] = part_of(fields[4], degrees - 360 * std::floor(degrees / 360));
  parts[5] = static_cast<u32>(values.action);
}

std::string role_of(u32 player) {
  const u32 number = player % kTeam;
  const char* place = number == 0  ? "keeper"
                      : number < 5 ? "defender"
                      : number < 9 ? "midfielder"
                                   : "forward";
  return std::string(player < kTeam ? "home " : "away ") + place;
}

}  // namespace

Scene football_scene(u64 seed, u32 frames) {
  Scene scene;
  scene.name = "football";
  scene.seed = seed;
  scene.entities = kFootballers + 1;
  scene.frames_per_second = kFootballFramesPerSecond;
  scene.schema = schema_of(kSchema);
  for (u32 i = 0; i < kFootballers; ++i) scene.ids.push_back("player" + std::to_string(i + 1));
  scene.ids.push_back("ball");
  FootballMatch match(seed);
  for (u32 number = 0; number < frames; ++number) {
    match.step();
    Frame frame = empty_frame(scene);
    for (u32 i = 0; i < kFootballers; ++i) {
      const Footballer& player = match.players()[i];
      const Walker& body = player.body;
      put(scene, frame, i, {body.at, body.vx(), body.vy(), body.heading, player.action});
      frame.texts[i] = role_of(i);
    }
    const double way = std::atan2(match.ball_vy(), match.ball_vx());
    put(scene, frame, kFootballers, {match.ball(), match.ball_vx(), match.ball_vy(), way, {}});
    frame.texts[kFootballers] = "ball";
    scene.frames.push_back(std::move(frame));
  }
  return scene;
}

}  // namespace perseid::bench
