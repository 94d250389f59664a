#include "engine/views.h"

#include <algorithm>
#include <memory>

#include "codec/envelope.h"
#include "engine/answers.h"

namespace perseid {
namespace {

// Power of two, far below what a position can tell apart.
constexpr Position kPullUpBytes = 1u << 28;

}  // namespace

Views::Views(Context& context, Mail& mail, Sessions& sessions)
    : context_(context),
      mail_(mail),
      sessions_(sessions),
      by_name_(0, KeyedHash{context.config.hash_key}) {}

Views::~Views() {
  for (Slot slot = 0; slot < views_.slots_used(); ++slot) {
    if (!views_.live(slot)) continue;
    for (u8 format = 0; format < kWireFormats; ++format) release_format(views_[slot], format);
  }
}

ShardId Views::home_of(std::string_view room) const {
  return static_cast<ShardId>(KeyedHash{context_.config.hash_key}(room) %
                              context_.config.shard_count);
}

// A seat in the view of a room, which is made if it is the first.
Slot Views::add_member(Slot session_slot, std::string_view room, ShardId home, Slot behind) {
  Session& session = sessions_[session_slot];
  auto [it, is_new] = by_name_.try_emplace(std::string(room), kNoSlot);
  if (is_new) {
    it->second = views_.acquire();
    views_[it->second].name = room;
    views_[it->second].home = home;
  }
  RoomView& view = views_[it->second];
  std::unique_ptr<FormatView>& format = view.formats[session.format.index()];
  if (format == nullptr) format = std::make_unique<FormatView>();
  ++format->members;

  const Slot slot = members_.acquire();
  Member& member = members_[slot];
  member.session = session_slot;
  member.view = it->second;
  member.format = session.format.index() & 3;
  member.index_in_view = static_cast<u32>(view.members.size());
  view.members.push_back(slot);
  Slot& link = behind == kNoSlot ? session.first_member : members_[behind].next_in_session;
  member.next_in_session = link;
  link = slot;
  return slot;
}

void Views::join(Slot session_slot, const Request& request, ViewWish wish, Permissions may) {
  Session& session = sessions_[session_slot];
  const Slot slot = add_member(session_slot, request.room, home_of(request.room));
  ++session.rooms;
  Member& member = members_[slot];
  member.presence = request.presence;
  const RoomView& view = views_[member.view];
  auto letter = std::make_unique<JoinRequest>();
  letter->session = sessions_.uid(session_slot);
  letter->member = members_.handle(slot);
  letter->view = views_.handle(member.view);
  letter->format = session.format;
  letter->presence = request.presence;
  letter->has_history = request.has_history;
  letter->history = request.history;
  // Who may not read what was said begins with what is said now.
  letter->has_since = request.since.present && (may & kMayReadHistory) != 0;
  letter->since_chat = request.since.has_chat;
  letter->since_player_action = request.since.has_player_action;
  letter->chat = request.since.chat;
  letter->player_action = request.since.player_action;
  letter->epoch = request.since.epoch;
  letter->wish = std::move(wish);
  letter->room = request.room;
  letter->create = request.create;
  letter->name = session.name.view();
  letter->moderator = (may & kMayModerate) != 0;
  letter->lists_members = (may & kMaySeePresence) != 0;
  letter->is_user = session.named;
  letter->id = request.id;
  mail_.send(view.home, Letter(std::move(letter)));
}

void Views::joined(JoinAnswer& answer) {
  Member* member = members_.find(answer.member);
  PSD_ASSERT(member != nullptr && !member->joined);  // it waits for us, even if its session is gone
  const Slot slot = answer.member.slot;
  const Slot session = member->session;
  RoomView& view = views_[member->view];
  if (answer.error != Error::ok) {
    if (view.parent != kNoSlot) {
      refuse_cell(*member);
    } else if (session != kNoSlot) {
      const u32 wait_ms = std::max(answer.retry_after_ms, answers::retry_after_ms(answer.error));
      sessions_.answer_error(session, answer.id, answer.error, answer.field, wait_ms,
                             answer.problem);
    }
    return remove_member(slot);
  }
  view.room = answer.room;
  view.is_grid = answer.is_grid;
  view.state_hz = answer.state_hz;
  view.epoch = answer.epoch;
  if (view.parent == kNoSlot) view.room_number = answer.room_number;
  member->joined = true;
  member->seat = answer.seat;
  member->cursors = answer.cursors;
  member->readable_from = answer.cursors[index(Lane::game_state)].position;
  member->wants_keyframe = answer.has_state;
  member->on_snapshot = false;
  if (view.parent != kNoSlot) {
    if (session != kNoSlot && !member->leaving) inherit_slowdown(slot);
    if (session != kNoSlot) sessions_.touch(session);
  } else if (session != kNoSlot && member->expelled) {
    sessions_.answer_error(session, answer.id, Error::forbidden, "room");
  } else if (session != kNoSlot) {
    std::string& text = context_.scratch;
    text.clear();
    const auto& dictionary = context_.config.dictionary;
    const bool packs = dictionary != nullptr && answer.rule == nullptr &&
                       sessions_[session].format.flavour == Flavour::bin;
    answers::joined(text, view.name, answer, context_.options,
                    packs ? dictionary->hash() : std::string_view());
    // Who hears nothing of its seat has none.
    if (sessions_.answer_if_room(session, answer.id, text)) {
      if (!answer.history.empty()) sessions_.push_what_fits(session, as_bytes(answer.history));
    } else if (!member->leaving) {
      return give_up(slot, answer.session, nullptr);
    }
    if (sessions_[session].parked && !member->leaving) tell_dropped(slot, true);
  }
  if (member->leaving) remove_member(slot);
}

void Views::leave(Slot session, Slot slot, std::string_view id) {
  leave_cells(session, members_[slot].view);
  give_up(slot, sessions_.uid(session),
          std::make_unique<LeaveAsk>(LeaveAsk{.id = std::string(id), .room = {}}));
}

// Tells the home at once, so that it hears of joins and leaves in the client's own order. A member
// that waits for the answer to its join stays until that has come.
void Views::give_up(Slot slot, SessionUid session, std::unique_ptr<LeaveAsk> ask) {
  Member& member = members_[slot];
  const RoomView& view = views_[member.view];
  const ShardId home = view.home;
  const bool joined = member.joined;
  LeaveLetter letter{.room = joined ? view.room : Handle{},
                     .seat = joined ? member.seat : kNoSlot,
                     .session = session,
                     .format = WireFormat::at(member.format),
                     .ask = std::move(ask)};
  if (!joined && letter.ask == nullptr) {
    letter.ask = std::make_unique<LeaveAsk>(LeaveAsk{.id = {}, .room = {}, .wants_answer = false});
  }
  if (letter.ask != nullptr) letter.ask->room = view.name;
  if (joined) {
    remove_member(slot);
  } else {
    member.leaving = true;
  }
  mail_.send(home, Letter(std::move(letter)));
}

void Views::leave_all(Slot session) {
  // Cells before their grid, which their homes would else take for left by all.
  leave_cells(session, kNoSlot);
  while (sessions_[session].first_member != kNoSlot) {
    const Slot slot = sessions_[session].first_member;
    const bool told = members_[slot].leaving;
    if (!members_[slot].joined) unlink_from_session(slot);
    if (!told) give_up(slot, sessions_.uid(session), nullptr);
  }
}

void Views::unlink_from_session(Slot slot) {
  Member& member = members_[slot];
  if (member.session == kNoSlot) return;
  Session& session = sessions_[member.session];
  Slot* link = &session.first_member;
  while (*link != slot) link = &members_[*link].next_in_session;
  *link = member.next_in_session;
  if (!is_cell(member)) --session.rooms;
  member.session = kNoSlot;
}

void Views::remove_member(Slot slot) {
  unlink_from_session(slot);
  Member& member = members_[slot];
  if (member.slowed) forget_slowdown(slot);
  gone_cells_.erase(slot);
  if (!keyframe_asks_.empty()) forget_ask(slot);
  RoomView& view = views_[member.view];
  const Slot moved = view.members.back();
  view.members[member.index_in_view] = moved;
  members_[moved].index_in_view = member.index_in_view;
  view.members.pop_back();
  if (--view.formats[member.format]->members == 0) release_format(view, member.format);
  if (view.members.empty()) {
    by_name_.erase(by_name_.find(view.name));
    views_.release(member.view);
  }
  members_.release(slot);
}

void Views::release_format(RoomView& view, u8 format) {
  if (view.formats[format] == nullptr) return;
  for (LaneView& lane : view.formats[format]->lanes) lane.clear(context_.pool);
  drop_whole_states(*view.formats[format]);
  view.formats[format].reset();
}

Slot Views::find_member(Slot session, std::string_view room, u32 room_number) {
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    const Member& member = members_[slot];
    const RoomView& view = views_[member.view];
    const bool is_it =
        room_number != 0 ? member.joined && view.room_number == room_number : view.name == room;
    // One that is leaving may stand before another that has come since.
    if (is_it && !member.leaving) return slot;
  }
  return kNoSlot;
}

