// Interest: which cells are in view, and what a member may ask to see; EntityOwners: whose is what.
#include "engine/interest.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/entity_owners.h"
#include "tests/engine/random.h"

namespace perseid::test {
namespace {

using Cells = std::vector<Cell>;

GridRule rule(double cell, double radius, double hysteresis = 0, double far_radius = 0) {
  return {.cell = cell, .radius = radius, .hysteresis = hysteresis, .far_radius = far_radius};
}

Cells view(const GridRule& grid, Place place, const Cells& before = {}) {
  Cells out;
  cells_in_view(grid, place, before, out);
  return out;
}

struct CellCase {
  const char* name;
  Place place;
  Cell want;
};

const CellCase kCells[] = {
    {"origin", {0, 0}, {0, 0}},
    {"inside", {9.99, 5}, {0, 0}},
    {"a_border_belongs_to_the_cell_behind_it", {10, 20}, {1, 2}},
    {"negative", {-0.01, -10}, {-1, -1}},
    {"a_negative_border", {-10, -20}, {-1, -2}},
    {"just_below_a_negative_border", {-10.01, -20.01}, {-2, -3}},
    {"the_outermost", {1e10, -1e10}, {1'000'000'000, -1'000'000'000}},
    {"beyond_all_numbers", {1e308, -1e308}, {1'000'000'000, -1'000'000'000}},
};

class InterestCell : public testing::TestWithParam<CellCase> {};
TEST_P(InterestCell, IsWhereThePlaceLies) {
  EXPECT_EQ(cell_at(rule(10, 1), GetParam().place), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Places, InterestCell, testing::ValuesIn(kCells),
                         [](const auto& c) { return std::string(c.param.name); });

struct ViewCase {
  const char* name;
  GridRule grid;
  Place place;
  Cells before;
  Cells want;
};

const ViewCase kViews[] = {
    {"own_cell_alone", rule(10, 2), {5, 5}, {}, {{0, 0}}},
    {"only_a_border_that_belongs_to_a_cell_is_at_exactly_the_radius",
     rule(10, 5),
     {5, 5},
     {},
     {{0, 0}, {0, 1}, {1, 0}}},
    {"a_corner_is_farther_than_a_side",
     rule(10, 6),
     {4, 4},
     {},
     {{-1, -1}, {-1, 0}, {0, -1}, {0, 0}, {0, 1}, {1, 0}}},
    {"negative_coordinates", rule(10, 2), {-1, -15}, {}, {{-1, -2}, {0, -2}}},
    {"what_was_not_in_view_enters_at_the_radius", rule(10, 2, 3), {6, 5}, {}, {{0, 0}}},
    {"what_was_in_view_stays_within_the_hysteresis",
     rule(10, 2, 3),
     {6, 5},
     {{0, 0}, {1, 0}},
     {{0, 0}, {1, 0}}},
    {"and_leaves_beyond_it", rule(10, 2, 3), {4.9, 5}, {{0, 0}, {1, 0}}, {{0, 0}}},
    {"far_cells_are_of_level_1",
     rule(10, 2, 0, 6),
     {5, 5},
     {},
     {{-1, 0, 1}, {0, -1, 1}, {0, 0, 0}, {0, 1, 1}, {1, 0, 1}}},
    {"near_stays_near_within_the_hysteresis",
     rule(10, 2, 2, 6),
     {6.5, 5},
     {{0, 0}, {1, 0}},
     {{0, -1, 1}, {0, 0}, {0, 1, 1}, {1, 0}}},
    {"far_comes_near_at_the_radius_only",
     rule(10, 2, 2, 6),
     {6.5, 5},
     {{0, 0}, {1, 0, 1}},
     {{0, -1, 1}, {0, 0}, {0, 1, 1}, {1, 0, 1}}},
    {"far_stays_far_within_the_hysteresis",
     rule(10, 2, 2, 4),
     {4.5, 5},
     {{0, 0}, {1, 0, 1}},
     {{0, 0}, {1, 0, 1}}},
    {"near_becomes_far_and_stays_as_that",
     rule(10, 2, 2, 4),
     {4.5, 5},
     {{0, 0}, {1, 0}},
     {{0, 0}, {1, 0, 1}}},
    {"nowhere", rule(10, 2), {1e300, -1e300}, {{0, 0}}, {}},
};

class InterestView : public testing::TestWithParam<ViewCase> {};
TEST_P(InterestView, HoldsTheCellsInReach) {
  const ViewCase& one = GetParam();
  Cells want = one.want;
  std::sort(want.begin(), want.end());
  EXPECT_EQ(view(one.grid, one.place, one.before), want);
}
INSTANTIATE_TEST_SUITE_P(Views, InterestView, testing::ValuesIn(kViews),
                         [](const auto& c) { return std::string(c.param.name); });

// A place near the last number that an i32 holds made the walk over the cells wrap, and never end.
TEST(InterestRegress, APlaceAtTheEndOfTheNumbersIsSeenInTime) {
  for (const double at : {2147483645.0, 2147483647.0, -2147483648.0, 1e308, -1e308}) {
    EXPECT_LE(view(rule(1, 2), {at, at}).size(), 36u);
  }
}

TEST(Interest, AChangeOfViewIsWhatLeavesAndWhatEnters) {
  ViewChange change;
  compare_views({{0, 0}, {0, 1}, {1, 0, 1}}, {{0, 1}, {1, 0}, {2, 0}}, change);
  EXPECT_EQ(change.leave, (Cells{{0, 0}, {1, 0, 1}}));
  EXPECT_EQ(change.enter, (Cells{{1, 0}, {2, 0}}));
  compare_views({{0, 0}}, {{0, 0}}, change);
  EXPECT_TRUE(change.leave.empty() && change.enter.empty());
}

// Whoever walks wherever: the view is sorted, each cell in it once, and the own cell always.
TEST(Interest, AViewIsSortedAndHoldsEachCellOnce) {
  Random dice(7);
  const GridRule grid = rule(8, 12, 3, 30);
  Cells seen;
  Place at;
  for (int i = 0; i < 3000; ++i) {
    at = {at.x + dice.below(21) - 10.0, at.y + dice.below(21) - 10.0};
    seen = view(grid, at, seen);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    const Cell own = cell_at(grid, at);
    EXPECT_TRUE(std::binary_search(seen.begin(), seen.end(), own));
    for (std::size_t k = 1; k < seen.size(); ++k) {
      EXPECT_FALSE(seen[k].x == seen[k - 1].x && seen[k].y == seen[k - 1].y);
    }
  }
}

struct WishCase {
  const char* name;
  std::string json;
  bool good;
};

std::string cells_json(u32 count) {
  std::string out = R"({"cells":[)";
  for (u32 i = 0; i < count; ++i) out += (i == 0 ? "[" : ",[") + std::to_string(i) + ",0]";
  return out + "]}";
}

std::string follow_json(u32 bytes) {
  return R"({"follow":")" + std::string(bytes, 'e') + "\"}";
}

const WishCase kWishes[] = {
    {"own", "{}", true},
    {"follow", R"({"follow":"e1"})", true},
    {"follow_of_256_bytes", follow_json(256), true},
    {"follow_of_257_bytes", follow_json(257), false},
    {"follow_nothing", R"({"follow":""})", false},
    {"follow_a_number", R"({"follow":1})", false},
    {"follow_and_place", R"({"follow":"e","x":1})", false},
    {"place", R"({"x":1,"y":-2.5})", true},
    {"place_without_y", R"({"x":1})", false},
    {"place_without_x", R"({"y":1})", false},
    {"place_with_more", R"({"x":1,"y":2,"z":3})", false},
    {"place_of_texts", R"({"x":"1","y":2})", false},
    {"x_twice", R"({"x":1,"x":2})", false},
    {"no_cells", R"({"cells":[]})", true},
    {"cells", R"({"cells":[[0,1],[-3,4]]})", true},
    {"the_outermost_cells", R"({"cells":[[1000000000,-1000000000]]})", true},
    {"beyond_the_outermost", R"({"cells":[[1000000001,0]]})", false},
    {"beyond_below", R"({"cells":[[0,-1000000001]]})", false},
    // Its magnitude is no i64: it passed for cell 0.
    {"the_least_number_of_all", R"({"cells":[[-9223372036854775808,0]]})", false},
    {"beyond_an_i64", R"({"cells":[[9223372036854775808,0]]})", false},
    {"as_many_cells_as_may_be", cells_json(289), true},
    {"one_cell_more", cells_json(290), false},
    {"a_cell_of_one_number", R"({"cells":[[1]]})", false},
    {"a_cell_of_three", R"({"cells":[[1,2,3]]})", false},
    {"a_cell_of_fractions", R"({"cells":[[0.5,1]]})", false},
    {"a_cell_of_texts", R"({"cells":[["0",1]]})", false},
    {"a_cell_that_is_none", R"({"cells":[7]})", false},
    {"cells_no_list", R"({"cells":{}})", false},
    {"cells_and_more", R"({"cells":[],"x":1})", false},
    {"unknown", R"({"at":1})", false},
    {"a_list", "[]", false},
    {"a_number", "1", false},
    {"null", "null", false},
    {"broken", "{", false},
    {"empty", "", false},
};

class Wish : public testing::TestWithParam<WishCase> {};
TEST_P(Wish, IsReadOrRefused) {
  ViewWish out;
  EXPECT_EQ(ViewWish::parse(GetParam().json, out), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(Wishes, Wish, testing::ValuesIn(kWishes),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(WishRead, SaysWhatIsToBeSeen) {
  ViewWish out;
  ASSERT_TRUE(ViewWish::parse(R"({"cells":[[2,1],[0,-1],[2,1]]})", out));
  EXPECT_EQ(out.mode, ViewWish::Mode::cells);
  EXPECT_EQ(out.cells, (Cells{{0, -1}, {2, 1}})) << "sorted, each once";
  ASSERT_TRUE(ViewWish::parse(R"({"x":1,"y":-2.5})", out));
  EXPECT_EQ(out.mode, ViewWish::Mode::fixed);
  EXPECT_EQ(out.place.y, -2.5);
  EXPECT_TRUE(out.cells.empty());
  ASSERT_TRUE(ViewWish::parse(R"({"follow":"\u00e9"})", out));
  EXPECT_EQ(out.follow, "\xc3\xa9");
  ASSERT_TRUE(ViewWish::parse("{}", out));
  EXPECT_EQ(out.mode, ViewWish::Mode::own);
  EXPECT_EQ(out.follow, "");
}

const SessionUid kAna{0x0000000200000001};
const SessionUid kBen{0x0000000200000002};

TEST(EntityOwners, TheFirstWriterOwnsUntilItIsGone) {
  EntityOwners owners{KeyedHash{}};
  EXPECT_TRUE(owners.may_write(kAna, "a"));
  owners.settle(kAna, "a", true);
  owners.settle(kBen, "a", true);
  EXPECT_TRUE(owners.may_write(kAna, "a"));
  EXPECT_FALSE(owners.may_write(kBen, "a"));
  EXPECT_TRUE(owners.may_write(kBen, "b"));
  owners.settle(kAna, "a", false);
  owners.settle(kAna, "never there", false);
  EXPECT_TRUE(owners.may_write(kBen, "a"));
  EXPECT_EQ(owners.size(), 0u);
}

TEST(EntityOwners, WhoLeavesOwnsNothing) {
  EntityOwners owners{KeyedHash{}};
  for (const char* key : {"a1", "a2"}) owners.settle(kAna, key, true);
  owners.settle(kBen, "b", true);
  std::vector<std::string> left = owners.leave(kAna);
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"a1", "a2"}));
  EXPECT_TRUE(owners.leave(kAna).empty());
  EXPECT_TRUE(owners.may_write(kBen, "a1"));
  EXPECT_FALSE(owners.may_write(kAna, "b"));
}

}  // namespace
}  // namespace perseid::test
