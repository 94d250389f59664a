// Rooms: rooms that are grids: their ticks, their cells' rooms, and who sees which.
#include <memory>
#include <string>

#include "engine/grid.h"
#include "engine/rooms.h"
#include "engine/typed_state.h"

namespace perseid {
namespace {

TypedState& typed(Room& room) {
  return static_cast<TypedState&>(*room.state);
}

}  // namespace

void Rooms::tick(Room& room) {
  if (room.grid != nullptr) return tick_grid(room);
  room.tick();
  touch(room);
}

// What changed goes into the cells that somebody looks at; each of them then ticks as a room does.
void Rooms::tick_grid(Room& room) {
  room.last_tick_ms = context_.now.mono_ms;
  ++room.tick_number;
  typed(room).visit_dirty([&](std::string_view key, const StateRow* row) {
    row == nullptr ? remove_from_cells(room, key) : put_into_cells(room, key, *row);
  });
  room.state->settle();
  bool far_waits = false;
  for (const auto& [cell, slot] : room.grid->rooms()) {
    Room& of = *rooms_[slot];
    if (!of.state->dirty()) continue;
    const bool is_due =
        cell.level == 0 || draining_ || room.tick_number % room.grid->rule().far_divisor == 0;
    if (!is_due) {
      far_waits = true;
      continue;
    }
    tick_cell(room, of);
  }
  for (auto& [session, watcher] : room.grid->watchers()) look(room, SessionUid{session}, watcher);
  if (far_waits) arm_tick(room);
}

// Its ticks are numbered as the grid's, so that of two cells the newer word can be told.
void Rooms::tick_cell(const Room& grid, Room& cell) {
  cell.tick_number = grid.tick_number - 1;
  cell.tick();
  cell.tick_number = grid.tick_number;
  touch(cell);
}

void Rooms::put_into_cells(Room& room, std::string_view key, const StateRow& row) {
  Grid& grid = *room.grid;
  Grid::Entity now;
  const Grid::Entity* before = grid.move(key, row, now);
  for (u8 level = 0; level < grid.levels(); ++level) {
    const Cell to{now.cell.x, now.cell.y, level};
    const bool moves = before != nullptr && before->cell != now.cell;
    // Into the new one before it leaves the old one: who sees both never misses it.
    if (const Slot slot = grid.room_at(to); slot != kNoSlot) typed(*rooms_[slot]).put(key, row);
    if (!moves) continue;
    const Slot left = grid.room_at({before->cell.x, before->cell.y, level});
    if (left != kNoSlot) rooms_[left]->state->remove(key);
  }
}

void Rooms::remove_from_cells(Room& room, std::string_view key) {
  Grid& grid = *room.grid;
  const Grid::Entity* entity = grid.find(key);
  if (entity == nullptr) return;
  for (u8 level = 0; level < grid.levels(); ++level) {
    const Slot slot = grid.room_at({entity->cell.x, entity->cell.y, level});
    if (slot != kNoSlot) rooms_[slot]->state->remove(key);
  }
  grid.remove(key);
}

// Tells a member's shard what is in view now, if that is something else.
void Rooms::look(Room& room, SessionUid session, Grid::Watcher& watcher) {
  ViewChange change;
  if (!room.grid->look(watcher, change)) return;
  auto letter = std::make_unique<CellsLetter>();
  letter->member = watcher.member;
  letter->leave = std::move(change.leave);
  letter->enter = std::move(change.enter);
  ++context_.stats.views_moved;
  mail_.send(session.shard(), Letter(std::move(letter)));
}

void Rooms::wish(Room& room, SessionUid session, const ViewWish& wish) {
  Grid::Watcher* watcher = room.grid->watcher(session);
  if (watcher == nullptr) return;
  watcher->wish = wish;
  watcher->placed = false;
  look(room, session, *watcher);
}

// The cell's room, made and filled when the first looks at it.
Room* Rooms::obtain_cell(const JoinRequest& request, JoinAnswer& answer) {
  answer.error = Error::room_limit;
  Room* parent = find(request.parent);
  if (parent == nullptr || parent->grid == nullptr) return nullptr;
  if (const Slot there = parent->grid->room_at(request.cell); there != kNoSlot) {
    Room& cell = *rooms_[there];
    // One far away lags behind, and who saw it near until now would go back in time with it.
    if (cell.state->dirty()) tick_cell(*parent, cell);
    return &cell;
  }
  if (!has_place()) return nullptr;
  const Slot slot = rooms_.acquire();
  rooms_[slot] =
      std::make_unique<Room>(context_, *parent, request.parent, request.room, request.cell);
  Room& room = *rooms_[slot];
  room.slot = slot;
  room.tick_number = parent->tick_number;
  by_name_.emplace(request.room, slot);
  parent->grid->add_room(request.cell, slot);
  // As of the grid's last tick: what was set since may lie in another cell by now.
  typed(*parent).visit_told([&](std::string_view key, const StateRow& row) {
    const Grid::Entity* entity = parent->grid->find(key);
    const bool is_in =
        entity != nullptr && entity->cell.x == request.cell.x && entity->cell.y == request.cell.y;
    if (is_in) typed(room).put(key, row);
  });
  room.state->settle();
  ++context_.stats.cells_opened;
  return &room;
}

}  // namespace perseid
