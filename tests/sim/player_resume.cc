// A player whose connection breaks and who comes back to its session: what it says then, and what
// it holds the relay to.
#include <algorithm>

#include "tests/sim/player.h"

namespace perseid::sim {
namespace {

// The relay remembers a session's last 64 publishes with an id: one that so many ids were given out
// since may have been forgotten, and would be delivered twice.
constexpr u32 kRememberedIds = 64;

// As new_id() gave it.
u32 ordinal(const std::string& id) {
  return static_cast<u32>(std::stoul(id.substr(id.starts_with('"') ? 2 : 0)));
}

}  // namespace

void Player::begin_life() {
  life_ = static_cast<u32>(stage_.book.lives.size());
  stage_.book.lives.push_back(
      {.player = number_,
       .uid = {},
       .name = "p" + std::to_string(number_) + "." + std::to_string(life_)});
}

void Player::end_life() {
  stage_.book.lives[life_].alive = false;
  give_all_up();
  for (const auto& [room, seat] : seats_) remember(seat);
  seats_.clear();
  answered_publishes_.clear();
  repeatable_.clear();
  own_.clear();
  read_.clear();
  room_numbers_.clear();
  open_.clear();
  ghosts_.clear();
}

void Player::lost() {
  if (!connected()) return;
  if (uid().empty()) return gone();
  Life& life = stage_.book.lives[life_];
  life.dropped = true;
  // One that broke before its hello was answered may never have been with the session.
  if (life.away_since_ms == 0) life.away_since_ms = stage_.verdict.now_ms;
  for (u32 i = 0; i < stage_.plan.rooms; ++i) {
    stage_.book.state.release_soon(room_name(stage_.plan, i), life_);
  }
  for (const auto& [id, answer] : pending_) {
    if (answer.kind == Kind::state) own_[answer.room].certain = false;
    if (answer.kind != Kind::hello) open_[id] = answer;
  }
  pending_.clear();
  repeatable_.clear();  // ask_again() says what is said again, and when
  uploads.clear();
  inbox_.reset();
  away_ = true;
}

bool Player::waits_welcome() const {
  if (uid().empty()) return false;
  return std::any_of(pending_.begin(), pending_.end(),
                     [](const auto& one) { return one.second.kind == Kind::hello; });
}

std::string Player::seen_rooms() {
  told_.clear();
  std::string out;
  for (const auto& [room, seat] : seats_) {
    if (!seat.knows_its_place() || leaves(room) || stage_.dice.percent(15)) continue;
    told_.insert(room);
    out += out.empty() ? "" : ",";
    out += quoted(room) + R"(:{"chat":)" + std::to_string(seat.seen(Lane::chat)) +
           R"(,"player_action":)" + std::to_string(seat.seen(Lane::player_action));
    if (u64 tick = 0; seat.picture.reads_on_from(tick) && stage_.dice.percent(70)) {
      out += R"(,"tick":)" + std::to_string(tick);
    }
    out += '}';
  }
  return R"({"rooms":{)" + out + "}}";
}

void Player::come_back() {
  away_ = false;
  inbox_ = std::make_unique<Inbox>(format_, *this);
  wants_close = false;
  answers_pings = true;
  close_code = 0;
  const std::string name =
      "p" + std::to_string(number_) + "." + std::to_string(stage_.book.lives.size());
  asked_name_ = name;
  send_system("hello", new_id(),
              R"(,"name":")" + name + R"(","session":")" + secret_ + R"(","since":)" + seen_rooms(),
              waiting(Kind::hello, {}));
  uploads.back().may_grow = stage_.dice.percent(30);
  if (stage_.dice.percent(20)) {
    send_system("ping", new_id(), {}, waiting(Kind::ping, {}));
  }
}

bool Player::leaves(const std::string& room) const {
  const auto asks = [&](const auto& one) {
    return one.second.kind == Kind::leave && one.second.room == room;
  };
  return std::any_of(pending_.begin(), pending_.end(), asks) ||
         std::any_of(open_.begin(), open_.end(), asks);
}

bool Player::owes_answer(const std::string& id, Waiting& out) {
  for (auto* waiting : {&pending_, &open_}) {
    const auto it = waiting->find(id);
    if (it == waiting->end()) continue;
    out = std::move(it->second);
    waiting->erase(it);
    return true;
  }
  return false;
}

void Player::on_welcome(simdjson::dom::element message) {
  bool resumed = false;
  if (message["resumed"].get(resumed) != simdjson::SUCCESS) fail("resumed is not told");
  const std::string client = text_of(message, "client");
  if (resumed) {
    if (client != uid()) fail("resumed as " + client + " instead of " + uid());
    return on_resumed(message);
  }
  if (!uid().empty()) {
    if (client == uid()) fail("the same client, but not resumed");
    ++stage_.book.resumes_missed;
    end_life();
    begin_life();
    stage_.book.lives[life_].name = asked_name_;
  }
  stage_.book.name_life(life_, client);
  secret_ = text_of(message, "session");
}

void Player::on_resumed(simdjson::dom::element message) {
  ++stage_.book.resumes;
  stage_.book.lives[life_].away_since_ms = 0;
  give_all_up();
  if (text_of(message, "session") != secret_) fail("resumed under another secret");
  std::map<std::string, simdjson::dom::element> rooms;
  simdjson::dom::array list;
  if (message["rooms"].get(list) != simdjson::SUCCESS) fail("resumed without rooms");
  for (const simdjson::dom::element room : list) rooms[text_of(room, "room")] = room;
  std::vector<std::string> left;
  for (const auto& [room, seat] : seats_) {
    if (rooms.count(room) == 0) left.push_back(room);
  }
  for (const std::string& room : left) {
    if (!leaves(room)) fail("resumed, but without its seat in " + room);
    on_left(room);
  }
  std::erase_if(ghosts_, [&](const std::string& room) { return rooms.count(room) == 0; });
  for (const auto& [room, entry] : rooms) settle_room(room, entry);
  ask_again();
}

void Player::settle_room(const std::string& room, simdjson::dom::element entry) {
  // It may have left and joined again: which seat this is it cannot know.
  if (seat(room) != nullptr && leaves(room)) on_left(room);
  if (Seat* at = seat(room))
    return at->on_resumed(entry, told_.count(room) != 0, stage_.plan.roomy);
  // It has not heard of this seat, or will hear behind this; it does not want it.
  ghosts_.insert(room);
  ++stage_.book.lives[life_].leaves[room];
  room_numbers_[static_cast<u32>(number_of(entry, "room_number"))] = room;
  send_system("leave", new_id(), room_field(room), waiting(Kind::leave, room));
}

// What was not acknowledged is said once more, under the same id; and what it looks at.
void Player::ask_again() {
  std::vector<std::pair<u32, std::string>> publishes;
  std::vector<std::string> views;
  for (const auto& [id, answer] : open_) {
    if (answer.kind == Kind::view && seat(answer.room) != nullptr) views.push_back(id);
    if (answer.kind == Kind::publish) publishes.emplace_back(answer.number, id);
  }
  for (const std::string& id : views) {
    const Waiting view = open_[id];
    send_system("view", new_id(), room_field(view.room) + R"(,"view":)" + view.wish.view.json,
                view);
  }
  std::sort(publishes.begin(), publishes.end());
  const bool may =
      stage_.plan.options.session_messages_per_second > 1000 && stage_.plan.fault == Fault::none;
  for (const auto& [number, id] : publishes) {
    const Waiting answer = open_[id];
    open_[id].again = true;
    // Once: who says it for ever runs out of what the relay remembers.
    const bool is_remembered = ids_ - ordinal(id) < kRememberedIds;
    if (!may || answer.again || !is_remembered || leaves(answer.room) ||
        (!answer.room.empty() && seat(answer.room) == nullptr))
      continue;
    open_.erase(id);
    Publish& publish = stage_.book.publishes[number];
    publish.retried |= stage_.plan.refusals || is_event(publish.kind);
    pending_[id] = answer;
    pending_[id].again = true;
    send_publish(publish.lane, answer.room, recipient(publish), id, publish.payload);
  }
}

// The request is answered, though not as it was meant; a refused one may have been taken before.
void Player::on_open_error(const std::string& code, const std::string& id) {
  const Waiting answer = open_[id];
  if (answer.kind != Kind::publish) {
    open_.erase(id);
  } else if (code != "rate_limited") {
    stage_.book.publishes[answer.number].retried = true;
    open_[id].again = true;
  }
}

}  // namespace perseid::sim
