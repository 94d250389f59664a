// FootballMatch: 22 players that keep their places, run after the ball, dribble, pass and shoot.
// Thread: the owner's; pure: a seed is a whole match.
// Invariants: the ball and everybody stay within the pitch and the metres around it.
#pragma once

#include <array>

#include "bench/state/dice.h"
#include "bench/state/walker.h"

namespace perseid::bench {

constexpr double kPitchLength = 105;
constexpr double kPitchWidth = 68;
constexpr u32 kTeam = 11;

enum class Action : u8 { idle, walk, run, sprint, dribble, pass, shoot };

struct Footballer {
  Walker body;
  Place home;   // where it stands when the ball is in the middle
  Place drift;  // looking for space
  Action action = Action::idle;
};

class FootballMatch {
 public:
  explicit FootballMatch(u64 seed);
  // One twentieth of a second.
  void step();

  const std::array<Footballer, 2 * kTeam>& players() const { return players_; }
  const Place& ball() const { return ball_; }
  double ball_vx() const { return ball_vx_; }
  double ball_vy() const { return ball_vy_; }

 private:
  u32 nearest(u32 team) const;
  void move_player(u32 player, bool chases);
  void play_ball(u32 player);
  void kick(u32 player, const Place& goal, double speed, Action action);
  void roll_ball();

  Dice dice_;
  std::array<Footballer, 2 * kTeam> players_;
  Place ball_{kPitchLength / 2, kPitchWidth / 2};
  double ball_vx_ = 0;
  double ball_vy_ = 0;
  u32 kicked_by_ = 2 * kTeam;
  u32 kick_frames_ = 0;  // how long the last kick keeps the ball free
};

}  // namespace perseid::bench
