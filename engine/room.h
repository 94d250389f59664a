// Room: a room on its home shard: the one order of its messages, its lanes' logs, its seats, its
// state. Thread: the home shard's. Owns: logs, state, seats. Invariants: formats[0] (plain JSON)
// always exists and is complete: other formats begin as transcripts of it
//   and exist while somebody reads them, and a little longer. A seat's number is stable while it is
//   taken.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/delivery.h"
#include "engine/chat_book.h"
#include "engine/context.h"
#include "engine/grid.h"
#include "engine/lane_log.h"
#include "engine/moderation.h"
#include "engine/name.h"
#include "engine/read_positions.h"
#include "engine/state_model.h"
#include "engine/store_line.h"
#include "engine/typing_throttle.h"

namespace perseid {

struct Seat {
  SessionUid session;  // 0: free
  Name name;
};

// A shard that has members of the room.
struct Viewer {
  ShardId shard = 0;
  Handle view;
  u32 members = 0;
  std::array<u32, kWireFormats> format_members{};
};

// A whole state, encoded, and the place in the log whose deltas follow it, every one.
struct Keyframe {
  SegmentHold* hold = nullptr;
  u32 size_bytes = 0;
  LaneCursor at;
  u64 made_ms = 0;
  bool leads_on = true;  // or who is sent it cannot read those deltas
};

// The lanes' logs in one wire format.
struct FormatLogs {
  std::array<LaneLog, kLanes> lanes;
  u32 members = 0;
  u64 unread_since_ms = 0;  // while members is 0
  Keyframe keyframe;
  Keyframe snapshot;
  u32 whole_bytes = 0;  // of the last keyframe made
  u32 delta_bytes = 0;  // about the largest delta of late
  Position deltas_end = 0;
};

class Room {
 public:
  // `room_rule` is never null.
  Room(Context& context, std::string_view room_name, u32 room_number, std::string room_epoch,
       std::shared_ptr<const RoomRule> room_rule);
  // A cell of a grid.
  Room(Context& context, const Room& of, Handle parent, std::string_view cell_name, const Cell& at);
  ~Room();

  // Appends a message to a sequenced lane in every format in use; returns its seq.
  Seq publish(Lane lane, MessageType type, SessionUid sender, std::string_view payload);
  // The same for what has its seq and time already, which comes from the store or was there.
  void append_message(const Delivery& delivery);
  // Begins where the store says that it ended. Nobody has joined yet.
  void restore(const store::OpenRoom& stored);
  // Appends a system message (presence).
  void notice(std::string_view json);
  // Encodes what changed since the last tick, once per flavour that somebody reads.
  void tick();

  u32 take_seat(SessionUid session, std::string_view name);
  void free_seat(u32 seat);
  void set_dropped(u32 seat, bool dropped);
  // kNoSlot if it has none. Quick for who has just come, which is when it is asked.
  u32 seat_of(SessionUid session) const;
  // Appends at most `max` members as JSON objects, in brackets.
  void write_members(std::string& out, u32 max) const;
  // Appends up to `limit` chat messages before seq `before`, oldest first, in brackets, as they are
  // now and as `asker` sees them (room_chat.cc). Returns how many.
  u32 write_history(std::string& out, Seq before, u32 limit, SessionUid asker) const;
  // The oldest of them that there is.
  Seq history_begin() const { return history_first(context_.options.chat_history); }
  // The oldest that the lane holds, one that has just left the history perhaps.
  Seq chat_begin() const { return canonical().lanes[index(Lane::chat)].first_seq(); }
  // Whether something of the newest messages is not as it was sent.
  bool history_is_marked(u32 messages) const;
  // Those messages as finished frames, at most so many bytes of the newest.
  std::string folded_history(WireFormat format, u32 messages, u32 bytes_max,
                             SessionUid asker) const;
  ChatBook& book();
  // A change that has its place in the lane.
  void fold_change(Seq seq, u64 unix_ms, u64 sender, std::string_view payload);
  // What the lane holds of changes behind this seq.
  void fold_events_after(Seq seq, ChatBook& book) const;
  // Who wrote a message; false if the window holds no message with that seq.
  bool author_of(Seq message, u64& author) const;
  // How many messages stand behind this seq.
  u64 unread_after(Seq read) const;

