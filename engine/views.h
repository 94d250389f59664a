// Views: the rooms that sessions of this shard have joined, wherever their homes are, and the
// members' cursors. Thread: the shard's. Owns: views and members. Invariants: what is gathered for
// a member goes forward in every lane; what the kernel did not take comes back
//   at a frame's boundary, the torn rest first. A member that falls out of a window is told.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/chat_again.h"
#include "engine/context.h"
#include "engine/keyed_hash.h"
#include "engine/room_view.h"
#include "engine/send_batch.h"
#include "engine/sessions.h"
#include "engine/slab.h"

namespace perseid {

struct Request;
class SeenRooms;

class Views {
 public:
  using RoomTest = std::function<bool(std::string_view room)>;
  Views(Context& context, Mail& mail, Sessions& sessions);
  ~Views();

  // Membership.
  void join(Slot session, const Request& request, ViewWish wish, Permissions may);
  void joined(JoinAnswer& answer);
  void leave(Slot session, Slot member, std::string_view id);
  void leave_all(Slot session);
  // Sessions that lose their connection and go on with another (views_resume.cc).
  void drop(Slot session);
  // Puts cursors back to what the client has seen; writes its rooms for `welcome`.
  // `again`: of these rooms the lane says chat again that was said already.
  void rewind(Slot session, const SeenRooms& seen, const RoomTest& may_read,
              std::string& rooms_json, ChatAgain& again);
  void go_on(Slot session, bool was_dropped);  // behind `welcome`
  u32 members_of(Slot session);                // cells included
  // kNoSlot if the session has not joined it (or is leaving). By name, or by number in the binary
  // flavour.
  Slot find_member(Slot session, std::string_view room, u32 room_number);
  Member& member(Slot slot) { return members_[slot]; }
  RoomView& view_of(const Member& member) { return views_[member.view]; }
  ShardId home_of(std::string_view room) const;

  // From the rooms' homes.
  void advance(LaneAdvance& letter);
  void keyframe(KeyframeLetter& letter);
  void roster(TextAnswer& answer);
  void collect(const DiscoverCollect& letter);
  void cells(CellsLetter& letter);
  // Chat (views_chat.cc): what passes by; who has to leave.
  void passing(const PassingLetter& letter);
  void expel(const KickLetter& letter);
  // What a session's newer token lets it do no more: be in rooms, hear who comes and goes.
  void expel_where(Slot session, const RoomTest& is_over);
  void hide_presence(Slot session, const RoomTest& is_over);

  // A member asks for the whole state again: of a grid, of each cell in view.
  void ask_again(Slot session, Slot member);
  void on_keyframe_timer(Slot member);

  void on_rate_timer(Slot member);
  // True if it says that the state sent before was read.
  bool ponged(Slot session, Bytes payload);
  // From now on no state is held back.
  void begin_drain();

  // Sending.
  bool wants_send(Slot session);
  bool owes(Slot session);
  // A whole state or a roster is on its way from a home.
  bool awaits(Slot session);
  void gather(Slot session, SendBatch& out);
  void sent(Slot session, SendBatch& batch, u32 sent_bytes);

