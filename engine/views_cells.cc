// Views: the cells of grids that members see. A cell is a view of its own, of a room that has a
// state lane and nothing else; its members come and go as the home says.
#include <algorithm>

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

}  // namespace

void Views::cells(CellsLetter& letter) {
  Member* member = members_.find(letter.member);
  if (member == nullptr || member->session == kNoSlot || member->leaving) return;
  const Slot session = member->session;
  const Slot parent = member->view;
  // One that is only seen at another rate from now on is replaced, not taken away.
  for (const Cell& cell : letter.leave) {
    const bool stays = std::any_of(letter.enter.begin(), letter.enter.end(),
                                   [&](const Cell& c) { return c.x == cell.x && c.y == cell.y; });
    leave_cell(session, parent, cell, !stays);
  }
  for (const Cell& cell : letter.enter) enter_cell(session, parent, cell);
  tell_grid_rate(session, parent);
}

void Views::enter_cell(Slot session, Slot parent, const Cell& cell) {
  const std::string name = cell_name(views_[parent].name, cell);
  const Slot slot = add_member(session, name, views_[parent].home);
  RoomView& view = view_of(members_[slot]);
  view.parent = parent;
  view.cell = cell;
  auto letter = std::make_unique<JoinRequest>();
  letter->session = sessions_.uid(session);
  letter->member = members_.handle(slot);
  letter->view = views_.handle(members_[slot].view);
  letter->format = sessions_[session].format;
  letter->room = name;
  letter->is_cell = true;
  letter->parent = views_[parent].room;
  letter->cell = cell;
  mail_.send(view.home, Letter(std::move(letter)));
}

void Views::leave_cell(Slot session, Slot parent, const Cell& cell, bool tell) {
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    const Member& member = members_[slot];
    const RoomView& view = views_[member.view];
    if (member.leaving || view.parent != parent || view.cell != cell) continue;
    if (tell) say_cell_is_gone(session, views_[parent], cell);
    return give_up(slot, sessions_.uid(session), nullptr);
  }
}

// Of who leaves the grid itself, which says as much.
void Views::leave_cells(Slot session, Slot parent) {
  Slot slot = sessions_[session].first_member;
  while (slot != kNoSlot) {
    const Slot next = members_[slot].next_in_session;
    const Member& member = members_[slot];
    if (!member.leaving && views_[member.view].parent == parent) {
      give_up(slot, sessions_.uid(session), nullptr);
    }
    slot = next;
  }
}

void Views::want_keyframes(Slot session, Slot wanting) {
  const Slot parent = members_[wanting].view;
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    Member& member = members_[slot];
    const RoomView& view = views_[member.view];
    if (slot == wanting ? !view.is_grid : view.parent == parent) member.wants_keyframe = true;
  }
  sessions_.touch(session);
}

// As an empty whole state.
void Views::say_cell_is_gone(Slot session, const RoomView& parent, const Cell& cell) {
  const Flavour flavour = sessions_[session].format.flavour;
  std::string& name = context_.scratch;
  name.clear();
  append_json_escaped(name, parent.name);
  const bool coded = flavour == Flavour::bin;
  const StateDelivery gone{.room_escaped = name,
                           .room_number = parent.room_number,
                           .tick = 0,
                           .full = true,
                           .coded = coded,
                           .cell = {.present = true, .x = cell.x, .y = cell.y, .level = cell.level},
                           .payload = coded ? as_text(kEmptyKeyframe) : R"({"set":{}})"};
  u8* out = sessions_.reserve(session, static_cast<u32>(state_bytes(flavour, gone)));
  if (out != nullptr) write_state(flavour, gone, out);
}

}  // namespace perseid
