// Interest: what a view shows, at the ends of the numbers too, and what is no view.
#include "engine/interest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace perseid {
namespace {

GridRule grid(double cell, double radius, double hysteresis = 0, double far_radius = 0) {
  GridRule out;
  out.cell = cell;
  out.radius = radius;
  out.hysteresis = hysteresis;
  out.far_radius = far_radius;
  out.far_divisor = far_radius > 0 ? 4 : 1;
  return out;
}

std::vector<Cell> view_at(const GridRule& rule, Place place) {
  std::vector<Cell> out;
  cells_in_view(rule, place, {}, out);
  return out;
}

TEST(Interest, APlaceHasACellWhereverItIs) {
  const GridRule rule = grid(10, 1);
  EXPECT_EQ(cell_at(rule, {0, -0.5}), (Cell{0, -1, 0}));
  EXPECT_EQ(cell_at(rule, {9.9, 10}), (Cell{0, 1, 0}));
  EXPECT_EQ(cell_at(rule, {68719476641, -1e300}), (Cell{kCellMax, -kCellMax, 0}));
  const double most = std::numeric_limits<double>::max();
  EXPECT_EQ(cell_at(grid(1e-300, 1), {most, -most}), (Cell{kCellMax, -kCellMax, 0}));
}

// This one once looped for ever: no i32 is beyond the greatest.
TEST(Interest, AViewFromBeyondEverythingEnds) {
  for (const double x : {68719476641.0, 21474836470.0, -21474836480.0, 1e18, -1e300}) {
    EXPECT_TRUE(view_at(grid(10, 12, 2, 30), {x, 0}).empty()) << x;
  }
  const double edge = 10.0 * kCellMax;
  EXPECT_FALSE(view_at(grid(10, 12, 2, 30), {edge, edge}).empty());
  EXPECT_FALSE(view_at(grid(10, 12, 2, 30), {-edge, edge}).empty());
}

TEST(Interest, AViewHoldsNoMoreCellsThanItsBound) {
  for (const double at : {0.0, 0.5, 0.999, -123.25, 1e8}) {
    const auto cells = view_at(grid(1, kGridReachCellsMax), {at, at});
    EXPECT_LE(cells.size(), kViewCellsMax);
    EXPECT_GE(cells.size(), 200u);
  }
}

TEST(ViewWish, IsOneOfFourForms) {
  ViewWish wish;
  EXPECT_TRUE(ViewWish::parse("{}", wish));
  EXPECT_EQ(wish.mode, ViewWish::Mode::own);
  EXPECT_TRUE(ViewWish::parse(R"({"follow":"e1"})", wish));
  EXPECT_EQ(wish.follow, "e1");
  EXPECT_TRUE(ViewWish::parse(R"({"x":68719476641,"y":-2.5})", wish));
  EXPECT_EQ(wish.place.y, -2.5);
  EXPECT_TRUE(ViewWish::parse(R"({"cells":[[1,2],[0,-1],[1,2]]})", wish));
  EXPECT_EQ(wish.cells, (std::vector<Cell>{{0, -1, 0}, {1, 2, 0}}));
  for (const char* json :
       {"", "[]", "1", R"({"follow":""})", R"({"follow":1})", R"({"x":1})", R"({"x":1,"y":"2"})",
        R"({"x":1e999,"y":0})", R"({"x":1,"y":2,"follow":"e"})", R"({"cells":[[1]]})",
        R"({"cells":[[1,2.5]]})", R"({"cells":[[1000000001,0]]})",
        R"({"cells":[[0,-9223372036854775808]]})", R"({"cells":[[9223372036854775807,0]]})"}) {
    EXPECT_FALSE(ViewWish::parse(json, wish)) << json;
  }
}

TEST(ViewWish, NamesAsManyCellsAsAViewMayHold) {
  std::string cells;
  for (u32 i = 0; i < kViewCellsMax; ++i) {
    cells += (i == 0 ? "[" : ",[") + std::to_string(i) + ",0]";
  }
  ViewWish wish;
  EXPECT_TRUE(ViewWish::parse(R"({"cells":[)" + cells + "]}", wish));
  EXPECT_EQ(wish.cells.size(), kViewCellsMax);
  EXPECT_FALSE(ViewWish::parse(R"({"cells":[)" + cells + ",[0,1]]}", wish));
}

}  // namespace
}  // namespace perseid