 private:
  FormatView& format_view(const Member& member);
  void tell_dropped(Slot member, bool dropped);
  bool rewind(Member& member, Lane lane, Seq seen);
  bool rewind_state(Member& member, u64 tick);
  Seq last_seq(const Member& member, Lane lane, bool& recovered);
  // In the session's list at its head, or behind another of its members.
  Slot add_member(Slot session, std::string_view room, ShardId home, Slot behind = kNoSlot);
  void begin_with(Slot session, Slot member);
  // Cells of grids (views_cells.cc). A grid is named by the session's member of it.
  void enter_cell(Slot grid, const Cell& cell, bool shown);
  void leave_cells(Slot session, Slot parent);
  template <class Matches>
  std::vector<Slot> bring_forward(Slot session, Matches&& matches);
  void refuse_cell(const Member& cell);
  Slot grid_of(const Member& cell);
  void owe_gone_cell(Slot grid, const Cell& cell);
  bool tell_cell_is_gone(Slot grid, const Cell& cell);
  void tell_gone_cells(Slot grid);
  bool forget_gone_cell(Slot grid, const Cell& cell);
  bool is_cell(const Member& member) const { return views_[member.view].parent != kNoSlot; }
  void give_up(Slot slot, SessionUid session, std::unique_ptr<LeaveAsk> ask);
  void unlink_from_session(Slot slot);
  void remove_member(Slot slot);
  void release_format(RoomView& view, u8 format);
  void pull_up(RoomView& view, u8 format, Lane lane);
  void touch_members(RoomView& view, u8 format, Lane lane, Position end_before);
  // State rates (views_degrade.cc).
  bool state_waits(Session& session);
  bool is_ask_due(Slot session);
  void ask_back(Session& session, SendBatch& out);
  u32 state_hz(const RoomView& view) const;
  u32 state_hz(const Member& member) { return state_hz(views_[member.view], member.halvings); }
  u32 state_hz(const RoomView& view, u8 halvings) const;
  bool is_late(const Member& member, Position due);
  void note_tick(Slot slot, Position due);
  bool carries_deltas(const Session& session);
  void slow_down(Slot slot);
  void shed(Slot slot);
  bool speed_up(Slot slot, Slowdown& slowdown);
  void hold_state(Slot slot);
  void set_rate_timer(Slot slot, Slowdown& slowdown);
  void forget_slowdown(Slot slot);
  Slot slowest_beside(Slot cell);
  void inherit_slowdown(Slot slot);
  void tell_rate(Slot session, Member& member);
  void tell_grid_rate(Slot session, Slot parent);
  void check_windows(Slot session, Member& member);
  void fall_out(Slot session, Member& member, Lane lane);
  static void gather_urgent(Session& session, SendBatch& out);
  void gather_all(Slot session, u32 budget_bytes, SendBatch& out);
  static constexpr int kHeartbeat = -1;
  static void gather_ping(int number, SendBatch& out);
  void gather_lane(Slot member, Lane lane, u32 budget_bytes, SendBatch& out);
  bool gather_keyframe(Slot member, SendBatch& out);
  // Whole states (views_keyframes.cc).
  bool wants_whole(const Member& member);
  bool has_asked(const Member& member);
  WholeState* whole_state(const Member& member);
  bool lags(const Member& member) { return sessions_[member.session].read_back.is_lagging(); }
  void ask_keyframe(const Member& member);
  void drop_whole_states(FormatView& format);
  // Those that members ask for.
  struct KeyframeAsk {
    TimerId timer = kNoTimer;  // until it may be sent the next
    bool again = false;        // it has asked meanwhile
  };
  void answer_ask(Slot session, Slot slot, KeyframeAsk& ask);
  void want_keyframes(Slot session, Slot member);
  void forget_ask(Slot slot);
  void ask_roster(Slot slot);
  u32 send_budget(Slot session);
  void count_sent(const SendBatch& batch);
  void count_skipped(Lane lane, u32 frames);
  void give_back(Slot session, SendSlice& slice, u32 sent_bytes);
  void keep_rest(Slot session, const SendSlice& slice, u32 begin, u32 end);
  void tear(Slot session, SendSlice& slice, u32 sent_bytes);

  Context& context_;
  Mail& mail_;
  Sessions& sessions_;
  Slab<RoomView> views_;
  Slab<Member> members_;
  KeyedMap<Slot> by_name_;
  std::unordered_map<Slot, Slowdown> slowdowns_;         // by member, few
  std::unordered_map<Slot, KeyframeAsk> keyframe_asks_;  // likewise
  // By the member of the grid, few: cells that have left its view, which it could not be told yet.
  std::unordered_map<Slot, std::vector<Cell>> gone_cells_;
  bool draining_ = false;
};

}  // namespace perseid
