// Views: chat that is told to members one by one: what passes by, and that they have to leave.
#include <string>

#include "engine/answers.h"
#include "engine/views.h"

namespace perseid {

void Views::passing(const PassingLetter& letter) {
  const RoomView* view = views_.find(letter.view);
  if (view == nullptr) return;
  for (const Slot slot : view->members) {
    const Member& member = members_[slot];
    if (!member.joined || member.leaving || member.session == kNoSlot) continue;
    if (sessions_.uid(member.session) == letter.sender) continue;
    const Flavour flavour = sessions_[member.session].format.flavour;
    const std::string& frame = letter.frames[static_cast<u8>(flavour)];
    const bool told = sessions_.push_if_read(member.session, as_bytes(frame));
    ++(told ? context_.stats.typing_told : context_.stats.typing_untold);
  }
}

void Views::expel(const KickLetter& letter) {
  if (sessions_.find(letter.session) == nullptr) return;
  const Slot session = letter.session.handle().slot;
  Slot slot = sessions_[session].first_member;
  // Its seat tells this membership from one before or after it.
  const auto is_it = [&](const Member& member) {
    return member.joined && !member.leaving && member.seat == letter.seat &&
           views_[member.view].room == letter.room;
  };
  while (slot != kNoSlot && !is_it(members_[slot])) slot = members_[slot].next_in_session;
  if (slot == kNoSlot) return;
  const std::string_view room = views_[members_[slot].view].name;
  const bool is_ban = letter.why == Error::banned;
  const std::string_view reason = is_ban ? "banned" : "kicked";
  context_.emit(EventKind::error_occurred, letter.session, room,
                is_ban ? Error::banned : Error::forbidden, reason);
  std::string text;
  answers::expelled(text, room, reason, letter.retry_after_ms);
  leave_cells(session, members_[slot].view);
  give_up(slot, letter.session, nullptr);
  sessions_.answer(session, text);
}

// One that waits for the home's answer is refused when that has come.
void Views::expel_where(Slot session, const RoomTest& is_over) {
  const SessionUid uid = sessions_.uid(session);
  Slot slot = sessions_[session].first_member;
  while (slot != kNoSlot) {
    Member& member = members_[slot];
    const RoomView& view = views_[member.view];
    if (member.leaving || view.parent != kNoSlot || !is_over(view.name)) {
      slot = member.next_in_session;
      continue;
    }
    std::string text;
    answers::expelled(text, view.name, "forbidden", 0);
    const bool is_in = member.joined;
    member.expelled = !is_in;
    leave_cells(session, member.view);
    give_up(slot, uid, nullptr);
    if (is_in) sessions_.answer(session, text);
    slot = sessions_[session].first_member;  // the list is another one now
  }
}

void Views::hide_presence(Slot session, const RoomTest& is_over) {
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    Member& member = members_[slot];
    if (member.presence && is_over(views_[member.view].name)) member.presence = false;
  }
}

}  // namespace perseid