void Views::advance(LaneAdvance& letter) {
  RoomView* view = views_.find(letter.view);
  if (view == nullptr || view->formats[letter.format] == nullptr) return;
  FormatView& format = *view->formats[letter.format];
  LaneView& lane = format.lanes[letter.lane];
  const Position begin_before = lane.begin();
  const Position end_before = lane.end();
  if (letter.reset) {
    lane.reset(context_.pool, letter.end, letter.next_seq);
    format.attached[letter.lane] = true;
    // A whole state of an earlier log lies at positions that mean nothing in this one.
    drop_whole_states(format);
  }
  if (!format.attached[letter.lane] || letter.reset) return;
  if (Segment* segment = letter.added.segment(); segment != nullptr) {
    segment->retain();
    lane.add(
        context_.pool, segment,
        {.begin = letter.part_begin, .end = letter.part_begin, .first_seq = letter.part_first_seq});
  }
  // Behind add(): where more than a window came in one turn, the new part does not join the old.
  lane.trim(context_.pool, letter.window_begin);
  if ((begin_before ^ lane.begin()) >= kPullUpBytes) {
    pull_up(*view, letter.format, static_cast<Lane>(letter.lane));
  }
  lane.advance(letter.end, letter.next_seq);
  format.state_bytes = letter.state_bytes;
  touch_members(*view, letter.format, static_cast<Lane>(letter.lane), end_before);
}

