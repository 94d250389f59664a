#include "tests/sim/player.h"

#include <algorithm>

namespace perseid::sim {

namespace {

std::string cell_text(const StateCell& cell) {
  if (!cell.present) return "";
  return " cell " + std::to_string(cell.x) + "," + std::to_string(cell.y) + "/" +
         std::to_string(cell.level);
}

}  // namespace

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string room_field(const std::string& room) {
  return R"(,"room":)" + quoted(room);
}

std::string Player::who() const {
  return "player " + std::to_string(number_) + " life " + std::to_string(life_);
}

void Player::connect(WireFormat format) {
  begin_life();
  format_ = format;
  inbox_ = std::make_unique<Inbox>(format, *this);
  wants_close = false;
  answers_pings = true;
  unanswered_.clear();
  close_code = 0;
  ids_ = 0;
  send_system("hello", new_id(), R"(,"name":")" + stage_.book.lives[life_].name + '"',
              waiting(Kind::hello, {}));
}

void Player::gone() {
  if (!connected() && !away_) return;
  end_life();
  away_ = false;
  pending_.clear();
  uploads.clear();
  inbox_.reset();
}

// What it owns may be anybody's from now on.
void Player::give_all_up() {
  for (u32 i = 0; i < stage_.plan.rooms; ++i) {
    stage_.book.state.release(room_name(stage_.plan, i), life_);
  }
}

void Player::remember(const Seat& seat) {
  since_[seat.room] = {.has_since = true,
                       .since_chat = true,
                       .since_action = true,
                       .epoch = seat.epoch,
                       .chat = seat.seen(Lane::chat),
                       .action = seat.seen(Lane::player_action)};
}

Seat* Player::seat(const std::string& room) {
  const auto it = seats_.find(room);
  return it == seats_.end() ? nullptr : &it->second;
}

void Player::on_ping(Bytes payload) {
  unanswered_.emplace_back(as_text(payload));
  if (answers_pings) answer_pings();
}

// One that hung for a while answers what it was asked meanwhile: its kernel has kept it.
void Player::answer_pings() {
  answers_pings = true;
  for (std::string& bytes : unanswered_) uploads.push_back({Opcode::pong, std::move(bytes), false});
  unanswered_.clear();
}

void Player::on_close(u16 code) {
  close_code = code;
  wants_close = true;
  if (stage_.verdict.traced()) stage_.verdict.note(who() + " closed with " + std::to_string(code));
}

void Player::on_broken(const std::string& why) {
  fail("the stream broke: " + why);
  wants_close = true;
}

void Player::on_incoming(const Incoming& message) {
  if (message.type == MessageType::system) {
    const std::string op = text_of(message.system, "op");
    if (stage_.verdict.traced()) {
      stage_.verdict.note(who() + " <- " +
                          std::string(simdjson::minify(message.system)).substr(0, 200));
    }
    return on_system(message.system, op);
  }
  if (!message.to.empty()) {
    return stage_.book.see_direct(life_, message.sender, message.to, message.payload);
  }
  std::string room = message.room;
  if (message.room_number != 0) room = room_numbers_[message.room_number];
  if (stage_.verdict.traced()) {
    stage_.verdict.note(who() + " <- " + std::string(name(lane_of(message.type))) + " " + room +
                        " " + std::to_string(message.seq) + " tick " +
                        std::to_string(message.tick) + cell_text(message.cell) +
                        (message.coded ? " coded" : "") + (message.full ? " full " : " ") +
                        (message.coded ? std::to_string(message.payload.size()) + " bytes"
                                       : std::string(message.payload.substr(0, 120))));
  }
  Seat* at = seat(room);
  if (at == nullptr && ghosts_.count(room) != 0) return;
  const bool passes = message.type == MessageType::chat && message.seq == 0;
  // What waited when the connection broke, a history as it was then too: of a room that it had
  // joined and left unheard.
  const bool may_wait = passes || (message.type == MessageType::chat && stage_.plan.changes);
  if (at == nullptr && may_wait && stage_.book.lives[life_].dropped) return;
  if (at == nullptr) return fail("a message of room '" + room + "', which is not joined");
  if (passes) return on_typing(message);
  if (message.type == MessageType::game_state) return at->picture.take(message);
  at->on_delivery(message, stage_.plan.roomy);
}

