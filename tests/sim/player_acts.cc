// What a player does: requests by chance, in its flavour, good ones and garbage.
#include "codec/client_id.h"
#include "tests/sim/player.h"

namespace perseid::sim {

std::string Player::random_room() {
  return room_name(stage_.plan, stage_.dice.below(stage_.plan.rooms));
}

std::string Player::random_joined_room() {
  if (seats_.empty() || stage_.dice.percent(3)) return random_room();
  auto it = seats_.begin();
  std::advance(it, stage_.dice.below(seats_.size()));
  return it->first;
}

std::string Player::new_id() {
  const u32 id = ++ids_;
  return id % 3 == 0 ? "\"q" + std::to_string(id) + '"' : std::to_string(id);
}

Player::Waiting Player::waiting(Kind kind, const std::string& room, const JoinWish& wish) {
  Waiting out;
  out.kind = kind;
  out.room = room;
  out.wish = wish;
  return out;
}

void Player::act() {
  const u32 deed = stage_.dice.below(100);
  if (seats_.empty() || deed < 8) return do_join();
  if (deed < 11) return do_leave();
  if (deed < 14) return do_look();
  if (deed < 15) return do_keyframe();
  if (deed < 35 && stage_.plan.changes && stage_.dice.percent(50)) return do_change();
  if (deed < 35) return do_publish(Lane::chat);
  if (deed < 60) return do_publish(Lane::player_action);
  if (deed < 80) return do_state();
  if (deed < 87) return do_direct();
  if (deed < 91) return do_repeat();
  if (deed < 97) return do_ask();
  do_garbage();
}

void Player::do_join() {
  const std::string room = random_room();
  JoinWish wish;
  const auto known = since_.find(room);
  if (known != since_.end() && stage_.dice.percent(70)) {
    wish = known->second;
    wish.since_chat = stage_.dice.percent(90);
    wish.since_action = stage_.dice.percent(90);
  }
  wish.presence = stage_.dice.percent(60);
  wish.history = stage_.dice.percent(40) ? stage_.dice.between(1, 30) : 0;
  if (kind_of(room) == RoomKind::grid) wish.view = random_view();
  join(room, wish);
  // Impatient: the answer is still on its way.
  if (stage_.dice.percent(10)) do_leave();
  if (stage_.dice.percent(10)) join(room, JoinWish{.presence = true, .view = wish.view});
}

void Player::join(const std::string& room, const JoinWish& wish) {
  std::string fields = room_field(room);
  if (wish.presence) fields += R"(,"presence":true)";
  if (wish.history != 0) fields += R"(,"history":)" + std::to_string(wish.history);
  if (wish.has_since) {
    fields += R"(,"since":{"epoch":")" + wish.epoch + '"';
    if (wish.since_chat) fields += R"(,"chat":)" + std::to_string(wish.chat);
    if (wish.since_action) fields += R"(,"player_action":)" + std::to_string(wish.action);
    fields += '}';
  }
  if (!wish.view.json.empty()) fields += R"(,"view":)" + wish.view.json;
  send_system("join", new_id(), fields, waiting(Kind::join, room, wish));
}

void Player::do_leave() {
  std::string room = random_joined_room();
  for (const auto& [id, other] : pending_) {
    if (other.kind == Kind::join && stage_.dice.percent(50)) room = other.room;
  }
  stage_.book.state.release(room, life_);
  ++stage_.book.lives[life_].leaves[room];
  send_system("leave", new_id(), room_field(room), waiting(Kind::leave, room));
}

void Player::do_publish(Lane lane) {
  const std::string room = random_joined_room();
  const u32 bytes =
      stage_.dice.below(stage_.dice.percent(90) ? 60 : stage_.plan.padding_bytes_max + 1);
  const u32 number = stage_.book.write({.life = life_, .room = room, .lane = lane}, bytes);
  std::string id;
  if (stage_.dice.percent(70)) {
    id = new_id();
    pending_[id] = waiting(Kind::publish, room);
    pending_[id].number = number;
    repeatable_.push_back({id, room, number});
    if (repeatable_.size() > 20) repeatable_.erase(repeatable_.begin());
  }
  send_publish(lane, room, {}, id, stage_.book.publishes[number].payload);
}

