// Grid: a room whose state is cut into cells: where each entity is, who looks where, and which
// cells are looked at. A cell that is looked at is a room of its own with a state lane and nothing
// else, so it is encoded once, for all who see it, like any room. Thread: the room's home shard.
// Owns: watchers and places; the cells' rooms are in Rooms. Invariants: an entity is in exactly one
// cell; a watcher's view is what its shard was told, in order.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/schema.h"
#include "engine/ids.h"
#include "engine/interest.h"
#include "engine/keyed_hash.h"

namespace perseid {

class Grid {
 public:
  struct Watcher {
    Handle member;  // on its session's shard
    ViewWish wish;
    std::vector<Cell> view;  // sorted
    bool placed = false;
    Place at;
  };
  struct Entity {
    Cell cell;
    Place at;
  };

  Grid(const GridRule& rule, const Schema& schema, KeyedHash hash);

  Place place_of(const StateRow& row) const;
  // Where it is now; returns where it was, null if it is new.
  const Entity* move(std::string_view key, const StateRow& row, Entity& now);
  void remove(std::string_view key);
  const Entity* find(std::string_view key) const;

  Watcher& watch(SessionUid session, Handle member);
  void unwatch(SessionUid session);
  Watcher* watcher(SessionUid session);
  // Who follows the first entity that it sets has set this one.
  void wrote(SessionUid session, std::string_view key);
  // The cells that the watcher is to see from now on; false if nothing changes.
  bool look(Watcher& watcher, ViewChange& out);

  // kNoSlot if nobody looks at it.
  Slot room_at(Cell cell) const;
  void add_room(Cell cell, Slot room) { rooms_[cell] = room; }
  void remove_room(Cell cell) { rooms_.erase(cell); }

  const GridRule& rule() const { return rule_; }
  u8 levels() const { return rule_.far_radius > 0 ? 2 : 1; }
  const std::map<Cell, Slot>& rooms() const { return rooms_; }
  std::unordered_map<u64, Watcher>& watchers() { return watchers_; }

 private:
  bool place_wished(const Watcher& watcher, Place& out) const;

  GridRule rule_;
  const Schema& schema_;
  KeyedMap<Entity> entities_;
  std::unordered_map<u64, Watcher> watchers_;  // by session
  std::map<Cell, Slot> rooms_;
  Entity before_;
  std::vector<Cell> next_view_;
};

}  // namespace perseid
