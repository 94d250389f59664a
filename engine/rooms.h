// Rooms: all rooms whose home is this shard: joins, leaves, publishes, ticks, and telling the
// viewing shards. Thread: the shard's. Owns: the rooms. Invariant: a room that has grown in this
// turn is in grown_ and its viewers are told at end_turn(), once.
#pragma once

#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/action_window.h"
#include "engine/context.h"
#include "engine/grid.h"
#include "engine/keyed_hash.h"
#include "engine/moderation.h"
#include "engine/parcel.h"
#include "engine/room.h"
#include "engine/schema_pool.h"
#include "engine/slab.h"

namespace perseid {

class Rooms {
 public:
  Rooms(Context& context, Mail& mail);
  ~Rooms();  // tells the store that its rooms are at their end

  void join(JoinRequest& request);
  void leave(LeaveLetter& letter);
  void dropped(const SeatLetter& letter);
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

  // Chat of this room is delivered and acknowledged once it is stored: by letter only.
  static bool stores_first(const Room& room) { return room.line != nullptr && room.line->commit; }
  // What is about a message that only the store has, likewise.
  static bool may_wait(const Room& room, ChatKind chat) {
    return stores_first(room) || (room.line != nullptr && is_event(chat));
  }
  // A job that the store has done.
  void stored(std::unique_ptr<StoreJob> job);
  // A small thing that a durable room is to remember; false if it cannot.
  bool put_fact(Room& room, std::string_view key, std::string_view value);
  bool drop_fact(Room& room, std::string_view key);

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
  // Nor if the store is asked for it: then the request waits, and there is no error.
  Room* obtain(JoinRequest& request, JoinAnswer& answer);
  // Chat (rooms_chat.cc). False: it is not sequenced, be it refused or done.
  bool admit_chat(Room& room, const Publish& message, ChatPayload& says, Refusal& refusal);
  bool may_write(Room& room, const Publish& message, Refusal& refusal);
  bool admit_event(Room& room, const Publish& message, const ChatPayload& says, Refusal& refusal);
  // By what has become of its target, of whom that is (null: there is none).
  bool judge(const u64* author, const ChatBook& book, const Publish& message,
             const ChatPayload& says, Refusal& refusal);
  Seq sequence(Room& room, const Publish& message, const ChatPayload& says, Refusal& refusal);
  void pass_on(Room& room, const Publish& message);
  void fill_chat(const Room& room, const JoinRequest& request, JoinAnswer& answer);
  Error read(Room& room, const ChatAsk& ask, std::string_view& field);
  ReadPositions& read_positions(Room& room);
  // Moderation (rooms_moderate.cc).
  bool is_banned(const JoinRequest& request, JoinAnswer& answer);
  Error moderate(Room& room, const ChatAsk& ask, std::string_view& field);
  std::vector<u32> seats_of(const Room& room, const ChatAsk& ask) const;
  void silence(Room& room, const ChatAsk& ask);
  void remember_order(Room& room, const ChatAsk& ask, u64 until_unix_ms);
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
  void linger(Room& room);  // if nobody is in it
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
  // Durable rooms (rooms_open.cc, rooms_store.cc). A room that the store is asked for: what comes
  // for it meanwhile waits, in its order.
  struct Opening {
    std::string name;
    std::shared_ptr<const RoomRule> rule;
    std::vector<Letter> waiting;
    u64 waiting_bytes = 0;
  };
  bool is_durable(const RoomRule& rule) const {
    return rule.durability != Durability::memory && context_.config.store != nullptr;
  }
  // True if the letter is dealt with: it waits for the room that it names.
  bool waits(JoinRequest& request);
  bool waits(LeaveLetter& letter);
  bool waits(PublishLetter& letter, const Parcel& parcel);
  bool waits(Ask& ask);
  bool waits(ChatAsk& ask);
  Opening* find_opening(std::string_view room);
  void open(JoinRequest& request, JoinAnswer& answer, std::shared_ptr<const RoomRule> rule);
  void opened(StoreJob& job);
  void take_waiting(Letter& letter, Error error);
  void refuse_join(JoinRequest& request, Error error);
  Room& begin(std::string_view room, std::string epoch, std::shared_ptr<const RoomRule> rule);
  Error may_store(const Room& room, std::size_t bytes);
  void keep(Room& room, SessionUid sender, Seq target, std::string_view payload);
  // True if it waits for the store, which answers.
  bool hold(Room& room, PublishLetter& letter, const Publish& message, Refusal& refusal);
  bool hold_admitted(Room& room, PublishLetter& letter, Seq target, std::string_view payload,
                     Refusal& refusal);
  // Changes to what has left the window (rooms_past.cc).
  bool looks_back(Room& room, PublishLetter& letter, const Publish& message, Refusal& refusal);
  void change_past(StoreJob& job);
  bool admit_past(Room& room, const store::ReadPage& page, const Publish& message,
                  ChatPayload& says, Refusal& refusal);
  static bool is_stored(const Room& room, const store::ReadPage& page);
  void fold_page(const Room* room, const store::ReadPage& page, ChatBook& book);
  // What the room was told to remember of its chat (rooms_chat_facts.cc).
  void restore_chat(Room& room);
  void remember(Room& room, std::string_view what, std::string_view user, u64 value);
  void forget(Room& room, std::string_view what, std::string_view user);
  void gather(Room& room, store::Entry&& entry, std::size_t bytes);
  void send_gathered(Room& room);
  void appended(std::unique_ptr<StoreJob> job);
  void committed(Room& room, store::Append& batch);
  void refused(store::Append& batch, Error error);
  void answer_entry(store::Entry& entry, Error error);
  void try_again_later(Room& room);
  void try_again(Room& room);
  void send_unsaved(Room& room);
  bool read_history(Room& room, Ask& ask);
  void answer_page(StoreJob& job);
  bool submit_fact(Room& room, StoreJob::Body&& body, std::size_t bytes);
  void close_line(Room& room);
  // What the store has of it, or has not yet, must come home before it goes.
  static bool is_busy(const Room& room) { return room.line != nullptr && !room.line->idle(); }
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
  ParcelWriter parcels_;
  std::unordered_map<Slot, Opening> openings_;  // by the job's number for it
  KeyedMap<Slot> opening_by_name_;
  Slot openings_begun_ = 0;
  std::unordered_map<u64, PublishLetter> changes_;  // that wait for the store, by number
  u64 changes_begun_ = 0;
  std::vector<Handle> gathered_;  // rooms with something for the store
  u64 epochs_made_ = 0;
  u32 numbers_given_ = 0;
  Slot next_look_ = 0;                // of make_place()
  u32 cells_open_ = 0;                // of rooms_, those that are cells
  std::deque<Handle> resting_cells_;  // that have become empty, the first first; some are gone
  bool draining_ = false;
};

}  // namespace perseid
