// ViewWish::parse: what a member asks to see, from its JSON.
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "engine/interest.h"

namespace perseid {
namespace {

constexpr std::size_t kFollowBytesMax = 256;

bool is_cell(i64 at) {
  return at >= -kCellMax && at <= kCellMax;
}

bool read_cells(simdjson::dom::array cells, std::vector<Cell>& out) {
  for (const simdjson::dom::element element : cells) {
    simdjson::dom::array pair;
    if (element.get(pair) != simdjson::SUCCESS || pair.size() != 2) return false;
    i64 x = 0;
    i64 y = 0;
    if (pair.at(0).get(x) != simdjson::SUCCESS || pair.at(1).get(y) != simdjson::SUCCESS) {
      return false;
    }
    if (!is_cell(x) || !is_cell(y) || out.size() == kViewCellsMax) return false;
    out.push_back({static_cast<i32>(x), static_cast<i32>(y), 0});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return true;
}

bool read_place(simdjson::dom::object wish, Place& out) {
  return wish["x"].get(out.x) == simdjson::SUCCESS && wish["y"].get(out.y) == simdjson::SUCCESS &&
         std::isfinite(out.x) && std::isfinite(out.y);
}

}  // namespace

bool ViewWish::parse(std::string_view json, ViewWish& out) {
  simdjson::dom::parser parser;
  simdjson::dom::object wish;
  if (parser.parse(simdjson::padded_string(json)).get(wish) != simdjson::SUCCESS) return false;
  out = {};
  if (wish.size() == 0) return true;
  std::string_view follow;
  simdjson::dom::array cells;
  if (wish["follow"].get(follow) == simdjson::SUCCESS) {
    out.mode = Mode::follow;
    out.follow = follow;
    return wish.size() == 1 && !follow.empty() && follow.size() <= kFollowBytesMax;
  }
  if (wish["cells"].get(cells) == simdjson::SUCCESS) {
    out.mode = Mode::cells;
    return wish.size() == 1 && read_cells(cells, out.cells);
  }
  out.mode = Mode::fixed;
  return wish.size() == 2 && read_place(wish, out.place);
}

}  // namespace perseid