void Player::do_direct() {
  const std::vector<Life>& lives = stage_.book.lives;
  const Life& to = lives[stage_.dice.below(lives.size())];
  if (to.uid.empty() || uid().empty()) return;
  const bool keeps = stage_.plan.options.private_durability != "memory";
  if (keeps && stage_.dice.percent(60)) return do_named(to);
  const u32 number = stage_.book.write({.life = life_, .to = to.uid}, stage_.dice.below(100));
  const std::string id = stage_.dice.percent(80) ? new_id() : std::string();
  if (!id.empty()) {
    pending_[id] = waiting(Kind::publish, {});
    pending_[id].number = number;
  }
  send_publish(Lane::chat, {}, to.uid, id, stage_.book.publishes[number].payload);
}

// The same publish once more, as after a lost answer: it must not be delivered twice. Where bursts
// are limited the repetition itself may be refused, and the answers could not be told apart.
void Player::do_repeat() {
  // Repeating would also heal what a checker's fault has dropped.
  if (stage_.plan.fault != Fault::none) return;
  if (repeatable_.empty() || stage_.plan.options.session_messages_per_second <= 1000) return;
  const Repeatable again = repeatable_[stage_.dice.below(repeatable_.size())];
  for (const auto& [id, other] : pending_) {
    if (other.kind == Kind::leave && other.room == again.room) return;
  }
  if (seat(again.room) == nullptr) return;
  Publish& publish = stage_.book.publishes[again.number];
  if (publish.fate == Fate::refused) return;
  publish.retried |= stage_.plan.refusals || is_event(publish.kind);
  if (const auto it = pending_.find(again.id); it != pending_.end()) ++it->second.repeats;
  send_publish(publish.lane, again.room, {}, again.id, publish.payload);
}

// A player's own entity is written by nobody else, so its values are known; the shared ones are
// fought over.
void Player::do_state() {
  if (!stage_.plan.state) return;
  const std::string room = random_joined_room();
  kind_of(room) == RoomKind::plain ? do_plain_state(room) : do_entity(room);
}

void Player::do_plain_state(const std::string& room) {
  Dice& dice = stage_.dice;
  if (dice.percent(50)) {
    const std::string entity = quoted("s" + std::to_string(dice.below(4)));
    const std::string payload =
        dice.percent(25)
            ? R"({"unset":[)" + entity + "]}"
            : R"({"set":{)" + entity + R"(:{"f)" + std::to_string(dice.below(4)) + R"(":)" +
                  (dice.percent(20) ? "null" : std::to_string(dice.below(9))) + "}}}";
    return send_publish(Lane::game_state, room, {}, {}, payload);
  }
  const std::string entity = quoted(own_entity());
  const std::string id = new_id();
  Waiting change = waiting(Kind::state, room);
  std::string payload;
  if (dice.percent(8)) {
    change.unset = true;
    payload = R"({"unset":[)" + entity + "]}";
  } else {
    const std::string field = "x" + std::to_string(dice.below(3));
    const u32 dots = dice.percent(5) ? stage_.plan.padding_bytes_max : dice.below(20);
    const std::string value = dice.percent(15) ? std::string()
                                               : "[" + std::to_string(dice.below(1000)) + R"(,")" +
                                                     std::string(dots, '.') + "\"]";
    change.changes[field] = value;
    payload =
        R"({"set":{)" + entity + ":{\"" + field + "\":" + (value.empty() ? "null" : value) + "}}}";
  }
  pending_[id] = std::move(change);
  send_publish(Lane::game_state, room, {}, id, payload);
}

void Player::do_ask() {
  const u32 deed = stage_.dice.below(10);
  const std::string room = random_joined_room();
  if (deed < 3) return discover(room);
  if (deed < 6) {
    return send_system("ping", new_id(), {}, {.kind = Kind::ping, .room = {}});
  }
  if (deed == 6) return uploads.push_back({Opcode::ping, "are you there", false});
  const u32 limit = stage_.dice.between(0, 40);
  const Seq before = stage_.dice.percent(50) ? ~0u : stage_.dice.below(60);
  read_history(room, before, limit);
}

void Player::read_history(const std::string& room, Seq before, u32 limit) {
  const Seat* at = seat(room);
  Waiting question = waiting(Kind::history, room);
  question.before = before;
  question.limit = limit;
  if (at != nullptr) question.epoch = at->epoch;
  send_system("history", new_id(),
              room_field(room) + R"(,"limit":)" + std::to_string(limit) + R"(,"before":)" +
                  std::to_string(before),
              std::move(question));
}

