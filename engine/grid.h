// Grid: a room whose state is cut into cells: where each entity is, who looks where, and which
// cells are looked at. A cell that is looked at is a room of its own with a state lane and nothing
// else, so it is encoded once, for all who see it, like any room. Thread: the room's home shard.
// Owns: watchers and places; the cells' rooms are in Rooms. Invariants: an entity with an x and a y
// is in exactly one cell, one without is in none and nobody sees it; a watcher's view is what its
// shard was told, in order, less what was refused.
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
    bool looked = false;     // since the wish is new: from `at`, if it is for a place
    Place at;
    std::vector<Cell> refused;  // sorted; not in view before retry_at_ms
    u64 retry_at_ms = 0;
  };
  struct Entity {
    Cell cell;
    Place at;
    u32 index_in_cell = 0;
  };

  Grid(const GridRule& rule, const Schema& schema, KeyedHash hash);

  bool has_place(const StateRow& row) const {
    return (row.present >> rule_.x & row.present >> rule_.y & 1) != 0;
  }
  Place place_of(const StateRow& row) const;
  // Where it is now; returns where it was, null if it is new.
  const Entity* move(std::string_view key, const StateRow& row, Entity& now);
  void remove(std::string_view key);
  const Entity* find(std::string_view key) const;
  // Calls visit(key) for each entity in a cell, at either level.
  template <class Visit>
  void each_in(const Cell& cell, Visit&& visit) const {
    const auto it = occupants_.find({cell.x, cell.y, 0});
    if (it == occupants_.end()) return;
    for (const Occupant* occupant : it->second) visit(std::string_view(occupant->first));
  }

  Watcher& watch(SessionUid session, Handle member);
  void unwatch(SessionUid session);
  Watcher* watcher(SessionUid session);
  // The session's watcher if it follows the first entity that it sets and has set none yet.
  Watcher* follows_next(SessionUid session);
  // The cells that the watcher is to see from now on; false if nothing changes.
  bool look(Watcher& watcher, u64 now_ms, ViewChange& out);
  // A cell in its view cannot be shown: it is looked at again after a while. False if it is not
  // looking at all.
  bool refuse(SessionUid session, const Cell& cell, u64 now_ms);
  bool has_refused(SessionUid session, const Cell& cell);

  // kNoSlot if nobody looks at it.
  Slot room_at(Cell cell) const;
  void add_room(Cell cell, Slot room) { rooms_[cell] = room; }
  void remove_room(Cell cell) { rooms_.erase(cell); }

  const GridRule& rule() const { return rule_; }
  u8 levels() const { return rule_.far_radius > 0 ? 2 : 1; }
  const std::map<Cell, Slot>& rooms() const { return rooms_; }
  std::unordered_map<u64, Watcher>& watchers() { return watchers_; }

 private:
  using Occupant =
      KeyedMap<Entity>::value_type;  // its address is its own for as long as it is there
  void put_in(Occupant& occupant);
  void take_out(const Occupant& occupant);
  bool place_wished(const Watcher& watcher, Place& out) const;
  bool see(Watcher& watcher);

  GridRule rule_;
  const Schema& schema_;
  KeyedMap<Entity> entities_;
  std::map<Cell, std::vector<Occupant*>> occupants_;  // of the cells where somebody is
  std::unordered_map<u64, Watcher> watchers_;         // by session
  std::map<Cell, Slot> rooms_;
  Entity before_;
  std::vector<Cell> next_view_;
};

}  // namespace perseid
