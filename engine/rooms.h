// Rooms: all rooms whose home is this shard: joins, leaves, publishes, ticks, and telling the
// viewing shards. Thread: the shard's. Owns: the rooms. Invariant: a room that has grown in this
// turn is in grown_ and its viewers are told at end_turn(), once.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "engine/action_window.h"
#include "engine/context.h"
#include "engine/grid.h"
#include "engine/keyed_hash.h"
#include "engine/moderation.h"
#include "engine/room.h"
#include "engine/schema_pool.h"
#include "engine/slab.h"

namespace perseid {

class Rooms {
 public:
  Rooms(Context& context, Mail& mail);

  void join(JoinRequest& request);
  void leave(LeaveLetter& letter);
  // A message of a member. Returns the seq (0 for game_state, and for chat that changes nothing or
  // only passes by), or sets the refusal. `coded`: the payload is a coded state update.
  struct Publish {
    Lane lane = Lane::chat;
    SessionUid sender = {};
    std::string_view payload = {};
    bool coded = false;
    ChatKind chat = ChatKind::message;
    bool moderator = false;  // the sender is one
  };
  struct Refusal {
    Error error = Error::ok;
    std::string_view field;  // static text
    u32 retry_after_ms = 0;
  };
  Seq publish(Room& room, const Publish& message, Refusal& refusal);
  void publish(PublishLetter& letter);
  void ask(Ask& ask);
  void chat_ask(ChatAsk& ask);
  void notice(const NoticeLetter& letter);
  void keyframe_wanted(const KeyframeWanted& letter);

  void end_turn();
  // From now on nothing is held back: windows close.
  void begin_drain();
  void on_timer(TimerKind kind, Slot slot);
  // The share of the last while that the shard was at work, of 1000.
  void set_load(u32 permille) {
    auto_window_.observe(permille, context_.now.mono_ms,
                         context_.options.action_window_auto_ms_max);
  }

  Room* find(Handle handle) {
    std::unique_ptr<Room>* room = rooms_.find(handle);
    return room == nullptr ? nullptr : room->get();
  }
  u32 size() const { return rooms_.size(); }
  // Something came up after the turn's end (a connection that ended while flushing).
  bool any_grown() const { return !grown_.empty(); }

 private:
  // Null if there may be no such room; then the answer says why.
  Room* obtain(const JoinRequest& request, JoinAnswer& answer);
  // Chat (rooms_chat.cc). False: it is not sequenced, be it refused or done.
  bool admit_chat(Room& room, const Publish& message, ChatPayload& says, Refusal& refusal);
  bool may_write(Room& room, const Publish& message, Refusal& refusal);
  bool admit_event(Room& room, const Publish& message, const ChatPayload& says, Refusal& refusal);
  void pass_on(Room& room, const Publish& message);
  void fill_chat(const Room& room, const JoinRequest& request, JoinAnswer& answer);
  Error read(Room& room, const ChatAsk& ask, std::string_view& field);
  // Moderation (rooms_moderate.cc).
  bool is_banned(const JoinRequest& request, JoinAnswer& answer);
  Error moderate(Room& room, const ChatAsk& ask, std::string_view& field);
  std::vector<u32> seats_of(const Room& room, const ChatAsk& ask) const;
  void silence(Room& room, const ChatAsk& ask);
  u32 expel(Room& room, const ChatAsk& ask, Error why, u64 until_unix_ms);
  Room* obtain_cell(const JoinRequest& request, JoinAnswer& answer);
  Room& open_cell(const JoinRequest& request, Room& parent);
  void refuse_cell(const JoinRequest& request);
  void rest_cell(const Room& room);
  bool rests(Handle cell);
  bool has_cell_place();
  bool has_place();
  std::shared_ptr<const RoomRule> rule_of_new(const JoinRequest& request, JoinAnswer& answer);
  // The room by its handle; by its name (and the session's seat) while a join is on its way.
  Room* find_seated(Handle handle, std::string_view name, SessionUid session, u32& seat);
  bool make_place();
  void remove(Slot slot);
  Error seat(Room& room, const JoinRequest& request, JoinAnswer& answer);
  void give_up_seat(Room& room, u32 seat, const LeaveLetter& letter);
  void tidy_later(Room& room);
  void answer_leave(LeaveLetter& letter, bool left);
  void attach(Room& room, Viewer& viewer, WireFormat format);
  void presence(Room& room, std::string_view event, SessionUid session, std::string_view name);
  void touch(Room& room);
  void tick(Room& room);
  void arm_tick(Room& room);
  void give_up_entities(Room& room, SessionUid session);
  void tick_grid(Room& room);
  void make_room_in_cells(Room& grid);
  void tick_cell(const Room& grid, Room& cell);
  void put_into_cells(Room& room, std::string_view key, const StateRow& row);
  void remove_from_cells(Room& room, std::string_view key);
  void look(Room& room, SessionUid session, Grid::Watcher& watcher);
  void wish(Room& room, SessionUid session, const ViewWish& wish);
  void follow_own(Room& room, SessionUid session);
  void answer_view(Room& room, const Ask& ask);
  void grown(Room& room, Lane lane);
  void advance(Room& room);
  void tell_begins(Room& room);
  u32 action_window_ms(const Room& room) const;
  void advance_lane(Room& room, Lane lane, WireFormat format);
  void discover(Room& room, const Ask& ask);
  void send_roster(Room& room, const Ask& ask);
  void refuse(const Ask& ask, Error error);
  void answer_parcel(PublishLetter& letter, Seq seq, const Refusal& refusal);
  static Slot slot_of(const Room& room) { return room.slot; }
  u32 new_number();
  std::string new_epoch();

  Context& context_;
  Mail& mail_;
  Slab<std::unique_ptr<Room>> rooms_;
  KeyedMap<Slot> by_name_;
  std::vector<Room*> grown_;
  StateReaders state_readers_;
  SchemaPool schemas_;
  Moderation moderation_;
  ActionWindow auto_window_;
  u64 epochs_made_ = 0;
  u32 numbers_given_ = 0;
  Slot next_look_ = 0;                // of make_place()
  u32 cells_open_ = 0;                // of rooms_, those that are cells
  std::deque<Handle> resting_cells_;  // that have become empty, the first first; some are gone
  bool draining_ = false;
};

}  // namespace perseid
