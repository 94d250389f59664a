// The end of a run in rooms that are grids: every member sees what lies in the cells in its view as
// the auditors see it, who look at all of them, and nothing else.
#include <algorithm>
#include <cmath>

#include "tests/sim/simulation.h"

namespace perseid::sim {
namespace {

double gap(double at, i32 column) {
  const double begin = column * 10.0;
  return std::max({begin - at, at - begin - 10, 0.0});
}

// Where the member looks from; false if that cannot be known.
bool find_eye(const Seat& seat, const std::string& own, const StateTable& truth, double& x,
              double& y) {
  using Mode = SeenWish::Mode;
  if (seat.view.mode == Mode::place) {
    x = seat.view.x;
    y = seat.view.y;
    return true;
  }
  if (seat.view.mode == Mode::own && !seat.has_set) return false;
  const auto entity = truth.find(seat.view.mode == Mode::own ? own : seat.view.entity);
  if (entity == truth.end()) return false;
  x = std::stod(entity->second.at("x"));
  y = std::stod(entity->second.at("y"));
  return true;
}

// How a cell is seen from there: surely, surely not, or as hysteresis has it.
enum class Sight : u8 { seen, open, hidden };
Sight sight(const GridRule& rule, double away) {
  const double reach = std::max(rule.radius, rule.far_radius);
  return away < reach ? Sight::seen : away <= reach + rule.hysteresis ? Sight::open : Sight::hidden;
}

}  // namespace

const Seat* Simulation::auditor_of(const std::string& room, const std::string& epoch) const {
  for (std::size_t i = plan_.players; i < players_.size(); ++i) {
    const auto seat = players_[i]->seats().find(room);
    if (seat != players_[i]->seats().end() && seat->second.epoch == epoch) return &seat->second;
  }
  return nullptr;
}

// All of the room's state; of a grid empty before there are auditors.
StateTable Simulation::truth_of(const std::string& room, const Seat& seat) const {
  if (seat.picture.kind() != RoomKind::grid) return seat.picture.table();
  const Seat* auditor = auditor_of(room, seat.epoch);
  return auditor == nullptr ? StateTable{} : auditor->picture.table();
}

void Simulation::check_grids() {
  const GridRule rule = grid_rule(plan_);
  for (const auto& player : players_) {
    for (const auto& [room, seat] : player->seats()) {
      const Seat* auditor = auditor_of(room, seat.epoch);
      if (seat.picture.kind() != RoomKind::grid || auditor == nullptr) continue;
      double x = 0;
      double y = 0;
      const bool has_eye = find_eye(seat, player->own_entity(), auditor->picture.table(), x, y);
      for (const auto& [cell, truth] : auditor->picture.parts()) {
        Sight seen = has_eye ? sight(rule, std::hypot(gap(x, cell.first), gap(y, cell.second)))
                             : Sight::open;
        if (seat.view.mode == SeenWish::Mode::cells) {
          const auto& list = seat.view.cells;
          const bool is_listed = std::find(list.begin(), list.end(), cell) != list.end();
          seen = is_listed ? Sight::seen : Sight::hidden;
        }
        const auto part = seat.picture.parts().find(cell);
        const StateTable held =
            part == seat.picture.parts().end() ? StateTable{} : part->second.table;
        const bool is_right = held == truth.table;
        const bool fits = seen == Sight::seen     ? is_right
                          : seen == Sight::hidden ? held.empty()
                                                  : is_right || held.empty();
        if (fits) continue;
        verdict_.fail("player " + player->uid() + ": at rest, cell " + std::to_string(cell.first) +
                      "," + std::to_string(cell.second) + " of " + room + " holds " +
                      std::to_string(held.size()) + " entities of " +
                      std::to_string(truth.table.size()) +
                      (seen == Sight::hidden ? ", but is not in view" : ", or other ones") +
                      "; it looks at " + seat.view.json + " from " + std::to_string(x) + "," +
                      std::to_string(y));
      }
    }
  }
}

}  // namespace perseid::sim