void Player::on_system(simdjson::dom::element message, const std::string& op) {
  const std::string id = id_of(message);
  if (op == "error") return on_error(message, id);
  if (!id.empty()) return on_answer(message, op, id);
  if (op == "goaway") return;
  Seat* at = seat(text_of(message, "room"));
  if (at == nullptr && ghosts_.count(text_of(message, "room")) != 0) return;
  if (at == nullptr) return fail(op + " of a room that is not joined");
  if (op == "gap") return at->on_gap(message, stage_.plan.roomy);
  if (op == "presence") return at->on_presence(message);
  if (op == "degraded" || op == "restored") {
    return at->on_rate(op == "restored", number_of(message, "state_hz"),
                       stage_.plan.options.state_hz_min);
  }
  if (op == "roster") return at->on_roster(message);
  fail("unexpected op " + op);
}

void Player::on_answer(simdjson::dom::element message, const std::string& op,
                       const std::string& id) {
  const auto again = answered_publishes_.find(id);
  if (again != answered_publishes_.end() && op == "ack") return on_ack(message, again->second);
  Waiting answer;
  if (!owes_answer(id, answer)) return fail(op + " answers nothing: id " + id);
  if (op == "welcome") {
    on_welcome(message);
  } else if (op == "joined") {
    on_joined(message, answer);
  } else if (op == "left") {
    on_left(answer.room);
  } else if (op == "ack") {
    answered_publishes_.emplace(id, answer);
    on_ack(message, answer);
  } else if (op == "clients") {
    on_clients(message);
  } else if (op == "viewing") {
    on_viewing(answer);
  } else if (op == "history" && answer.kind == Kind::private_history) {
    on_private_history(message, answer);
  } else if (op == "history") {
    Seat* at = seat(answer.room);
    if (at != nullptr && at->epoch == answer.epoch) {
      at->on_history(message, answer.before, answer.limit);
    }
  } else if (op != "pong") {
    fail("unexpected answer " + op);
  }
}

void Player::on_joined(simdjson::dom::element message, const Waiting& answer) {
  JoinWish wish = answer.wish;
  wish.history = std::min(wish.history, stage_.plan.options.chat_history);
  if (answer.kind != Kind::join) return fail("joined answers another request");
  if (seat(answer.room) != nullptr && leaves(answer.room)) on_left(answer.room);  // unheard
  if (seat(answer.room) != nullptr) return fail("joined twice: " + answer.room);
  ghosts_.erase(answer.room);
  const auto it =
      seats_.emplace(answer.room, Seat(stage_.verdict, stage_.book, who(), uid(), wish)).first;
  const bool may_be_evicted = stage_.plan.options.resumable_sessions_max < 100;
  it->second.resume_window_ms = may_be_evicted ? 0 : stage_.plan.options.resume_window_ms;
  it->second.room_hz = stage_.plan.options.state_hz;
  it->second.on_joined(message, wish, stage_.plan.roomy && !stage_.plan.durable);
  if (it->second.room != answer.room) fail("joined the wrong room");
  if (it->second.roster.count(uid()) == 0) fail("not among the members of " + answer.room);
  room_numbers_[it->second.number] = answer.room;
  check_read(message, it->second);
  OwnState& own = own_[answer.room];
  if (own.epoch == it->second.life()) return;
  // Not if it wrote there before it heard that it was in, and a break has taken the answer.
  const bool is_first = own.epoch.empty() && own.certain;
  own = {.epoch = it->second.life(), .fields = {}, .certain = is_first};
}

void Player::on_viewing(const Waiting& answer) {
  Seat* at = seat(answer.room);
  if (at == nullptr) return;  // its `joined` found no room
  at->view = answer.wish.view;
  if (stage_.verdict.traced()) stage_.verdict.note(who() + " looks at " + at->view.json);
  at->has_set = false;
}

