// Views: the cells of grids that members see. A cell is a view of its own, of a room that has a
// state lane and nothing else; its members come and go as the home says.
#include <algorithm>
#include <utility>
#include <vector>

#include "codec/delivery.h"
#include "codec/json_text.h"
#include "codec/state_frame.h"
#include "engine/views.h"

namespace perseid {
namespace {

// No client can name it: names hold no control characters.
std::string cell_name(std::string_view room, const Cell& cell) {
  std::string name(room);
  name += '\n';
  name += std::to_string(cell.x) + ',' + std::to_string(cell.y) + ',' + std::to_string(cell.level);
  return name;
}

bool holds(const std::vector<Cell>& sorted, const Cell& cell) {
  return std::binary_search(sorted.begin(), sorted.end(), cell);
}

// The place in a sorted list of a cell at any level, or where it would be.
template <class Cells>
auto find_place(Cells& sorted, const Cell& cell) {
  return std::lower_bound(sorted.begin(), sorted.end(), Cell{cell.x, cell.y, 0});
}

bool holds_place(const std::vector<Cell>& sorted, const Cell& cell) {
  const auto it = find_place(sorted, cell);
  return it != sorted.end() && it->x == cell.x && it->y == cell.y;
}

}  // namespace

// The session's members that match and are not leaving yet. Those that are joined stand at the head
// of its list afterwards, in this order, so that each is unlinked in one step.
template <class Matches>
std::vector<Slot> Views::bring_forward(Slot session, Matches&& matches) {
  std::vector<Slot> out;
  Slot* link = &sessions_[session].first_member;
  while (*link != kNoSlot) {
    Member& member = members_[*link];
    if (member.leaving || !matches(member, views_[member.view])) {
      link = &member.next_in_session;
      continue;
    }
    out.push_back(*link);
    *link = member.next_in_session;
  }
  std::stable_partition(out.begin(), out.end(), [this](Slot s) { return members_[s].joined; });
  for (auto slot = out.rbegin(); slot != out.rend(); ++slot) {
    members_[*slot].next_in_session = std::exchange(sessions_[session].first_member, *slot);
  }
  return out;
}

void Views::cells(CellsLetter& letter) {
  const Member* grid = members_.find(letter.member);
  if (grid == nullptr || grid->session == kNoSlot || grid->leaving) return;
  const Slot session = grid->session;
  const Slot parent = grid->view;
  std::vector<Cell> shown;  // that stay, at another level: replaced, not taken away
  const auto leaves = [&](const Member&, const RoomView& view) {
    return view.parent == parent && holds(letter.leave, view.cell);
  };
  for (const Slot slot : bring_forward(session, leaves)) {
    const Cell cell = view_of(members_[slot]).cell;
    const bool stays = holds_place(letter.enter, cell);
    if (members_[slot].shown && stays) shown.push_back(cell);
    if (members_[slot].shown && !stays && !tell_cell_is_gone(letter.member.slot, cell)) {
      owe_gone_cell(letter.member.slot, cell);
    }
    give_up(slot, sessions_.uid(session), nullptr);
  }
  std::sort(shown.begin(), shown.end());
  for (const Cell& cell : letter.enter) {
    enter_cell(letter.member.slot, cell, holds_place(shown, cell));
  }
  tell_grid_rate(session, parent);
}

void Views::enter_cell(Slot grid, const Cell& cell, bool shown) {
  const Slot session = members_[grid].session;
  const Slot parent = members_[grid].view;
  const std::string name = cell_name(views_[parent].name, cell);
  // Behind the grid, where nobody who looks for a room has to pass by.
  const Slot slot = add_member(session, name, views_[parent].home, grid);
  Member& member = members_[slot];
  member.shown = forget_gone_cell(grid, cell) || shown;
  member.halvings = members_[grid].halvings;
  RoomView& view = views_[member.view];
  view.parent = parent;
  view.cell = cell;
  auto letter = std::make_unique<JoinRequest>();
  letter->session = sessions_.uid(session);
  letter->member = members_.handle(slot);
  letter->view = views_.handle(member.view);
  letter->format = sessions_[session].format;
  letter->room = name;
  letter->is_cell = true;
  letter->parent = views_[parent].room;
  letter->cell = cell;
  mail_.send(view.home, Letter(std::move(letter)));
}

// Of who leaves the grid itself, which says as much; kNoSlot: of all grids.
void Views::leave_cells(Slot session, Slot parent) {
  const auto of_grid = [parent](const Member&, const RoomView& view) {
    return view.parent != kNoSlot && (parent == kNoSlot || view.parent == parent);
  };
  for (const Slot slot : bring_forward(session, of_grid)) {
    give_up(slot, sessions_.uid(session), nullptr);
  }
}

// The home asks us to enter it again after a while. Until then nothing of it stays with the client.
void Views::refuse_cell(const Member& cell) {
  if (cell.session == kNoSlot || cell.leaving) return;
  const Slot grid = grid_of(cell);
  if (grid == kNoSlot) return;
  const Cell at = view_of(cell).cell;
  if (tell_cell_is_gone(grid, at) || !cell.shown) return;
  owe_gone_cell(grid, at);
}

Slot Views::grid_of(const Member& cell) {
  const Slot parent = view_of(cell).parent;
  Slot slot = sessions_[cell.session].first_member;
  while (slot != kNoSlot && (members_[slot].view != parent || members_[slot].leaving)) {
    slot = members_[slot].next_in_session;
  }
  return slot;
}

void Views::want_keyframes(Slot session, Slot wanting) {
  const Slot parent = members_[wanting].view;
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    Member& member = members_[slot];
    const RoomView& view = views_[member.view];
    if (slot == wanting ? !view.is_grid : view.parent == parent) want_keyframe(member);
  }
  sessions_.touch(session);
}