// A position says how far behind a cursor is for 2 GiB only. So that a member that does not read
// for longer still counts as fallen out, those before the window are brought to its edge from time
// to time.
void Views::pull_up(RoomView& view, u8 format, Lane lane) {
  const Position begin = view.formats[format]->lanes[index(lane)].begin();
  for (const Slot slot : view.members) {
    Member& member = members_[slot];
    if (!member.joined || member.format != format) continue;
    LaneCursor& cursor = member.cursors[index(lane)];
    if (distance(cursor.position, begin) > 0) cursor.position = begin - 1;
  }
}

void Views::touch_members(RoomView& view, u8 format, Lane lane, Position end_before) {
  for (const Slot slot : view.members) {
    const Member& member = members_[slot];
    if (member.session == kNoSlot || member.format != format) continue;
    if (lane == Lane::game_state) note_tick(slot, end_before);
    if (!reads(member, lane)) continue;
    sessions_.touch(member.session);
  }
}

void Views::roster(TextAnswer& answer) {
  Member* member = members_.find(answer.member);
  if (member == nullptr || member->session == kNoSlot || !member->presence) return;
  ++context_.stats.rosters_resent;
  // Exactly what came after the roster was written follows it: nobody leaves who was not there.
  LaneCursor& cursor = member->cursors[index(Lane::system)];
  count_skipped(Lane::system, answer.system.next_seq - cursor.next_seq);
  cursor = answer.system;
  member->awaits_roster = false;
  sessions_.answer(member->session, answer.json);
}

void Views::collect(const DiscoverCollect& letter) {
  auto part = std::make_unique<DiscoverPart>();
  part->asker = letter.asker;
  part->question = letter.question;
  if (const RoomView* view = views_.find(letter.view)) {
    for (const Slot slot : view->members) {
      if (part->ends.size() >= context_.options.roster_max) break;
      const Member& member = members_[slot];
      if (!member.joined || member.session == kNoSlot) continue;
      const Session& session = sessions_[member.session];
      const u64 silent_ms = static_cast<u32>(context_.now.mono_ms) - session.last_heard_ms;
      if (!part->clients_json.empty()) part->clients_json += ',';
      answers::client(part->clients_json, sessions_.uid(member.session), session.name.view(),
                      session.parked  ? "dropped"
                      : session.quiet ? "quiet"
                                      : "connected",
                      context_.now.unix_ms - silent_ms, "websocket");
      part->ends.push_back(static_cast<u32>(part->clients_json.size()));
    }
  }
  mail_.send(letter.asker.shard(), Letter(std::move(part)));
}

}  // namespace perseid
