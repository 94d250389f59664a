// Letter: what passes between shards, and the only thing that does. Move only; it owns its bytes.
// Thread: made on one shard, read on another, never shared.
// Invariants: letters from one shard to another arrive in the order sent; handles in them are
// checked on
//   arrival, because what they name may have gone meanwhile.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "codec/error.h"
#include "codec/wire_format.h"
#include "engine/chat_letters.h"
#include "engine/ids.h"
#include "engine/interest.h"
#include "engine/lane_view.h"
#include "engine/room_rule.h"
#include "engine/segment.h"
#include "engine/store.h"

namespace perseid {

// Member's shard to home: a session wants to join. Rare, so it lives on the heap.
struct JoinRequest {
  SessionUid session;
  Handle member;
  Handle view;
  WireFormat format;
  bool presence = false;
  bool lists_members = true;  // is told who is there
  bool is_user = true;        // the name is its own: what is kept of users goes by it
  bool has_history = false;
  bool has_since = false;
  bool since_chat = false;  // since names this lane
  bool since_player_action = false;
  u32 history = 0;
  Seq chat = 0;  // last seq seen
  Seq player_action = 0;
  std::string epoch;  // of since
  ViewWish wish;      // of a grid: what to see
  bool moderator = false;
  bool is_cell = false;  // of a grid: not a client's join; the answer stays inside
  Handle parent;         // is_cell: the grid
  Cell cell;
  std::string room;
  std::string create;  // JSON of a RoomRule, if the room is to be made; empty if absent
  std::string name;    // the session's
  std::string id;      // raw token of the request
};

// Home to member's shard.
struct JoinAnswer {
  SessionUid session;
  Handle member;
  Handle view;
  Handle room;
  Error error = Error::ok;
  bool has_since = false;
  bool recovered = false;
  bool has_state = false;
  bool is_grid = false;  // its state comes by cells
  u32 state_hz = 0;
  u32 room_number = 0;
  u32 seat = 0;
  u32 members_total = 0;
  Seq chat = 0;
  Seq player_action = 0;
  Seq read = 0;    // up to where the user has read the chat
  u64 unread = 0;  // messages behind that
  u32 slow_mode_ms = 0;
  u32 retry_after_ms = 0;  // with an error
  std::array<LaneCursor, 4> cursors;
  std::shared_ptr<const RoomRule> rule;  // set where the room has a schema
  std::string_view field = "room";       // static text: which field the error is about
  std::string problem;                   // what is wrong with `create`, if that is
  std::string epoch;
  std::string members_json;  // [{"client":…},…]
  std::string history;       // finished frames of the member's flavour, folded
  std::string id;
};

// Who asked to leave, if anybody did. The answer comes from the home, so that it overtakes no ack
// of what was published before.
struct LeaveAsk {
  std::string id;
  std::string room;
  bool wants_answer = true;
};
// Member's shard to home. While the answer to its join is on its way the member knows neither room
// nor seat (room.slot == kNoSlot): the home finds both by the room's name in `ask`.
struct LeaveLetter {
  Handle room;
  u32 seat = kNoSlot;
  SessionUid session;
  WireFormat format;
  std::unique_ptr<LeaveAsk> ask;
};

// Member's shard to home: its connection has gone, or there is one again. The seat stays.
struct SeatLetter {
  Handle room;
  u32 seat = kNoSlot;
  SessionUid session;
  bool dropped = false;
};

// A message for a room, or (Handle::slot == kNoSlot) for the room named in the bytes, while its
// sender's join is on its way. The parcel is as in engine/parcel.h.
struct PublishLetter {
  Handle room;
  SessionUid sender;
  SharedSlice parcel;
  u64 repeat_key = 0;  // see PublishMemory; 0: sent without an id
  u8 lane = 0;
  bool coded = false;      // a coded state update
  bool moderator = false;  // chat: the sender's permission
  ChatKind chat = ChatKind::message;
};
struct DirectLetter {
  SessionUid to;
  SessionUid sender;
  SharedSlice parcel;
  u64 repeat_key = 0;
  u64 question = 0;  // to a name (the parcel's room): the asker's number; answered by NamedAnswer
  u64 timestamp_unix_ms = 0;  // of what is kept; 0: now
  u8 type = 0;
};
// Answer to both: accepted with a seq (0 for private messages), or refused.
struct PublishAnswer {
  SessionUid sender;
  SharedSlice parcel;  // the one that came: it bears the id token and the room's name
  u64 repeat_key = 0;
  u64 timestamp_unix_ms = 0;
  Seq seq = 0;
  const char* field = "";  // static text: which field the error is about
  u8 field_bytes = 0;
  Error error = Error::ok;
  u32 retry_after_ms = 0;
};
// Home to a viewing shard: a lane in one wire format has grown. `added` is set for a segment new to
// the view.
struct LaneAdvance {
  Handle view;
  SharedSlice added;
  Seq part_first_seq = 0;
  Seq next_seq = 1;
  Position part_begin = 0;
  Position end = 0;
  Position window_begin = 0;
  u32 state_bytes = 0;  // game_state: what a keyframe would weigh
  u8 format = 0;
  u8 lane = 0;
  bool reset = false;  // the view starts here, with nothing before
};

struct KeyframeWanted {
  Handle room;
  ShardId shard;
  u8 format;
  // The member has been handed state up to here: an older whole one would take it back in time.
  bool has_not_before = false;
  Position not_before = 0;
  bool lags = false;  // it is sent the present, and no deltas behind it
};
struct KeyframeLetter {
  Handle view;
  SharedSlice frame;
  LaneCursor at;  // the deltas that follow it
  u8 format = 0;
  bool leads_on = true;  // the deltas that follow can be read by who begins with it
  bool is_snapshot = false;
  bool lags = false;  // who asked for it
};

// Home to member's shard: what is in view in a grid from now on.
struct CellsLetter {
  Handle member;
  std::vector<Cell> leave;
  std::vector<Cell> enter;
};

// Asks that are answered with text made elsewhere.
struct Ask {
  enum class Kind : u8 { history, discover, roster, view } kind = Kind::history;
  SessionUid session;
  Handle room;
  Handle member;  // roster
  u8 format = 0;  // roster: whose system lane goes on behind it
  Seq before = 0;
  u32 limit = 0;
  ViewWish wish;
  u64 question = 0;  // discover: the asker's number for it
  std::string id;
  std::string room_name;  // for room.slot == kNoSlot, as in LeaveLetter
};
// A finished system message for a session. For a roster also where its system lane goes on.
struct TextAnswer {
  SessionUid session;
  Handle member;
  LaneCursor system;
  bool is_roster = false;
  Error error = Error::ok;
  std::string_view field = "room";  // static text: which field the error is about
  std::string id;                   // raw token of the request
  std::string json;
};
// discover: the home asks each shard with members; each sends its part to the asker.
struct DiscoverCollect {
  Handle view;
  SessionUid asker;
  u64 question;
};
struct DiscoverExpect {
  SessionUid asker;
  u64 question;
  u32 parts = 0;
  Error error = Error::ok;
};
struct DiscoverPart {
  SessionUid asker;
  u64 question;
  std::string clients_json;  // comma-separated objects
  std::vector<u32> ends;     // where in it each object ends
};

using LetterBody =
    std::variant<std::monostate, std::unique_ptr<JoinRequest>, std::unique_ptr<JoinAnswer>,
                 LeaveLetter, SeatLetter, PublishLetter, DirectLetter, PublishAnswer, LaneAdvance,
                 KeyframeWanted, KeyframeLetter, std::unique_ptr<Ask>, std::unique_ptr<TextAnswer>,
                 DiscoverCollect, DiscoverExpect, std::unique_ptr<DiscoverPart>,
                 std::unique_ptr<CellsLetter>, std::unique_ptr<ChatAsk>,
                 std::unique_ptr<PassingLetter>, KickLetter, std::unique_ptr<NoticeLetter>,
                 NameLetter, NamedDirect, NamedAnswer, std::unique_ptr<StoreJob>>;

class Letter {
 public:
  Letter() = default;
  template <class Body>
  requires(!std::is_same_v<std::remove_cvref_t<Body>, Letter>) explicit Letter(Body&& content)
      : body(std::forward<Body>(content)) {}
  Letter(Letter&&) noexcept = default;
  Letter& operator=(Letter&&) noexcept = default;
  LetterBody body;
};
static_assert(sizeof(Letter) <= 72, "a mailbox moves letters by the hundred");
static_assert(std::is_nothrow_move_constructible_v<Letter>);
static_assert(std::is_nothrow_move_assignable_v<Letter>);

}  // namespace perseid
