#include "engine/moderation.h"

#include <algorithm>

namespace perseid {
namespace {

// How many clients of a slow room are remembered before those are looked at that may write again.
constexpr std::size_t kLastsKept = 1024;
constexpr std::size_t kLastsMax = 65536;
// A full table is searched for what is over at most so often.
constexpr u64 kPurgeMs = 1000;

bool is_over(u64 until_unix_ms, u64 unix_ms) {
  return until_unix_ms <= unix_ms;
}

}  // namespace

u64 RoomModeration::find(const KeyedMap<u64>& table, SessionUid client, std::string_view name,
                         u64 unix_ms) {
  if (table.empty()) return 0;
  u64 until = 0;
  for (const std::string& user : {client_key(client), std::string(name)}) {
    const auto it = table.find(user);
    if (it != table.end() && !is_over(it->second, unix_ms)) until = std::max(until, it->second);
  }
  return until;
}

u64 RoomModeration::banned_until(SessionUid client, std::string_view name, u64 unix_ms) const {
  return find(bans_, client, name, unix_ms);
}

u64 RoomModeration::muted_until(SessionUid client, u64 unix_ms) const {
  if (muted_.empty()) return 0;
  const auto it = muted_.find(client.value);
  return it == muted_.end() || is_over(it->second, unix_ms) ? 0 : it->second;
}

void RoomModeration::seat(SessionUid client, std::string_view name, u64 unix_ms) {
  if (const u64 until = find(mutes_, client, name, unix_ms); until != 0) silence(client, until);
}

u32 RoomModeration::slow_down(SessionUid client, u64 mono_ms) {
  if (interval_ms_ == 0) return 0;
  const auto it = last_ms_.find(client.value);
  if (it != last_ms_.end() && mono_ms - it->second < interval_ms_) {
    return static_cast<u32>(interval_ms_ - (mono_ms - it->second));
  }
  if (last_ms_.size() >= kLastsKept && it == last_ms_.end()) {
    // Seldom: only when a power of two of them has been reached.
    if ((last_ms_.size() & (last_ms_.size() - 1)) == 0) {
      std::erase_if(last_ms_,
                    [&](const auto& entry) { return mono_ms - entry.second >= interval_ms_; });
    }
    if (last_ms_.size() >= kLastsMax) last_ms_.clear();
  }
  last_ms_[client.value] = mono_ms;
  return 0;
}

RoomModeration* Moderation::find(std::string_view room) {
  const auto it = rooms_.find(room);
  return it == rooms_.end() ? nullptr : it->second.get();
}

RoomModeration* Moderation::hold(std::string_view room) {
  RoomModeration* rules = find(room);
  if (rules != nullptr) rules->held_ = true;
  return rules;
}

void Moderation::let_go(std::string_view room) {
  const auto it = rooms_.find(room);
  if (it == rooms_.end()) return;
  RoomModeration& rules = *it->second;
  rules.held_ = false;
  rules.muted_.clear();
  if (!is_idle(rules)) return;
  rooms_.erase(it);
  --entries_;
}

bool Moderation::is_idle(const RoomModeration& rules) {
  return !rules.held_ && rules.mutes_.empty() && rules.bans_.empty() && rules.interval_ms_ == 0;
}

RoomModeration* Moderation::obtain(std::string_view room, u32 entries, u64 unix_ms) {
  RoomModeration* known = find(room);
  if (!has_place(entries + (known == nullptr ? 1 : 0), unix_ms)) return nullptr;
  // Looked up again: to make place, what was idle has gone.
  auto& rules = rooms_[std::string(room)];
  if (rules == nullptr) {
    rules = std::make_unique<RoomModeration>(hash_);
    ++entries_;
  }
  entries_ += entries;
  return rules.get();
}

bool Moderation::has_place(u32 entries, u64 unix_ms) {
  if (entries_ + entries <= max_) return true;
  if (unix_ms < next_purge_ms_) return false;
  next_purge_ms_ = unix_ms + kPurgeMs;
  for (auto& [name, rules] : rooms_) {
    purge(rules->mutes_, unix_ms);
    purge(rules->bans_, unix_ms);
  }
  entries_ -= static_cast<u32>(
      std::erase_if(rooms_, [](const auto& entry) { return is_idle(*entry.second); }));
  return entries_ + entries + 1 <= max_;
}

void Moderation::purge(KeyedMap<u64>& table, u64 unix_ms) {
  entries_ -= static_cast<u32>(
      std::erase_if(table, [&](const auto& entry) { return is_over(entry.second, unix_ms); }));
}

Error Moderation::add(Table table, std::string_view room, const std::string& user, u64 until,
                      u64 unix_ms) {
  RoomModeration* known = find(room);
  if (known != nullptr && (known->*table).contains(user)) {
    (known->*table)[user] = until;
    return Error::ok;
  }
  RoomModeration* rules = obtain(room, 1, unix_ms);
  if (rules == nullptr) return Error::moderation_limit;
  (rules->*table)[user] = until;
  return Error::ok;
}

void Moderation::remove(Table table, std::string_view room, const std::string& user) {
  if (RoomModeration* rules = find(room)) {
    entries_ -= static_cast<u32>((rules->*table).erase(user));
  }
}

Error Moderation::mute(std::string_view room, const std::string& user, u64 until_unix_ms,
                       u64 unix_ms) {
  return add(&RoomModeration::mutes_, room, user, until_unix_ms, unix_ms);
}

Error Moderation::ban(std::string_view room, const std::string& user, u64 until_unix_ms,
                      u64 unix_ms) {
  return add(&RoomModeration::bans_, room, user, until_unix_ms, unix_ms);
}

void Moderation::unmute(std::string_view room, const std::string& user) {
  remove(&RoomModeration::mutes_, room, user);
}

void Moderation::unban(std::string_view room, const std::string& user) {
  remove(&RoomModeration::bans_, room, user);
}

Error Moderation::slow(std::string_view room, u32 interval_ms, u64 unix_ms) {
  RoomModeration* rules = find(room);
  const bool was_slow = rules != nullptr && rules->interval_ms_ != 0;
  if (interval_ms == 0) {
    if (was_slow) --entries_;
    if (rules != nullptr) rules->interval_ms_ = 0;
    return Error::ok;
  }
  rules = obtain(room, was_slow ? 0 : 1, unix_ms);
  if (rules == nullptr) return Error::moderation_limit;
  rules->interval_ms_ = interval_ms;
  return Error::ok;
}

}  // namespace perseid
