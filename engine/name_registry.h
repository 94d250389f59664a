// NameRegistry: which sessions, on any shard, bear which names. Each name is kept by one shard, by
// its hash; the hash is all that is kept, and who is written to looks whether the name is its own.
// Thread: the shard's. Owns: the table. Invariant: at most `sessions_max` sessions of one name.
#pragma once

#include <unordered_map>
#include <vector>

#include "engine/ids.h"

namespace perseid {

class NameRegistry {
 public:
  // False if so many bear the name already.
  bool add(u64 name_hash, SessionUid session, u32 sessions_max) {
    if (sessions_.count(name_hash) >= sessions_max) return false;
    sessions_.emplace(name_hash, session);
    return true;
  }
  void remove(u64 name_hash, SessionUid session) {
    auto [it, end] = sessions_.equal_range(name_hash);
    while (it != end && it->second != session) ++it;
    if (it != end) sessions_.erase(it);
  }
  void find(u64 name_hash, std::vector<SessionUid>& out) const {
    const auto [begin, end] = sessions_.equal_range(name_hash);
    for (auto it = begin; it != end; ++it) out.push_back(it->second);
  }
  std::size_t size() const { return sessions_.size(); }

 private:
  // Hashes are under a secret key: nobody can choose them.
  std::unordered_multimap<u64, SessionUid> sessions_;
};

}  // namespace perseid
