// Rooms: what durable rooms remember of their chat: read positions and what moderators said.
// Of users by their names: the number of a client means nothing to the relay that is started next.
#include <charconv>
#include <string>

#include "engine/chat_facts.h"
#include "engine/rooms.h"

namespace perseid {
namespace {

std::string key_of(std::string_view what, std::string_view user) {
  std::string key(what);
  key += '/';
  key += user;
  return key;
}

}  // namespace

void Rooms::remember(Room& room, std::string_view what, std::string_view user, u64 value) {
  if (room.line == nullptr || user.empty()) return;
  put_fact(room, key_of(what, user), std::to_string(value));
}

void Rooms::forget(Room& room, std::string_view what, std::string_view user) {
  if (room.line == nullptr || user.empty()) return;
  drop_fact(room, key_of(what, user));
}

void Rooms::restore_chat(Room& room) {
  const u64 unix_ms = context_.now.unix_ms;
  for (const StoredFact& fact : room.facts) {
    const std::size_t slash = fact.key.find('/');
    if (slash == std::string::npos) continue;
    const std::string_view what = std::string_view(fact.key).substr(0, slash);
    const std::string user = fact.key.substr(slash + 1);
    u64 value = 0;
    std::from_chars(fact.value.data(), fact.value.data() + fact.value.size(), value);
    if (what == kReadFact) {
      u32 dropped = 0;
      read_positions(room).move(user, value, context_.options.read_positions_max, dropped);
    } else if (what == kSlowFact) {
      (void)moderation_.slow(room.name, static_cast<u32>(value), unix_ms);
    } else if (value <= unix_ms) {
      drop_fact(room, fact.key);
    } else if (what == kMuteFact) {
      (void)moderation_.mute(room.name, user, value, unix_ms);
    } else if (what == kBanFact) {
      (void)moderation_.ban(room.name, user, value, unix_ms);
    }
  }
  room.facts = {};
  room.moderation = moderation_.hold(room.name);
}

ReadPositions& Rooms::read_positions(Room& room) {
  if (room.reads == nullptr) {
    room.reads = std::make_unique<ReadPositions>(KeyedHash{context_.config.hash_key});
  }
  return *room.reads;
}

}  // namespace perseid
