// Player: a client as the protocol describes it, doing things by chance and believing nothing that
// the relay has not said.
// Thread: the run's. Owns: its seats and what it waits for. One life is one session; a player lives
// many.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/binary.h"
#include "codec/frame.h"
#include "engine/store.h"
#include "tests/sim/book.h"
#include "tests/sim/dice.h"
#include "tests/sim/inbox.h"
#include "tests/sim/plan.h"
#include "tests/sim/seat.h"

namespace perseid::sim {

// A JSON string; a request's field that names the room.
std::string quoted(const std::string& text);
std::string room_field(const std::string& room);

// What all players of a run share.
struct Stage {
  const Plan& plan;
  Dice& dice;
  Verdict& verdict;
  Book& book;
  Store* store = nullptr;
};

struct Upload {
  Opcode opcode = Opcode::text;
  std::string bytes = {};
  bool may_grow = false;     // another message may follow in the same frame
  bool handed_over = false;  // by another shard, so many requests of it done
  u32 done = 0;
};

class Player final : public InboxSink {
 public:
  // Its own entity in a room, as the relay has acknowledged it.
  struct OwnState {
    std::string epoch;
    Fields fields;
    bool certain = true;
  };

  Player(Stage stage, u32 number) : stage_(stage), number_(number) {}

  // A new life begins on a new connection.
  void connect(WireFormat format);
  // The connection is gone, by whomever.
  void gone();
  // It broke: the session may go on with another (player_resume.cc).
  void lost();
  bool away() const { return away_; }
  void come_back();
  u32 number() const { return number_; }
  bool connected() const { return inbox_ != nullptr; }
  void receive(Bytes bytes) { inbox_->feed(bytes); }
  // One random deed.
  void act();

  void join(const std::string& room, const JoinWish& wish);
  void discover(const std::string& room);
  void read_history(const std::string& room, Seq before, u32 limit);
  void read_private(const std::string& with, Seq before, u32 limit);
  void hang_up() { wants_close = true; }
  // The relay ends the connection, or is about to.
  void give_all_up();

  u32 life() const { return life_; }
  const std::string& uid() const { return stage_.book.lives[life_].uid; }
  WireFormat format() const { return format_; }
  const std::map<std::string, Seat>& seats() const { return seats_; }
  // Rooms that it is in, without having heard so.
  const std::set<std::string>& ghosts() const { return ghosts_; }
  // Its last hello, for a session that was there before, is not answered.
  bool waits_welcome() const;
  bool waits() const { return !pending_.empty(); }
  std::string waits_for() const;
  std::string own_entity() const { return "e" + std::to_string(life_); }
  const std::map<std::string, OwnState>& own_states() const { return own_; }
  void check_rest() const;

  // The last page of private messages: their numbers, and the first one's seq.
  std::vector<u32> private_page;
  Seq private_first = 0;
  std::vector<Upload> uploads;  // for the connection to take
  bool wants_close = false;     // a close frame came, or enough is enough
  bool answers_pings = true;
  void answer_pings();                              // from now on
  u16 close_code = 0;                               // of the close frame that came
  std::map<std::string, std::string> last_clients;  // the last discover: client to name

 private:
  enum class Kind : u8 {
    hello,
    join,
    leave,
    publish,
    state,
    discover,
    history,
    private_history,
    view,
    read,
    ping
  };
  struct Waiting {
    Kind kind = Kind::ping;
    std::string room = {};
    u32 number = 0;   // of a publish
    u32 repeats = 0;  // of it, on their way: one refusal is then not the last word
    JoinWish wish = {};
    Seq before = 0;  // history; read: up to where
    u32 limit = 0;
    std::string epoch = {};  // read: the seat's life; private_history: with whom
    bool unset = false;      // state
    Fields changes = {};     // state; an empty value removes
    bool again = false;      // said once more after a broken connection: either may be answered
  };
  struct Repeatable {
    std::string id;
    std::string room;
    u32 number;
  };

