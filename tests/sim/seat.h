// Seat: what one client believes about one room that it has joined, and the promises that it holds
// the relay to: each lane without holes from its starting point, one state, one roster.
// Thread: the run's. Owns: its tables.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/sim/book.h"
#include "tests/sim/inbox.h"
#include "tests/sim/picture.h"

namespace perseid::sim {

// What a member of a grid asked to see, and the JSON that said so.
struct SeenWish {
  enum class Mode : u8 { own, follow, place, cells } mode = Mode::own;
  std::string entity = {};
  double x = 0;
  double y = 0;
  std::vector<CellAt> cells = {};
  std::string json = {};
};

// What a join asked for.
struct JoinWish {
  bool presence = false;
  u32 history = 0;
  bool has_since = false;
  bool since_chat = false;
  bool since_action = false;
  std::string epoch = {};
  Seq chat = 0;
  Seq action = 0;
  SeenWish view = {};
};

class Seat {
 public:
  // `uid`: of the player.
  Seat(Verdict& verdict, Book& book, std::string who, std::string uid, const JoinWish& wish)
      : presence(wish.presence),
        picture(verdict, book.state, who),
        view(wish.view),
        verdict_(verdict),
        book_(book),
        who_(std::move(who)),
        uid_(std::move(uid)) {}

  // `roomy`: nothing can have left the windows, so what can be recovered must be.
  void on_joined(simdjson::dom::element message, const JoinWish& wish, bool roomy);
  void on_delivery(const Incoming& message, bool roomy);
  void on_gap(simdjson::dom::element message, bool roomy);
  void on_presence(simdjson::dom::element message);
  void on_rate(bool restored, u64 state_hz, u64 hz_min);
  void on_roster(simdjson::dom::element message);
  void on_history(simdjson::dom::element message, Seq before, u32 limit);
  // At rest: everything that the lanes hold has come.
  void check_rest() const;

  // The session goes on with a new connection, behind these seqs; `told`: it said what it has seen.
  void on_resumed(simdjson::dom::element room, bool told, bool roomy);
  // Whether what comes next is known: `since` can say it.
  bool knows_its_place() const;

  // The last seq seen, for a later `since`.
  Seq seen(Lane lane) const { return at_[index(lane)].next - 1; }

  const bool presence;
  std::string room;
  std::string epoch;
  // A durable room that was forgotten is opened again in its epoch, but without its state.
  std::string life() const { return epoch + "." + std::to_string(number); }
  u32 number = 0;
  Picture picture;
  SeenWish view;         // of a grid
  bool has_set = false;  // its own entity, since it asked for this view
  u64 room_hz = 0;
  u64 resume_window_ms = 0;
  std::set<std::string> roster;
  Seq history_first = 0;  // of the last answer to `history`, when all is at rest; 0: it was empty
  u32 gaps = 0;
  bool recovered = false;

 private:
  struct At {
    Seq next = 1;
  };
  void place(const JoinWish& wish, Seq chat, Seq action);
  void read_members(simdjson::dom::element message);
  void read_rule(simdjson::dom::element message);
  void fail(const std::string& what) { verdict_.fail(who_ + " in " + room + ": " + what); }

  Verdict& verdict_;
  Book& book_;
  // A history that comes before the chat that is live (seat_chat.cc).
  struct History {
    Seq end = 0;         // the last seq of it; 0: it is over
    u32 most = 0;        // so many messages were asked for
    u32 listed = 0;      // messages that have come
    bool holed = false;  // a broken connection has swallowed some
    Seq live_next = 0;
  };
  void on_history_message(const Incoming& message, bool roomy);
  void end_history();
  void resume_history(Seq last);

  const std::string who_;
  const std::string uid_;
  At at_[kLanes];
  History history_;
  bool roster_replaced_ = false;
  std::map<std::string, u32> leaves_seen_;  // by client
};

}  // namespace perseid::sim
