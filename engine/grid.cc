#include "engine/grid.h"

#include <utility>

namespace perseid {

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
    entities_.emplace(key, now);
    return nullptr;
  }
  before_ = std::exchange(it->second, now);
  return &before_;
}

void Grid::remove(std::string_view key) {
  if (const auto it = entities_.find(key); it != entities_.end()) entities_.erase(it);
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

void Grid::wrote(SessionUid session, std::string_view key) {
  Watcher* own = watcher(session);
  if (key.empty() || own == nullptr || own->wish.mode != ViewWish::Mode::own ||
      !own->wish.follow.empty())
    return;
  own->wish.follow = key;
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

bool Grid::look(Watcher& watcher, ViewChange& out) {
  if (watcher.wish.mode == ViewWish::Mode::cells) {
    next_view_ = watcher.wish.cells;
  } else {
    Place place;
    if (!place_wished(watcher, place)) return false;
    if (watcher.placed && place.x == watcher.at.x && place.y == watcher.at.y) return false;
    watcher.placed = true;
    watcher.at = place;
    cells_in_view(rule_, place, watcher.view, next_view_);
  }
  compare_views(watcher.view, next_view_, out);
  if (out.leave.empty() && out.enter.empty()) return false;
  std::swap(watcher.view, next_view_);
  return true;
}

Slot Grid::room_at(Cell cell) const {
  const auto it = rooms_.find(cell);
  return it == rooms_.end() ? kNoSlot : it->second;
}

}  // namespace perseid
