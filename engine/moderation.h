// Moderation: who may not write or not come into which rooms, and how slow rooms are. Of the rooms
// whose home is this shard; it outlives them, so that nobody waits until an empty room is gone.
// Thread: the shard's. Owns: the tables.
// Invariants: at most `entries_max` mutes, bans and rooms together; what is over is taken for
// nothing, and goes when its place is wanted. Ends are Unix time, because they last for days.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "codec/error.h"
#include "engine/keyed_hash.h"
#include "engine/user_key.h"

namespace perseid {

constexpr u64 kForever = ~u64{0};

// What is left of a time that is over at `until_unix_ms`; 0 if there is no end to tell.
constexpr u32 left_ms(u64 until_unix_ms, u64 unix_ms) {
  if (until_unix_ms == kForever) return 0;
  return static_cast<u32>(std::min<u64>(until_unix_ms - unix_ms, ~u32{0}));
}

class RoomModeration {
 public:
  explicit RoomModeration(KeyedHash hash) : mutes_(0, hash), bans_(0, hash) {}

  // Until when a user may not come in; 0 if it may.
  u64 banned_until(SessionUid client, std::string_view name, u64 unix_ms) const;
  // Until when a member may not write; 0 if it may. Only of who is seated.
  u64 muted_until(SessionUid client, u64 unix_ms) const;
  // Of a message that comes now: how long it has to wait; 0 if it passes, which counts.
  u32 slow_down(SessionUid client, u64 mono_ms);

  // A mute holds for a session that is there, or will be.
  void seat(SessionUid client, std::string_view name, u64 unix_ms);
  void unseat(SessionUid client) { muted_.erase(client.value); }
  void silence(SessionUid client, u64 until_unix_ms) { muted_[client.value] = until_unix_ms; }

  u32 interval_ms() const { return interval_ms_; }

 private:
  friend class Moderation;
  static u64 find(const KeyedMap<u64>& table, SessionUid client, std::string_view name,
                  u64 unix_ms);

  KeyedMap<u64> mutes_;  // by user key: until when
  KeyedMap<u64> bans_;
  std::unordered_map<u64, u64> muted_;    // of the seated, by client
  std::unordered_map<u64, u64> last_ms_;  // in a slow room: when a client has written last
  u32 interval_ms_ = 0;
  bool held_ = false;  // the room is there and looks at this
};

class Moderation {
 public:
  Moderation(KeyedHash hash, u32 entries_max) : hash_(hash), rooms_(0, hash), max_(entries_max) {}

  // Null if nothing is known of the room.
  RoomModeration* find(std::string_view room);
  // The same for a room that is there: what is returned stays until it is let go.
  RoomModeration* hold(std::string_view room);
  void let_go(std::string_view room);

  // moderation_limit if there is no place. Those who are seated are the caller's to tell.
  Error mute(std::string_view room, const std::string& user, u64 until_unix_ms, u64 unix_ms);
  Error ban(std::string_view room, const std::string& user, u64 until_unix_ms, u64 unix_ms);
  void unmute(std::string_view room, const std::string& user);
  void unban(std::string_view room, const std::string& user);
  Error slow(std::string_view room, u32 interval_ms, u64 unix_ms);
  u32 entries() const { return entries_; }

  // Every mute, ban and interval, for who keeps them: visit(room, kind, user, until or ms).
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [room, rules] : rooms_) {
      for (const auto& [user, until] : rules->mutes_) visit(room, "mute", user, until);
      for (const auto& [user, until] : rules->bans_) visit(room, "ban", user, until);
      if (rules->interval_ms_ != 0) visit(room, "slow_mode", std::string(), rules->interval_ms_);
    }
  }

 private:
  using Table = KeyedMap<u64> RoomModeration::*;
  // Null if there is no place for so many entries of the room.
  RoomModeration* obtain(std::string_view room, u32 entries, u64 unix_ms);
  bool has_place(u32 entries, u64 unix_ms);
  static bool is_idle(const RoomModeration& rules);
  Error add(Table table, std::string_view room, const std::string& user, u64 until, u64 unix_ms);
  void remove(Table table, std::string_view room, const std::string& user);
  void purge(KeyedMap<u64>& table, u64 unix_ms);

  const KeyedHash hash_;
  KeyedMap<std::unique_ptr<RoomModeration>> rooms_;
  const u32 max_;
  u32 entries_ = 0;
  u64 next_purge_ms_ = 0;
};

}  // namespace perseid