void Player::on_left(const std::string& room) {
  const auto it = seats_.find(room);
  // After a broken connection it may have found out before.
  const bool known = ghosts_.erase(room) != 0 || stage_.book.lives[life_].dropped;
  if (it == seats_.end() && known) return;
  if (it == seats_.end()) return fail("left " + room + ", which was not joined");
  remember(it->second);
  if (it->second.picture.kind() == RoomKind::owned) own_[room].fields.clear();
  seats_.erase(it);
}

void Player::on_ack(simdjson::dom::element message, const Waiting& answer) {
  const Seq seq = static_cast<Seq>(number_of(message, "seq"));
  if (answer.kind == Kind::state) {
    OwnState& own = own_[answer.room];
    if (answer.unset) own.fields.clear();
    if (Seat* at = seat(answer.room)) at->has_set |= !answer.unset;
    for (const auto& [field, value] : answer.changes) {
      if (value.empty()) {
        own.fields.erase(field);
      } else {
        own.fields[field] = value;
      }
    }
    return;
  }
  if (answer.kind == Kind::read) return on_read(answer);
  if (answer.kind != Kind::publish) return fail("ack answers another request");
  if (!answer.room.empty() && text_of(message, "room") != answer.room) {
    fail("ack names room '" + text_of(message, "room") + "' for " + answer.room);
  }
  const Seat* at = seat(answer.room);
  stage_.book.acknowledge(answer.number, seq, at == nullptr ? std::string() : at->epoch);
}

void Player::on_error(simdjson::dom::element message, const std::string& id) {
  const std::string code = text_of(message, "code");
  if (code == "overloaded" && !stage_.plan.refusals) fail("overloaded without a cause");
  const bool stores = stage_.plan.refusals && stage_.plan.durable;
  if (code == "store_unavailable" && !stores) fail("store_unavailable without a cause");
  if (code == "rate_limited" && stage_.plan.options.session_messages_per_second > 1000) {
    fail("rate_limited without a cause");
  }
  const auto it = pending_.find(id);
  if (it == pending_.end() && open_.count(id) != 0) return on_open_error(code, id);
  if (it == pending_.end()) return;  // of garbage, or of a repetition that was refused
  if (it->second.again) {
    stage_.book.publishes[it->second.number].retried = true;
    open_[id] = it->second;
    pending_.erase(it);
    return;
  }
  // By a room's old number, say, which it learns of while this is on its way: refused, then taken.
  // Or a change of a message that comes just then.
  const bool may_be_again = code == "overloaded" || code == "store_unavailable" ||
                            code == "not_joined" || code == "unknown_message" ||
                            code == "chat_limit";
  if (may_be_again && it->second.repeats > 0) {
    if (it->second.kind == Kind::publish) stage_.book.publishes[it->second.number].retried = true;
    --it->second.repeats;
    return;
  }
  const Waiting answer = std::move(it->second);
  pending_.erase(it);
  if (answer.kind == Kind::join) stage_.book.state.release(answer.room, life_);
  if (answer.kind == Kind::hello && code != "rate_limited") fail("hello was refused: " + code);
  if (answer.kind == Kind::publish) stage_.book.refuse(answer.number);
  if (answer.kind == Kind::state && code == "state_limit") own_[answer.room].certain = false;
  if (answer.kind == Kind::state && (code == "not_owner" || code == "unknown_field")) {
    fail("its own entity was refused: " + code);
  }
  std::erase_if(repeatable_, [&](const Repeatable& r) { return r.id == id; });
}

void Player::on_clients(simdjson::dom::element message) {
  last_clients.clear();
  simdjson::dom::array clients;
  if (message["clients"].get(clients) != simdjson::SUCCESS) return fail("clients is no list");
  for (const simdjson::dom::element client : clients) {
    const std::string uid = text_of(client, "client");
    if (!last_clients.emplace(uid, text_of(client, "name")).second) {
      fail("discover lists " + uid + " twice");
    }
  }
}

std::string Player::waits_for() const {
  std::string out;
  for (const auto& [id, other] : pending_) out += id + " " + other.room + "; ";
  return out;
}

void Player::check_rest() const {
  if (!pending_.empty()) stage_.verdict.fail(who() + " is still owed: " + waits_for());
  for (const auto& [room, seat] : seats_) seat.check_rest();
}

}  // namespace perseid::sim
