// Interest: which cells of a grid a view at some place shows, and what that changes.
// Thread: none; pure functions of their arguments.
// Invariants: a view is sorted and holds a cell at most once, near or far; a cell that is in view
// leaves it only when it lies `hysteresis` beyond the radius that lets it in, so that who walks
// along a border does not have the cells behind it come and go.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "engine/room_rule.h"

namespace perseid {

// In either direction; what lies beyond is as if it lay in the last one.
constexpr i32 kCellMax = 1'000'000'000;

struct Cell {
  i32 x = 0;  // within ±kCellMax
  i32 y = 0;
  u8 level = 0;  // 0: at the room's rate; 1: far away, at that rate divided
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 of a comparison for a pointer
  auto operator<=>(const Cell&) const = default;
};

struct Place {
  double x = 0;
  double y = 0;
};

// What a member wants to see: around an entity, around a place, or just these cells.
struct ViewWish {
  enum class Mode : u8 {
    own,     // the first entity that it sets
    follow,  // an entity
    fixed,   // a place
    cells
  };
  Mode mode = Mode::own;
  std::string follow;
  Place place;
  std::vector<Cell> cells;

  // {}, {"follow":"e1"}, {"x":1,"y":2} or {"cells":[[0,1],…]}. False if it is none of these. A
  // place is any finite one: what it shows is bounded by cells_in_view().
  static bool parse(std::string_view json, ViewWish& out);
};

// Of a grid, at the full rate.
Cell cell_at(const GridRule& grid, Place place);
// The cells in view from `place` for whom `before` was in view, sorted; at most kViewCellsMax.
void cells_in_view(const GridRule& grid, Place place, const std::vector<Cell>& before,
                   std::vector<Cell>& out);
// What has to be left and entered to get from one sorted view to another.
struct ViewChange {
  std::vector<Cell> leave;
  std::vector<Cell> enter;
};
void compare_views(const std::vector<Cell>& before, const std::vector<Cell>& after,
                   ViewChange& out);

}  // namespace perseid
