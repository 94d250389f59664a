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
  make_room_in_cells(room);
  typed(room).visit_dirty([&](std::string_view key, const StateRow* row) {
    row == nullptr ? remove_from_cells(room, key) : put_into_cells(room, key, *row);
  });
  room.state->settle();
  bool waits = false;
  for (const auto& [cell, slot] : room.grid->rooms()) {
    Room& of = *rooms_[slot];
    if (!of.state->dirty()) continue;
    const bool is_due =
        cell.level == 0 || draining_ || room.tick_number % room.grid->rule().far_divisor == 0;
    if (!is_due) {
      waits = true;
      continue;
    }
    tick_cell(room, of);
  }
  for (auto& [session, watcher] : room.grid->watchers()) {
    look(room, SessionUid{session}, watcher);
    waits |= !watcher.refused.empty();
  }
  if (waits) arm_tick(room);
}

// A far cell tells rarely what has gone, and until then that keeps its slot: one that might run out
// of slots with what comes now tells first.
void Rooms::make_room_in_cells(Room& grid) {
  for (const auto& [cell, slot] : grid.grid->rooms()) {
    Room& of = *rooms_[slot];
    if (cell.level == 0 || typed(of).slots() + typed(grid).slots() <= TypedState::kSlotsMax)
      continue;
    tick_cell(grid, of);
  }
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
  if (!grid.has_place(row)) return remove_from_cells(room, key);
  Grid::Entity now;
  const Grid::Entity* before = grid.move(key, row, now);
  for (u8 level = 0; level < grid.levels(); ++level) {
    const Cell to{now.cell.x, now.cell.y, level};
    const bool moves = before != nullptr && before->cell != now.cell;
    // Either cell tells its part of the move in this tick, the one that was left perhaps last: it
    // is for the client to know that an entity is of the cell that set it last (docs/protocol.md).
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
  if (!room.grid->look(watcher, context_.now.mono_ms, change)) return;
  auto letter = std::make_unique<CellsLetter>();
  letter->member = watcher.member;
  letter->leave = std::move(change.leave);
  letter->enter = std::move(change.enter);
  ++context_.stats.views_moved;
  mail_.send(session.shard(), Letter(std::move(letter)));
}

// Looked at with the next tick: however often a member changes its mind, its cells come and go
// once.
void Rooms::wish(Room& room, SessionUid session, const ViewWish& wish) {
  Grid::Watcher* watcher = room.grid->watcher(session);
  if (watcher == nullptr) return;
  watcher->wish = wish;
  watcher->looked = false;
  arm_tick(room);
}

void Rooms::follow_own(Room& room, SessionUid session) {
  Grid::Watcher* watcher = room.grid->follows_next(session);
  if (watcher != nullptr) watcher->wish.follow = typed(room).last_merged();
}

// The cell's room, made and filled when the first looks at it.
Room* Rooms::obtain_cell(const JoinRequest& request, JoinAnswer& answer) {
  answer.error = Error::room_limit;
  Room* parent = find(request.parent);
  if (parent == nullptr || parent->grid == nullptr) return nullptr;
  // A look that stands in the letters behind its refusal would show a cell of no view.
  if (parent->grid->has_refused(request.session, request.cell)) return nullptr;
  if (const Slot there = parent->grid->room_at(request.cell); there != kNoSlot) {
    Room& cell = *rooms_[there];
    // One far away lags behind, and who saw it near until now would go back in time with it.
    if (cell.state->dirty()) tick_cell(*parent, cell);
    return &cell;
  }
  return has_cell_place() ? &open_cell(request, *parent) : nullptr;
}

Room& Rooms::open_cell(const JoinRequest& request, Room& parent) {
  const Slot slot = rooms_.acquire();
  rooms_[slot] =
      std::make_unique<Room>(context_, parent, request.parent, request.room, request.cell);
  Room& room = *rooms_[slot];
  room.slot = slot;
  room.tick_number = parent.tick_number;
  by_name_.emplace(request.room, slot);
  parent.grid->add_room(request.cell, slot);
  // As of the grid's last tick: what was set since may lie in another cell by now.
  StateRow row;
  parent.grid->each_in(request.cell, [&](std::string_view key) {
    if (typed(parent).told_row(key, row)) typed(room).put(key, row);
  });
  room.state->settle();
  ++cells_open_;
  ++context_.stats.cells_opened;
  return room;
}

// Not for ever: it is out of the member's view until that is looked at again.
void Rooms::refuse_cell(const JoinRequest& request) {
  Room* parent = find(request.parent);
  if (parent == nullptr || parent->grid == nullptr) return;
  if (!parent->grid->refuse(request.session, request.cell, context_.now.mono_ms)) return;
  ++context_.stats.cells_refused;
  arm_tick(*parent);
}

bool Rooms::rests(Handle cell) {
  const Room* room = find(cell);
  return room != nullptr && room->members_total == 0;
}

// They all rest equally long, so the first here is the first to go.
void Rooms::rest_cell(const Room& room) {
  while (!resting_cells_.empty() && !rests(resting_cells_.front())) resting_cells_.pop_front();
  resting_cells_.push_back(rooms_.handle(slot_of(room)));
}

// Those that nobody looks at make way.
bool Rooms::has_cell_place() {
  if (cells_open_ < context_.options.grid_cells_max) return true;
  while (!resting_cells_.empty()) {
    const Handle cell = resting_cells_.front();
    resting_cells_.pop_front();
    if (!rests(cell)) continue;
    remove(cell.slot);
    return true;
  }
  return false;
}

}  // namespace perseid
