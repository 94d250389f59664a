#include "engine/grid.h"

#include <algorithm>
#include <utility>

namespace perseid {
namespace {

constexpr u64 kRetryMs = 1000;

}  // namespace

Grid::Grid(const GridRule& rule, const Schema& schema, KeyedHash hash)
    : rule_(rule), schema_(schema), entities_(0, hash) {}

Place Grid::place_of(const StateRow& row) const {
  const auto value = [&](u32 field) {
    return value_of(schema_.fields()[field], row.parts[schema_.fields()[field].first_part]);
  };
  return {value(rule_.x), value(rule_.y)};
}

const Grid::Entity* Grid::move(std::string_view key, const StateRow& row, Entity& now) {
  now.at = place_of(row);
  now.cell = cell_at(rule_, now.at);
  const auto it = entities_.find(key);
  if (it == entities_.end()) {
    put_in(*entities_.emplace(key, now).first);
    return nullptr;
  }
  before_ = it->second;
  it->second.at = now.at;
  if (before_.cell == now.cell) return &before_;
  take_out(*it);
  it->second.cell = now.cell;
  put_in(*it);
  return &before_;
}

void Grid::remove(std::string_view key) {
  const auto it = entities_.find(key);
  if (it == entities_.end()) return;
  take_out(*it);
  entities_.erase(it);
}

void Grid::put_in(Occupant& occupant) {
  std::vector<Occupant*>& there = occupants_[occupant.second.cell];
  occupant.second.index_in_cell = static_cast<u32>(there.size());
  there.push_back(&occupant);
}

void Grid::take_out(const Occupant& occupant) {
  const auto it = occupants_.find(occupant.second.cell);
  std::vector<Occupant*>& there = it->second;
  Occupant* moved = there.back();
  moved->second.index_in_cell = occupant.second.index_in_cell;
  there[occupant.second.index_in_cell] = moved;
  there.pop_back();
  if (there.empty()) occupants_.erase(it);
}

const Grid::Entity* Grid::find(std::string_view key) const {
  const auto it = entities_.find(key);
  return it == entities_.end() ? nullptr : &it->second;
}

Grid::Watcher& Grid::watch(SessionUid session, Handle member) {
  Watcher& watcher = watchers_[session.value];
  watcher = {};
  watcher.member = member;
  return watcher;
}

void Grid::unwatch(SessionUid session) {
  watchers_.erase(session.value);
}

Grid::Watcher* Grid::watcher(SessionUid session) {
  const auto it = watchers_.find(session.value);
  return it == watchers_.end() ? nullptr : &it->second;
}

Grid::Watcher* Grid::follows_next(SessionUid session) {
  Watcher* own = watcher(session);
  const bool does =
      own != nullptr && own->wish.mode == ViewWish::Mode::own && own->wish.follow.empty();
  return does ? own : nullptr;
}

// Of an entity that is gone, where it was: a player that dies still sees what killed it.
bool Grid::place_wished(const Watcher& watcher, Place& out) const {
  if (watcher.wish.mode == ViewWish::Mode::fixed) {
    out = watcher.wish.place;
    return true;
  }
  const Entity* entity = find(watcher.wish.follow);
  if (entity != nullptr) out = entity->at;
  return entity != nullptr;
}

// What is in view, into next_view_; false if nothing has changed since the last look.
bool Grid::see(Watcher& watcher) {
  if (watcher.wish.mode == ViewWish::Mode::cells) {
    if (watcher.looked) return false;
    next_view_ = watcher.wish.cells;
  } else {
    Place place;
    if (!place_wished(watcher, place)) return false;
    if (watcher.looked && place.x == watcher.at.x && place.y == watcher.at.y) return false;
    watcher.at = place;
    cells_in_view(rule_, place, watcher.view, next_view_);
  }
  watcher.looked = true;
  return true;
}

bool Grid::look(Watcher& watcher, u64 now_ms, ViewChange& out) {
  if (!watcher.refused.empty() && now_ms >= watcher.retry_at_ms) {
    watcher.refused.clear();
    watcher.looked = false;
  }
  if (!see(watcher)) return false;
  if (!watcher.refused.empty()) {
    std::erase_if(next_view_, [&](const Cell& cell) {
      return std::binary_search(watcher.refused.begin(), watcher.refused.end(), cell);
    });
  }
  compare_views(watcher.view, next_view_, out);
  if (out.leave.empty() && out.enter.empty()) return false;
  std::swap(watcher.view, next_view_);
  return true;
}

bool Grid::refuse(SessionUid session, const Cell& cell, u64 now_ms) {
  Watcher* refused = watcher(session);
  if (refused == nullptr) return false;
  std::erase(refused->view, cell);
  if (refused->refused.empty()) refused->retry_at_ms = now_ms + kRetryMs;
  const auto at = std::lower_bound(refused->refused.begin(), refused->refused.end(), cell);
  if (at == refused->refused.end() || *at != cell) refused->refused.insert(at, cell);
  return true;
}

bool Grid::has_refused(SessionUid session, const Cell& cell) {
  const Watcher* looking = watcher(session);
  return looking != nullptr &&
         std::binary_search(looking->refused.begin(), looking->refused.end(), cell);
}

Slot Grid::room_at(Cell cell) const {
  const auto it = rooms_.find(cell);
  return it == rooms_.end() ? kNoSlot : it->second;
}

}  // namespace perseid
