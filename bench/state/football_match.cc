#include "bench/state/football_match.h"

namespace perseid::bench {
namespace {

constexpr double kFrameSeconds = 0.05;
constexpr double kReachMetres = 1;
constexpr double kBallBraking = 0.985;  // of its speed each frame
constexpr double kMarginMetres = 3;

// Keeper, four defenders, four in the middle, two in front; of the team that plays to the right.
constexpr std::array<Place, kTeam> kHomes = {{{5, 34},
                                              {22, 10},
                                              {20, 26},
                                              {20, 42},
                                              {22, 58},
                                              {42, 12},
                                              {38, 28},
                                              {38, 40},
                                              {42, 56},
                                              {55, 26},
                                              {55, 42}}};

bool is_home_team(u32 player) {
  return player < kTeam;
}
bool is_keeper(u32 player) {
  return player % kTeam == 0;
}

Action action_at(double speed) {
  return speed < 0.3 ? Action::idle
         : speed < 2 ? Action::walk
         : speed < 5 ? Action::run
                     : Action::sprint;
}

}  // namespace

FootballMatch::FootballMatch(u64 seed) : dice_(seed) {
  for (u32 i = 0; i < players_.size(); ++i) {
    Footballer& player = players_[i];
    player.home = kHomes[i % kTeam];
    player.home.x += dice_.between(-3, 3);
    player.home.y += dice_.between(-3, 3);
    if (!is_home_team(i)) player.home.x = kPitchLength - player.home.x;
    player.body.at = player.home;
  }
}

u32 FootballMatch::nearest(u32 team) const {
  u32 best = team * kTeam;
  for (u32 i = best; i < (team + 1) * kTeam; ++i) {
    if (distance(players_[i].body.at, ball_) < distance(players_[best].body.at, ball_)) best = i;
  }
  return best;
}

void FootballMatch::step() {
  if (kick_frames_ > 0) --kick_frames_;
  roll_ball();
  const u32 chasers[2] = {nearest(0), nearest(1)};
  for (u32 i = 0; i < players_.size(); ++i) move_player(i, i == chasers[i / kTeam]);
  const double home = distance(players_[chasers[0]].body.at, ball_);
  const double away = distance(players_[chasers[1]].body.at, ball_);
  const u32 holder = home <= away ? chasers[0] : chasers[1];
  const bool free = kick_frames_ == 0 || holder != kicked_by_;
  if (std::min(home, away) < kReachMetres && free) play_ball(holder);
}

// Who does not chase the ball keeps about its place, which follows the ball; small ways are
// walked.
void FootballMatch::move_player(u32 number, bool chases) {
  Footballer& player = players_[number];
  Place goal = ball_;
  double pace = 7.5;
  if (!chases) {
    const double follow = is_keeper(number) ? 0.05 : 0.45;
    player.drift.x = 0.99 * player.drift.x + dice_.between(-0.4, 0.4);
    player.drift.y = 0.99 * player.drift.y + dice_.between(-0.4, 0.4);
    goal.x = player.home.x + player.drift.x + follow * (ball_.x - kPitchLength / 2);
    goal.y = player.home.y + player.drift.y + follow * (ball_.y - kPitchWidth / 2);
    const double far = distance(goal, player.body.at);
    pace = far < 1 ? 0 : far < 6 ? 1.8 : 5;
  }
  player.body.step(goal, pace, kFrameSeconds, dice_);
  player.action = action_at(player.body.speed);
}

void FootballMatch::play_ball(u32 number) {
  Footballer& player = players_[number];
  const bool home = is_home_team(number);
  const Place goal{home ? kPitchLength : 0, kPitchWidth / 2 + dice_.between(-3, 3)};
  const double far = distance(player.body.at, goal);
  if (far < 25 && dice_.percent(10)) return kick(number, goal, 25, Action::shoot);
  if (is_keeper(number) || dice_.percent(5)) {
    const u32 mate = (home ? 0 : kTeam) + 1 + dice_.below(kTeam - 1);
    const Place& to = players_[mate].body.at;
    if (mate != number) return kick(number, to, 8 + 0.4 * distance(to, ball_), Action::pass);
  }
  kick(number, goal, player.body.speed + 1.5, Action::dribble);
}

void FootballMatch::kick(u32 number, const Place& goal, double speed, Action action) {
  const double way = std::atan2(goal.y - ball_.y, goal.x - ball_.x);
  ball_vx_ = speed * std::cos(way);
  ball_vy_ = speed * std::sin(way);
  players_[number].action = action;
  kicked_by_ = number;
  kick_frames_ = action == Action::dribble ? 3 : 10;
}

// Off the pitch it comes back in, as if the board around it threw it.
void FootballMatch::roll_ball() {
  ball_.x += ball_vx_ * kFrameSeconds;
  ball_.y += ball_vy_ * kFrameSeconds;
  ball_vx_ *= kBallBraking;
  ball_vy_ *= kBallBraking;
  if (ball_.x < -kMarginMetres || ball_.x > kPitchLength + kMarginMetres) ball_vx_ *= -0.5;
  if (ball_.y < -kMarginMetres || ball_.y > kPitchWidth + kMarginMetres) ball_vy_ *= -0.5;
  ball_.x = std::clamp(ball_.x, -kMarginMetres, kPitchLength + kMarginMetres);
  ball_.y = std::clamp(ball_.y, -kMarginMetres, kPitchWidth + kMarginMetres);
}

}  // namespace perseid::bench