  // Deeds (player_acts.cc).
  std::string random_room();
  std::string random_joined_room();
  std::string new_id();
  static Waiting waiting(Kind kind, const std::string& room, const JoinWish& wish = {});
  void do_join();
  void do_leave();
  void do_publish(Lane lane);
  void do_direct();
  void do_named(const Life& to);
  void on_private_history(simdjson::dom::element message, const Waiting& answer);
  // Chat that changes (player_chat.cc).
  void do_change();
  Seq random_target(const std::string& room, const Seat& at, bool own);
  void do_typing();
  void do_read();
  void on_typing(const Incoming& message);
  void on_read(const Waiting& answer);
  void check_read(simdjson::dom::element joined, const Seat& at);
  void do_state();
  void do_plain_state(const std::string& room);
  // Of rooms that are not plain (player_entities.cc).
  void do_entity(const std::string& room);
  void do_unset(const std::string& room, const std::string& entity);
  void do_set(const std::string& room, const std::string& entity);
  Fields random_fields(const std::string& room, const std::string& entity);
  void send_fields(const std::string& room, const std::string& entity, const std::string& id,
                   const Fields& fields);
  bool send_coded(const std::string& room, const std::string& entity, const std::string& id,
                  const Fields& fields);
  void do_look();
  void do_keyframe();
  SeenWish random_view();
  void do_repeat();
  void do_ask();
  void do_garbage();
  void send_system(const std::string& op, const std::string& id, const std::string& fields,
                   Waiting answer);
  void send_publish(Lane lane, const std::string& room, const std::string& to,
                    const std::string& id, const std::string& payload, bool coded = false);
  void send(std::string bytes);

  // What comes (player.cc).
  void on_incoming(const Incoming& message) override;
  void on_ping(Bytes payload) override;
  std::vector<std::string> unanswered_;
  void on_close(u16 code) override;
  void on_broken(const std::string& why) override;
  void on_system(simdjson::dom::element message, const std::string& op);
  void on_answer(simdjson::dom::element message, const std::string& op, const std::string& id);
  void on_joined(simdjson::dom::element message, const Waiting& answer);
  void on_left(const std::string& room);
  void on_viewing(const Waiting& answer);
  void on_ack(simdjson::dom::element message, const Waiting& answer);
  void on_error(simdjson::dom::element message, const std::string& id);
  void on_open_error(const std::string& code, const std::string& id);
  void on_clients(simdjson::dom::element message);
  void on_welcome(simdjson::dom::element message);
  void begin_life();
  void end_life();
  void on_resumed(simdjson::dom::element message);
  void settle_room(const std::string& room, simdjson::dom::element entry);
  void ask_again();
  std::string seen_rooms();
  bool leaves(const std::string& room) const;  // has asked to, and was not answered
  bool owes_answer(const std::string& id, Waiting& out);
  Seat* seat(const std::string& room);
  void remember(const Seat& seat);
  std::string who() const;
  void fail(const std::string& what) { stage_.verdict.fail(who() + ": " + what); }

  Stage stage_;
  const u32 number_;
  u32 life_ = 0;
  WireFormat format_;
  std::unique_ptr<Inbox> inbox_;
  std::map<std::string, Seat> seats_;
  std::map<u32, std::string> room_numbers_;
  std::map<std::string, Waiting> pending_;  // by id token
  std::map<std::string, Waiting> answered_publishes_;
  // Of a session that goes on: what may have been answered, unheard.
  std::map<std::string, Waiting> open_;
  std::set<std::string> ghosts_;
  std::set<std::string> told_;  // rooms of which the last hello said what was seen
  std::string secret_;
  std::string asked_name_;  // by the last hello
  bool away_ = false;
  std::vector<Repeatable> repeatable_;
  std::map<std::string, Seq> read_;  // of this life, by room and the room's life: as acknowledged
  std::map<std::string, JoinWish> since_;  // by room: where an earlier seat stopped
  std::map<std::string, OwnState> own_;
  std::map<std::string, std::pair<double, double>> feet_;  // where its entity stands, by room
  u32 ids_ = 0;
};

}  // namespace perseid::sim
