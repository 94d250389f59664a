#include "tests/sim/book.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace perseid::sim {
namespace {

constexpr std::string_view kPrefix = R"({"n":)";

std::string place(const std::string& room, Lane lane, Seq seq) {
  return room + "/" + std::string(name(lane)) + "/" + std::to_string(seq);
}

}  // namespace

u32 Book::write(Publish publish, u32 padding_bytes) {
  const u32 number = static_cast<u32>(publishes.size());
  publish.payload = std::string(kPrefix) + std::to_string(number) + R"(,"pad":")";
  for (u32 i = 0; i < padding_bytes; ++i) {
    publish.payload += static_cast<char>('a' + (number + i / 7 + i * i / 50) % 26);
  }
  publish.payload += '"' + change_json(publish, number) + '}';
  publishes.push_back(std::move(publish));
  return number;
}

Publish* Book::find(std::string_view payload, u32& number) {
  number = ~0u;
  if (payload.starts_with(kPrefix)) {
    std::from_chars(payload.data() + kPrefix.size(), payload.data() + payload.size(), number);
  }
  if (number >= publishes.size() || publishes[number].payload != payload) {
    verdict_.fail("a payload that nobody sent: " + std::string(payload.substr(0, 60)));
    return nullptr;
  }
  return &publishes[number];
}

void Book::see(const std::string& room, const std::string& epoch, Lane lane, Seq seq,
               std::string_view sender, std::string_view payload) {
  ++deliveries;
  u32 number = 0;
  const Publish* publish = find(payload, number);
  if (publish == nullptr) return;
  const std::string where = place(room, lane, seq);
  // Actions of a life that did not end well: behind the next multiple of 2^32.
  const Seq in_life = lane == Lane::player_action ? seq & 0xffffffff : seq;
  if (in_life == 0 || in_life > 100'000'000) return verdict_.fail("impossible seq at " + where);
  if (publish->room != room || publish->lane != lane || !publish->to.empty()) {
    verdict_.fail("message " + std::to_string(number) + " strayed to " + where);
  }
  if (lives[publish->life].uid != sender) verdict_.fail("wrong sender at " + where);
  const auto [it, is_new] =
      rooms_[{room, epoch}].lanes[index(lane)].try_emplace(seq, LaneEntry{number});
  if (is_new && settled) folds_.erase({room, epoch});
  const LaneEntry& entry = it->second;
  if (entry.number != number) {
    verdict_.fail("two orders: " + where + " is message " + std::to_string(entry.number) +
                  " and message " + std::to_string(number));
  }
}

void Book::see_direct(u32 life, std::string_view sender, std::string_view to,
                      std::string_view payload) {
  u32 number = 0;
  Publish* publish = find(payload, number);
  if (publish == nullptr) return;
  const std::string what = "private message " + std::to_string(number);
  if (lives[publish->life].uid != sender || publish->to != to || lives[life].uid != to) {
    verdict_.fail(what + " came to the wrong place");
  }
  if (++publish->received > 1) verdict_.fail(what + " came twice");
}

void Book::acknowledge(u32 number, Seq seq, const std::string& epoch) {
  Publish& publish = publishes[number];
  const std::string what = "message " + std::to_string(number);
  if (publish.fate == Fate::refused) verdict_.fail(what + " was refused, then acknowledged");
  if (publish.fate == Fate::acknowledged && publish.seq != seq) {
    verdict_.fail(what + " was acknowledged with two seqs");
  }
  // Again: of a repetition, perhaps in a later epoch of the room, but with the first one's seq.
  if (publish.fate == Fate::acknowledged) return;
  publish.fate = Fate::acknowledged;
  publish.seq = seq;
  if (publish.room.empty() || publish.lane == Lane::game_state) {
    if (seq != 0) verdict_.fail(what + " was given a seq");
    return;
  }
  if (seq == 0 && is_event(publish.kind)) return;  // it would have changed nothing
  if (seq == 0) return verdict_.fail(what + " was acknowledged without a seq");
  publish.epoch = epoch;
  if (!epoch.empty()) heard_of(publish.room, epoch, publish.lane, seq);
}

void Book::name_life(u32 life, const std::string& uid) {
  lives[life].uid = uid;
  by_uid_[uid] = life;
}