void Player::discover(const std::string& room) {
  send_system("discover", new_id(), room_field(room), waiting(Kind::discover, room));
}

void Player::do_garbage() {
  static const char* const kJson[] = {
      "nonsense",
      "{}",
      "[]",
      R"({"type":"chat"})",
      R"({"type":"chat","room":"room0","payload":{"n":})",
      R"({"type":"system","op":"fly"})",
      R"([{"type":"system","op":"leave","room":"nowhere"},7,{"type":"chat","room":"room0","room":"x"}])",
      R"({"type":"chat","to":"c0000000000000","payload":1})",
      R"({"type":"chat","room":"a room that was never joined","payload":1})",
      R"({"type":"game_state","room":"room0","payload":[]})",
      R"({"type":"game_state","room":"room0","payload":{"set":{"s0":7}}})",
      R"({"type":"system","op":"hello","name":"again"})"};
  static const char* const kBinary[] = {"\x7f", "\x01", "\x41\xff\x7f\x03\x0d{", "\x04\x02[]", ""};
  if (stage_.dice.percent(3)) {
    // A kind of message that this subprotocol lacks: closes with 1003.
    uploads.push_back(
        {format_.flavour == Flavour::json ? Opcode::binary : Opcode::text, "x", false});
  } else if (format_.flavour == Flavour::json) {
    uploads.push_back({Opcode::text, stage_.dice.pick(kJson), false});
  } else {
    uploads.push_back({Opcode::binary, stage_.dice.pick(kBinary), false});
  }
}

void Player::send_system(const std::string& op, const std::string& id, const std::string& fields,
                         Waiting answer) {
  pending_[id] = std::move(answer);
  const std::string json = R"({"type":"system","op":")" + op + R"(","id":)" + id + fields + '}';
  if (format_.flavour == Flavour::json) return send(json);
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::system, .json = json});
  send(bytes);
}

void Player::send_publish(Lane lane, const std::string& room, const std::string& to,
                          const std::string& id, const std::string& payload, bool coded) {
  if (format_.flavour == Flavour::json) {
    std::string json = R"({"type":")" + std::string(name(lane)) + '"';
    json += to.empty() ? room_field(room) : R"(,"to":")" + to + '"';
    if (!id.empty()) json += R"(,"id":)" + id;
    return send(json + R"(,"payload":)" + payload + '}');
  }
  BinaryRequest request{.kind = coded                         ? BinaryKind::coded_state
                                : lane == Lane::chat          ? BinaryKind::chat
                                : lane == Lane::player_action ? BinaryKind::player_action
                                                              : BinaryKind::game_state,
                        .target = BinaryTarget::room_name,
                        .room = room,
                        .json = payload};
  const Seat* at = seat(room);
  if (at != nullptr && stage_.dice.percent(70)) {
    request.target = BinaryTarget::room_number;
    request.room_number = at->number;
  }
  if (to.starts_with('@')) {
    request.target = BinaryTarget::user_name;
    request.to_name = std::string_view(to).substr(1);
  } else if (!to.empty()) {
    request.target = BinaryTarget::client;
    (void)read_client_id(to, request.to);
  }
  if (!id.empty() && id[0] == '"') {
    request.id_kind = BinaryId::text;
    request.id_text = std::string_view(id).substr(1, id.size() - 2);
  } else if (!id.empty()) {
    request.id_kind = BinaryId::number;
    request.id_number = std::stoull(id);
  }
  std::string bytes;
  append_binary_request(bytes, request);
  send(bytes);
}

// Sometimes behind what still waits to leave: several messages in one.
void Player::send(std::string bytes) {
  const bool json = format_.flavour == Flavour::json;
  if (!uploads.empty() && uploads.back().may_grow && stage_.dice.percent(50)) {
    Upload& last = uploads.back();
    last.bytes = json ? '[' + last.bytes + ',' + bytes + ']' : last.bytes + bytes;
    last.may_grow = !json;
    return;
  }
  uploads.push_back({json ? Opcode::text : Opcode::binary, std::move(bytes), true});
}

}  // namespace perseid::sim