// Nobody asked to be told, so it must be no reason to be closed as too slow: where there is no room
// it is owed. A cell that was never sent need not be taken away, so what is owed does not grow
// while the client does not read.
void Views::owe_gone_cell(Slot grid, const Cell& cell) {
  std::vector<Cell>& owed = gone_cells_[grid];
  if (!holds_place(owed, cell)) owed.insert(find_place(owed, cell), cell);
}

void Views::tell_gone_cells(Slot grid) {
  const auto it = gone_cells_.find(grid);
  if (it == gone_cells_.end()) return;
  std::vector<Cell>& owed = it->second;
  while (!owed.empty() && tell_cell_is_gone(grid, owed.back())) owed.pop_back();
  if (owed.empty()) gone_cells_.erase(it);
}

// It comes back into view before the client was told that it had left.
bool Views::forget_gone_cell(Slot grid, const Cell& cell) {
  const auto it = gone_cells_.find(grid);
  if (it == gone_cells_.end() || !holds_place(it->second, cell)) return false;
  it->second.erase(find_place(it->second, cell));
  if (it->second.empty()) gone_cells_.erase(it);
  return true;
}

// As an empty whole state. False if the client has no room for it. Who comes back to its session
// forgets every cell that it is not sent then.
bool Views::tell_cell_is_gone(Slot grid, const Cell& cell) {
  const Slot session = members_[grid].session;
  if (sessions_[session].parked) return true;
  const RoomView& view = view_of(members_[grid]);
  const Flavour flavour = sessions_[session].format.flavour;
  std::string& name = context_.scratch;
  name.clear();
  append_json_escaped(name, view.name);
  const bool coded = flavour == Flavour::bin;
  const StateDelivery gone{.room_escaped = name,
                           .room_number = view.room_number,
                           .tick = 0,
                           .full = true,
                           .coded = coded,
                           .cell = {.present = true, .x = cell.x, .y = cell.y, .level = cell.level},
                           .payload = coded ? as_text(kEmptyKeyframe) : R"({"set":{}})"};
  const auto size_bytes = static_cast<u32>(state_bytes(flavour, gone));
  if (!sessions_.has_room(session, size_bytes)) return false;
  if (u8* out = sessions_.reserve(session, size_bytes)) write_state(flavour, gone, out);
  return true;
}

}  // namespace perseid