void Book::see_leave(const std::string& room, const std::string& uid, u32 leaves, u64 window_ms) {
  const auto it = by_uid_.find(uid);
  if (it == by_uid_.end()) return;
  const Life& life = lives[it->second];
  const bool is_over = life.away_since_ms != 0 && verdict_.now_ms >= life.away_since_ms + window_ms;
  const auto asked = life.leaves.find(room);
  if (!life.alive || life.ending || is_over ||
      leaves <= (asked == life.leaves.end() ? 0 : asked->second))
    return;
  verdict_.fail("life " + std::to_string(it->second) + " was seen to leave " + room +
                ", where it stays");
}

void Book::heard_of(const std::string& room, const std::string& epoch, Lane lane, Seq last) {
  Seq& highest = rooms_[{room, epoch}].acknowledged[index(lane)];
  highest = std::max(highest, last);
}

void Book::refuse(u32 number) {
  if (publishes[number].fate == Fate::acknowledged) {
    verdict_.fail("message " + std::to_string(number) + " was acknowledged, then refused");
  }
  publishes[number].fate = Fate::refused;
}

Seq Book::last_seq(const std::string& room, const std::string& epoch, Lane lane) const {
  const auto it = rooms_.find({room, epoch});
  if (it == rooms_.end()) return 0;
  const std::map<Seq, LaneEntry>& entries = it->second.lanes[index(lane)];
  return std::max(entries.empty() ? 0 : entries.rbegin()->first,
                  it->second.acknowledged[index(lane)]);
}

void Book::check() const {
  for (const auto& [key, room] : rooms_) {
    for (const std::map<Seq, LaneEntry>& lane : room.lanes) check_order(key, lane);
  }
  check_changes();
  check_unread();
  for (u32 number = 0; number < publishes.size(); ++number) check_publish(number);
}

// Nothing stands twice in a lane, and what one session sent stands in the order that it sent it;
// but a change of something that only a store holds waits for that.
void Book::check_order(const LaneKey& key, const std::map<Seq, LaneEntry>& lane) const {
  std::set<u32> seen;
  std::map<u32, u32> newest_of_life;
  for (const auto& [seq, entry] : lane) {
    const Publish& publish = publishes[entry.number];
    const std::string what = "message " + std::to_string(entry.number);
    if (publish.fate == Fate::refused) {
      verdict_.fail(what + " was refused, but stands in " + key.first);
    }
    if (!seen.insert(entry.number).second) verdict_.fail(what + " stands twice in " + key.first);
    if (publish.retried) continue;
    if (publish.fate == Fate::acknowledged && publish.seq == 0) {
      verdict_.fail(what + " changes nothing, but stands in " + key.first);
    }
    if (is_event(publish.kind)) continue;
    u32& newest = newest_of_life.try_emplace(publish.life, entry.number).first->second;
    if (entry.number < newest) {
      verdict_.fail(what + " was overtaken by " + std::to_string(newest) +
                    " of the same sender in " + key.first);
    }
    newest = std::max(newest, entry.number);
  }
}

void Book::check_publish(u32 number) const {
  const Publish& publish = publishes[number];
  const std::string what = "message " + std::to_string(number);
  if (publish.room.empty()) {
    if (publish.fate == Fate::refused && publish.received > 0) {
      verdict_.fail(what + " was refused, but came");
    }
    if (publish.fate != Fate::acknowledged || publish.received > 0) return;
    if (!publish.to_name.empty()) return;  // it is in the history
    const auto it = std::find_if(lives.begin(), lives.end(),
                                 [&](const Life& life) { return life.uid == publish.to; });
    // What a broken connection had taken from the relay may be lost.
    if (it != lives.end() && it->alive && !it->dropped)
      verdict_.fail(what + " was acknowledged, but never came");
    return;
  }
  if (publish.lane == Lane::game_state || publish.fate == Fate::pending) return;
  const auto room = rooms_.find({publish.room, publish.epoch});
  if (publish.fate == Fate::refused || room == rooms_.end()) return;
  const std::map<Seq, LaneEntry>& lane = room->second.lanes[index(publish.lane)];
  const auto entry = lane.find(publish.seq);  // or nobody saw; members are checked themselves
  if (entry != lane.end() && entry->second.number != number) {
    verdict_.fail(what + " was acknowledged with the seq of message " +
                  std::to_string(entry->second.number));
  }
}

}  // namespace perseid::sim
