// What a player does to chat that is said: reactions, edits, deletions, typing, reading; and what
// it holds the relay to where that is not the lane's own order.
#include <algorithm>

#include "tests/sim/player.h"

namespace perseid::sim {

// Of its own messages that were acknowledged here, or any number that there may be.
Seq Player::random_target(const std::string& room, const Seat& at, bool own) {
  constexpr u32 kLooks = 400;
  const std::vector<Publish>& all = stage_.book.publishes;
  const Seq last = at.seen(Lane::chat);
  // Where some are kept, the oldest have left the window.
  const Seq most = stage_.plan.durable && stage_.dice.percent(50) ? last / 4 : last + 1;
  if (!own) return stage_.dice.between(1, static_cast<u32>(most) + 1);
  std::vector<Seq> mine;
  for (u32 i = 0; i < kLooks && i < all.size(); ++i) {
    const Publish& publish = all[all.size() - 1 - i];
    const bool fits = publish.life == life_ && publish.room == room && publish.lane == Lane::chat &&
                      publish.seq != 0 && publish.epoch == at.epoch &&
                      publish.kind == ChatKind::message;
    if (fits) mine.push_back(publish.seq);
  }
  return mine.empty() ? last + 1 : mine[stage_.dice.below(mine.size())];
}

void Player::do_change() {
  Dice& dice = stage_.dice;
  const u32 deed = dice.below(100);
  if (deed < 8) return do_typing();
  if (deed < 16) return do_read();
  const std::string room = random_joined_room();
  const Seat* at = seat(room);
  if (at == nullptr) return;
  static const char* const kEmojis[] = {"+", "-", "\U0001f44d"};
  Publish change{.life = life_, .room = room, .lane = Lane::chat};
  change.kind = deed < 60 ? ChatKind::react : deed < 85 ? ChatKind::edit : ChatKind::erase;
  change.target = random_target(room, *at, dice.percent(change.kind == ChatKind::react ? 30 : 85));
  change.emoji = dice.pick(kEmojis);
  change.remove = dice.percent(30);
  const u32 number = stage_.book.write(std::move(change), dice.below(30));
  std::string id;
  if (dice.percent(80)) {
    id = new_id();
    pending_[id] = waiting(Kind::publish, room);
    pending_[id].number = number;
    repeatable_.push_back({id, room, number});
    if (repeatable_.size() > 20) repeatable_.erase(repeatable_.begin());
  }
  send_publish(Lane::chat, room, {}, id, stage_.book.publishes[number].payload);
}

void Player::do_typing() {
  const bool on = stage_.dice.percent(50);
  send_publish(Lane::chat, random_joined_room(), {}, {},
               on ? R"({"typing":true})" : R"({"typing":false})");
}

void Player::on_typing(const Incoming& message) {
  if (message.payload != R"({"typing":true})" && message.payload != R"({"typing":false})") {
    fail("chat without a seq: " + std::string(message.payload.substr(0, 60)));
  }
  if (message.sender == uid()) fail("told of its own typing");
  ++stage_.book.typings;
}

void Player::do_read() {
  const std::string room = random_joined_room();
  const Seat* at = seat(room);
  if (at == nullptr || !at->knows_its_place()) return;
  const Seq seq = stage_.dice.below(static_cast<u32>(at->seen(Lane::chat)) + 1);
  Waiting answer = waiting(Kind::read, room);
  answer.before = seq;
  answer.epoch = at->life();
  send_system("read", new_id(), room_field(room) + R"(,"seq":)" + std::to_string(seq),
              std::move(answer));
}

void Player::on_read(const Waiting& answer) {
  Seq& read = read_[answer.room + answer.epoch];
  read = std::max(read, answer.before);
}

// How far its name has read, and how much stands behind that: of who is not resumed the name is
// new.
void Player::check_read(simdjson::dom::element joined, const Seat& at) {
  const Seq read = static_cast<Seq>(number_of(joined, "read"));
  const Seq last = static_cast<Seq>(number_of(joined["seq"], "chat"));
  const auto known = read_.find(at.room + at.life());
  if (known != read_.end() && read < known->second) {
    fail("has read " + at.room + " up to " + std::to_string(known->second) + ", is told " +
         std::to_string(read));
  }
  if (read > last) fail("has read what is not there in " + at.room);
  if (stage_.plan.roomy) {
    stage_.book.note_unread(at.room, at.epoch, read, last, number_of(joined, "unread"));
  }
}

}  // namespace perseid::sim
