#include "engine/interest.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace perseid {
namespace {

double gap(double at, double begin, double end) {
  return at < begin ? begin - at : at > end ? at - end : 0;
}

double distance(const GridRule& grid, Place place, i32 x, i32 y) {
  return std::hypot(gap(place.x, x * grid.cell, (x + 1) * grid.cell),
                    gap(place.y, y * grid.cell, (y + 1) * grid.cell));
}

// A place may be any double: what lies beyond the outermost cells counts as in them.
i32 column(double cells) {
  return static_cast<i32>(std::clamp(std::floor(cells), -kCellMax, kCellMax));
}

}  // namespace

Cell cell_at(const GridRule& grid, Place place) {
  return {column(place.x / grid.cell), column(place.y / grid.cell), 0};
}

void cells_in_view(const GridRule& grid, Place place, const std::vector<Cell>& before,
                   std::vector<Cell>& out) {
  out.clear();
  const auto had = [&](i32 x, i32 y, u8 level) {
    return std::binary_search(before.begin(), before.end(), Cell{x, y, level});
  };
  const double reach = std::max(grid.radius, grid.far_radius) + grid.hysteresis;
  const Cell first = cell_at(grid, {place.x - reach, place.y - reach});
  const Cell last = cell_at(grid, {place.x + reach, place.y + reach});
  for (i32 x = first.x; x <= last.x; ++x) {
    for (i32 y = first.y; y <= last.y; ++y) {
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
