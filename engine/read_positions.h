// ReadPositions: up to which seq the users of a room have read its chat.
// Thread: the room's home shard. Owns: the table. Invariants: a position only goes forward; at most
// `users_max` of them, the one that came first goes first.
#pragma once

#include <deque>

#include "engine/keyed_hash.h"
#include "engine/user_key.h"

namespace perseid {

class ReadPositions {
 public:
  explicit ReadPositions(KeyedHash hash) : by_user_(0, hash) {}

  Seq find(const std::string& user) const {
    const auto it = by_user_.find(user);
    return it == by_user_.end() ? 0 : it->second;
  }
  // True if it has gone forward. `dropped` counts who was forgotten for it.
  bool move(const std::string& user, Seq seq, u32 users_max, u32& dropped) {
    const auto it = by_user_.find(user);
    if (it != by_user_.end()) {
      if (seq <= it->second) return false;
      it->second = seq;
      return true;
    }
    for (; by_user_.size() >= users_max; ++dropped) {
      by_user_.erase(order_.front());
      order_.pop_front();
    }
    by_user_.emplace(user, seq);
    order_.push_back(user);
    return true;
  }
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [user, seq] : by_user_) visit(user, seq);
  }

 private:
  KeyedMap<Seq> by_user_;
  std::deque<std::string> order_;
};

}  // namespace perseid
