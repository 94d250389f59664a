#include "engine/interest.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace perseid {
namespace {

double gap(double at, double begin, double end) {
  return at < begin ? begin - at : at > end ? at - end : 0;
}

double distance(const GridRule& grid, Place place, double x, double y) {
  return std::hypot(gap(place.x, x * grid.cell, (x + 1) * grid.cell),
                    gap(place.y, y * grid.cell, (y + 1) * grid.cell));
}

// Bounded before it is whole: a number that no i32 holds may not be made one.
i32 cell_of(const GridRule& grid, double at) {
  return static_cast<i32>(
      std::clamp(std::floor(at / grid.cell), -double{kCellMax}, double{kCellMax}));
}

}  // namespace

Cell cell_at(const GridRule& grid, Place place) {
  return {cell_of(grid, place.x), cell_of(grid, place.y), 0};
}

void cells_in_view(const GridRule& grid, Place place, const std::vector<Cell>& before,
                   std::vector<Cell>& out) {
  out.clear();
  const auto had = [&](i32 x, i32 y, u8 level) {
    return std::binary_search(before.begin(), before.end(), Cell{x, y, level});
  };
  const double reach = grid.reach();
  const Cell first = cell_at(grid, {place.x - reach, place.y - reach});
  const Cell last = cell_at(grid, {place.x + reach, place.y + reach});
  // An i32 at its end would never be beyond it.
  for (i64 column = first.x; column <= last.x; ++column) {
    for (i64 row = first.y; row <= last.y; ++row) {
      const i32 x = static_cast<i32>(column);
      const i32 y = static_cast<i32>(row);
      const double away = distance(grid, place, x, y);
      const bool is_near = away <= grid.radius + (had(x, y, 0) ? grid.hysteresis : 0);
      const bool is_far =
          grid.far_radius > 0 &&
          away <= grid.far_radius + (had(x, y, 0) || had(x, y, 1) ? grid.hysteresis : 0);
      if (is_near || is_far) out.push_back({x, y, static_cast<u8>(is_near ? 0 : 1)});
    }
  }
}

void compare_views(const std::vector<Cell>& before, const std::vector<Cell>& after,
                   ViewChange& out) {
  out.leave.clear();
  out.enter.clear();
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(out.leave));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(out.enter));
}

}  // namespace perseid