  Viewer* viewer(ShardId shard);
  // Makes sure that logs in this format exist: a transcript of the window.
  void open_format(WireFormat format);
  // Those that nobody has read for `after_ms`; true if another waits for that.
  bool close_unread_formats(u64 after_ms);
  // A whole state that leads on to now: the last one while what followed it is cheap to send, or
  // else the state as of now (docs/decisions/0017-reset-points.md).
  const Keyframe& keyframe(WireFormat format);
  // For who has been handed what comes before `at`.
  void drop_keyframe_before(WireFormat format, Position at);
  // Whether one from before `at` would have to be made anew, and the stream restarted, too soon.
  bool is_restart_early(WireFormat format, Position at) const;
  // The state as of now, which restarts no stream.
  const Keyframe& snapshot(WireFormat format);
  bool anybody_reads(Flavour flavour) const;
  // What only coding needs is given back if nobody reads what is coded.
  void rest_coder();

  // Where a joiner starts in each lane; false if `since` cannot be honoured whole.
  bool place_cursors(const JoinRequest& request, std::array<LaneCursor, kLanes>& out) const;

  Seq last_seq(Lane lane) const { return canonical().lanes[index(lane)].next_seq() - 1; }
  FormatLogs& canonical() const { return *formats[0]; }
  // Keeps every lane within its window. True if something is only too fresh to go.
  bool trim();
  // So long after the views were told of it a message stays for who reads as quickly as it can.
  static constexpr u64 kFreshMs = 1000;

  const std::string name;
  const std::string name_json;  // escaped, without quotes
  const u32 number;             // the binary flavour's name for it
  Slot slot = kNoSlot;          // in Rooms
  const std::string epoch;
  const std::shared_ptr<const RoomRule> rule;
  std::array<std::unique_ptr<FormatLogs>, kWireFormats> formats;
  std::deque<Seat> seats;  // a deque never doubles: a large room's roster costs what it holds
  std::vector<Viewer> viewers;
  std::unique_ptr<StateModel> state;
  std::unique_ptr<EntityOwners> owners;  // where the rule says so
  std::unique_ptr<Grid> grid;            // where the state is cut into cells
  std::unique_ptr<ChatBook> chat_book;   // once a message was changed
  std::unique_ptr<ReadPositions> reads;  // once somebody said so
  std::unique_ptr<TypingThrottle> typing;
  RoomModeration* moderation = nullptr;  // where there is any
  // Of a cell's room: what it is a part of.
  struct CellOf {
    Handle parent;
    Cell at;
  };
  std::optional<CellOf> cell;
  std::unique_ptr<StoreLine> line;  // where its chat is kept
  std::vector<StoredFact> facts;    // as the store knew them when the room was opened
  u32 members_total = 0;
  u64 tick_number = 0;
  u32 state_version = 0;  // counts what left the table's list of changes, told or untold
  u64 last_tick_ms = 0;
  TimerId linger_timer = kNoTimer;
  TimerId tick_timer = kNoTimer;
  TimerId window_timer = kNoTimer;
  TimerId tidy_timer = kNoTimer;
  u8 grown_lanes = 0;        // bit per lane that views have not been told of
  bool actions_due = false;  // the action window has closed
  bool queued = false;       // in the list of rooms to advance at the end of the turn

 private:
  // Writes one frame into every log of the lane; write(flavour, out) writes bytes[flavour] bytes.
  template <class Write>
  void append(Lane lane, const std::array<std::size_t, 2>& bytes, Write&& write);
  template <class Write>
  void append_flavour(Lane lane, Flavour flavour, std::size_t bytes, bool deflatable,
                      Write&& write);
  FormatLogs* writable(Lane lane, WireFormat format) const;
  StateDelivery state_delivery(Flavour flavour, bool full, std::string_view payload) const;
  Bytes pack_by_dictionary(Bytes payload) const;
  void append_state(Flavour flavour, std::string_view payload);
  bool checksum_due() const;
  void note_delta(WireFormat format);
  Bytes pack(Bytes plain_frame);
  void close_format(WireFormat format);
  void drop_old_keyframes();
  void drop(Keyframe& keyframe);
  Keyframe write_keyframe(WireFormat format, bool leads_on);
  void count_coder();
  void append_plain(LaneLog& log, Bytes frame);
  void append_packed(LaneLog& log, Bytes plain_frame);
  void pack_keyframe(Keyframe& keyframe);
  Seq history_first(u32 messages) const;
  LaneWindow window(Lane lane, const FormatLogs& logs, Flavour flavour) const;
  u32 state_window_bytes(const FormatLogs& logs, Flavour flavour) const;

  Context& context_;
  std::vector<u32> free_seats_;
  std::vector<bool> dropped_;           // by seat, as far as one ever was
  std::array<u32, 32> latest_seats_{};  // as taken, in a ring
  u32 seats_taken_ = 0;
  u64 deltas_taken_ = 0;
  u64 coder_bytes_counted_ = 0;
};

}  // namespace perseid
