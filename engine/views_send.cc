// Sending from views: gather slices at the cursors, in the order of the lanes.
#include <algorithm>

#include "codec/frame.h"
#include "engine/answers.h"
#include "engine/views.h"

namespace perseid {
namespace {

// A capped session may be ahead of its rate by so much.
constexpr u64 kSendAheadMs = 100;

// A ping that asks whether the state before it was read: its header and its number.
constexpr u32 kAskBytes = 3;

}  // namespace

FormatView& Views::format_view(const Member& member) {
  return *views_[member.view].formats[member.format];
}

bool Views::wants_send(Slot session_slot) {
  const Session& session = sessions_[session_slot];
  if (session.batch_out) return false;
  if (session.closing) return !session.outbox.empty();
  if (session.budget_wait) return session.outbox.in_mid_frame() || session.ping_due;
  return owes(session_slot);
}

bool Views::owes(Slot session_slot) {
  Session& session = sessions_[session_slot];
  if (!session.outbox.empty() || session.ping_due) return true;
  const bool state_waits = this->state_waits(session);
  for (Slot slot = session.first_member; slot != kNoSlot; slot = members_[slot].next_in_session) {
    const Member& member = members_[slot];
    if (!member.joined) continue;
    if (member.rate_untold) return true;
    if (!gone_cells_.empty() && gone_cells_.contains(slot)) return true;
    const FormatView& format = format_view(member);
    const bool may_have_whole = !member.state_held && !state_waits && wants_whole(member);
    if (may_have_whole && (whole_state(member) != nullptr || !has_asked(member))) return true;
    for (u8 lane = 0; lane < kLanes; ++lane) {
      if (!reads(member, static_cast<Lane>(lane))) continue;
      const bool is_state = static_cast<Lane>(lane) == Lane::game_state;
      if (is_state && (member.wants_keyframe || state_waits)) continue;
      if (distance(member.cursors[lane].position, format.lanes[lane].end()) > 0) return true;
    }
  }
  return false;
}

bool Views::awaits(Slot session) {
  for (Slot slot = sessions_[session].first_member; slot != kNoSlot;
       slot = members_[slot].next_in_session) {
    const Member& member = members_[slot];
    if (member.joined && (wants_whole(member) || member.awaits_roster)) return true;
  }
  return false;
}

// How many bytes this flush may take; 0: none now, and a timer will touch the session again.
u32 Views::send_budget(Slot slot) {
  const u32 rate = context_.options.client_bytes_per_second;
  if (rate == 0) return context_.options.flush_bytes_max;
  Session& session = sessions_[slot];
  // A closing connection is owed little, and its close frame must find the stream at a frame's end.
  if (session.closing) return context_.options.flush_bytes_max;
  if (session.budget_wait) return 0;
  const u64 wait_ms = sessions_.bytes_out(slot).debt_ms(context_.now.mono_ms, kSendAheadMs);
  if (wait_ms > 0) {
    session.budget_wait = true;
    context_.timers.schedule(context_.now.mono_ms + wait_ms,
                             timer_cookie(TimerKind::send_budget, slot));
    return 0;
  }
  return std::clamp<u32>(rate / 10, 1, context_.options.flush_bytes_max);
}

void Views::gather(Slot session_slot, SendBatch& out) {
  Session& session = sessions_[session_slot];
  PSD_ASSERT(!session.batch_out && out.empty());
  const u32 budget_bytes = send_budget(session_slot);
  if (budget_bytes == 0) {
    gather_urgent(session, out);
  } else {
    gather_all(session_slot, budget_bytes, out);
  }
  if (out.empty()) return;
  session.batch_out = true;
  ++context_.stats.sends_gathered;
  const u32 rate = context_.options.client_bytes_per_second;
  if (rate == 0) return;
  sessions_.bytes_out(session_slot).charge(out.total_bytes, rate, context_.now.mono_ms);
}

// What no budget holds back, though it is charged: a heartbeat, or else a client that has just been
// sent much would be silent for want of a question; and, before it, the rest of a frame.
void Views::gather_urgent(Session& session, SendBatch& out) {
  if (session.outbox.in_mid_frame()) {
    session.outbox.gather(out, 1);
  } else if (session.ping_due) {
    session.ping_due = false;
    gather_ping(kHeartbeat, out);
  }
}

void Views::gather_all(Slot session_slot, u32 budget_bytes, SendBatch& out) {
  Session& session = sessions_[session_slot];
  if (!session.closing) {
    for (Slot slot = session.first_member; slot != kNoSlot; slot = members_[slot].next_in_session) {
      if (!members_[slot].joined) continue;
      if (!gone_cells_.empty()) tell_gone_cells(slot);
      check_windows(session_slot, members_[slot]);
    }
  }
  session.outbox.gather(out, budget_bytes);
  // Nothing of a room overtakes a `joined` or a `gap` that did not fit into this batch.
  const bool lanes_may_go = !session.closing && session.outbox.empty();
  if (lanes_may_go && session.ping_due && !out.full()) {
    session.ping_due = false;
    gather_ping(kHeartbeat, out);
  }
  Slot turned_away = kNoSlot;
  const bool state_may_go = lanes_may_go && !state_waits(session);
  const bool asks = state_may_go && is_ask_due(session_slot);
  u32 state_begin = out.total_bytes;
  for (u8 lane = 0; lane < kLanes && lanes_may_go; ++lane) {
    if (static_cast<Lane>(lane) == Lane::game_state) {
      if (!state_may_go) break;
      state_begin = out.total_bytes;
    }
    for (Slot slot = session.first_member; slot != kNoSlot; slot = members_[slot].next_in_session) {
      if (!members_[slot].joined) continue;
      const bool for_ask = asks && static_cast<Lane>(lane) == Lane::game_state;
      const u32 most_bytes = budget_bytes - (for_ask ? std::min(budget_bytes, kAskBytes) : 0);
      const bool is_full = out.count + (for_ask ? 1 : 0) >= kSendSlicesMax ||
                           (out.total_bytes >= most_bytes && !out.empty());
      if (is_full && turned_away == kNoSlot) turned_away = slot;
      if (!is_full) gather_lane(slot, static_cast<Lane>(lane), most_bytes, out);
    }
  }
  if (asks && out.total_bytes > state_begin && !out.full()) ask_back(session, out);
  if (turned_away != kNoSlot) begin_with(session_slot, turned_away);
}

// The session's members come round in turn: the next batch begins with the first that this one had
// no room for, or else the last of many rooms and cells would wait for as long as the first have
// something to say.
void Views::begin_with(Slot session, Slot slot) {
  Slot& first = sessions_[session].first_member;
  if (first == slot) return;
  Slot* link = &first;
  while (*link != slot) link = &members_[*link].next_in_session;
  *link = kNoSlot;
  Slot last = slot;
  while (members_[last].next_in_session != kNoSlot) last = members_[last].next_in_session;
  members_[last].next_in_session = first;
  first = slot;
}

// The same few bytes for everybody: a heartbeat to a million clients allocates nothing. A question
// bears its number, 1 to 255 and 0.
void Views::gather_ping(int number, SendBatch& out) {
  struct Pings {
    std::array<std::array<u8, kAskBytes>, 256> questions{};
    Pings() {
      for (u32 i = 0; i < questions.size(); ++i) {
        questions[i] = {0x80 | static_cast<u8>(Opcode::ping), 1, static_cast<u8>(i)};
      }
    }
  };
  static const Pings kPings;
  static constexpr u8 kEmpty[] = {0x80 | static_cast<u8>(Opcode::ping), 0};
  const bool is_heartbeat = number == kHeartbeat;
  const u32 size_bytes = is_heartbeat ? sizeof kEmpty : kAskBytes;
  out.slices[out.count++] = {
      .data = is_heartbeat ? kEmpty : kPings.questions[static_cast<u8>(number)].data(),
      .size_bytes = size_bytes,
      .hold = nullptr,
      .source = SendSlice::Source::ping,
      .member = {}};
  out.total_bytes += size_bytes;
}

void Views::gather_lane(Slot slot, Lane lane, u32 budget_bytes, SendBatch& out) {
  Member& member = members_[slot];
  if (!reads(member, lane)) return;
  if (lane == Lane::game_state && member.wants_keyframe) {
    if (!wants_whole(member) || !gather_keyframe(slot, out) || member.on_snapshot) return;
  }
  const LaneView& view = format_view(member).lanes[index(lane)];
  LaneCursor& cursor = member.cursors[index(lane)];
  if (distance(cursor.position, view.end()) <= 0 || out.full()) return;
  const u32 first_slice = out.count;
  const u32 bytes_before = out.total_bytes;
  const u32 frames = view.gather(context_.pool, cursor,
                                 budget_bytes - std::min(out.total_bytes, budget_bytes), out);
  for (u32 i = first_slice; i < out.count; ++i) {
    out.slices[i].lane = index(lane);
    out.slices[i].member = members_.handle(slot);
  }
  context_.stats.deliveries += frames;
  context_.stats.lane_bytes_out += out.total_bytes - bytes_before;
  if (lane != Lane::game_state || frames == 0) return;
  member.shown = true;
  hold_state(slot);
}

// The whole state, if there is one to use; else asks for one, which a home on this shard sends at
// once.
bool Views::gather_keyframe(Slot slot, SendBatch& out) {
  Member& member = members_[slot];
  if (whole_state(member) == nullptr) ask_keyframe(member);
  WholeState* whole = whole_state(member);
  if (whole == nullptr || out.full()) return false;
  context_.pool.hold(whole->hold);
  out.slices[out.count++] = {.data = whole->hold->segment->data(),
                             .size_bytes = whole->size_bytes,
                             .hold = whole->hold,
                             .source = SendSlice::Source::keyframe,
                             .lane = index(Lane::game_state),
                             .member = members_.handle(slot),
                             .position = 0,
                             .frames = 1};
  out.total_bytes += whole->size_bytes;
  whole->is_used = true;
  LaneCursor& cursor = member.cursors[index(Lane::game_state)];
  count_skipped(Lane::game_state, whole->at.next_seq - cursor.next_seq);
  cursor = whole->at;
  member.wants_keyframe = member.on_snapshot = !whole->leads_on;
  member.readable_from = whole->at.position + (whole->leads_on ? 0 : 1);
  member.shown = true;
  ++context_.stats.keyframes_sent;
  hold_state(slot);
  return true;
}

// Modulo 2^32, as cursors count.
void Views::count_skipped(Lane lane, u32 frames) {
  if (static_cast<std::int32_t>(frames) > 0) {
    lane_stats(context_.stats, lane).skipped += frames;
  }
}

void Views::check_windows(Slot session, Member& member) {
  FormatView& format = format_view(member);
  for (u8 i = 0; i < kLanes; ++i) {
    const Lane lane = static_cast<Lane>(i);
    if (!reads(member, lane)) continue;
    if (distance(member.cursors[i].position, format.lanes[i].begin()) > 0)
      fall_out(session, member, lane);
  }
  if (member.rate_untold) tell_rate(session, member);
  if (member.state_held) return;
  // The cheaper of the pending deltas and the whole state, be it what it weighs now or the one that
  // is at hand: that one then leads forward, never back to where the member stands. Who lags is
  // never sent more at a time than the whole state.
  const Position at = member.cursors[index(Lane::game_state)].position;
  const std::int32_t pending = distance(at, format.lanes[index(Lane::game_state)].end());
  const u32 whole_bytes = std::max(format.state_bytes, format.keyframe.size_bytes);
  const u32 slack_bytes = lags(member) ? 0 : kKeyframeSlackBytes;
  if (pending > static_cast<std::int32_t>(whole_bytes + slack_bytes)) member.wants_keyframe = true;
}

// The member's cursor lies before the window: what its lane's policy says (docs/architecture.md,
// "Lanes").
void Views::fall_out(Slot session, Member& member, Lane lane) {
  const LaneView& view = format_view(member).lanes[index(lane)];
  LaneCursor& cursor = member.cursors[index(lane)];
  if (lane == Lane::game_state) {
    member.wants_keyframe = true;
    return;
  }
  if (lane == Lane::system) {
    member.awaits_roster = true;
    auto ask = std::make_unique<Ask>();
    ask->kind = Ask::Kind::roster;
    ask->session = sessions_.uid(session);
    ask->format = member.format;
    ask->room = views_[member.view].room;
    ask->member = members_.handle(views_[member.view].members[member.index_in_view]);
    mail_.send(views_[member.view].home, Letter(std::move(ask)));
    return;
  }
  ++context_.stats.gaps;
  count_skipped(lane, static_cast<u32>(view.first_seq()) - cursor.next_seq);
  std::string& text = context_.scratch;
  text.clear();
  answers::gap(text, views_[member.view].name, lane, cursor.seq_before(view.first_seq()),
               view.first_seq() - 1);
  cursor = {view.begin(), view.first_seq()};
  sessions_.answer(session, text);
}

}  // namespace perseid
