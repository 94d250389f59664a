// EntityOwners: whose the entities of a room are, where its rule says that the first writer owns
// one until it leaves. Thread: the room's home shard. Invariants: an entity that is there has at
// most one owner; one that is not there has none, so that owners take no more than entities do.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/state_update.h"
#include "engine/ids.h"
#include "engine/keyed_hash.h"

namespace perseid {

class EntityOwners {
 public:
  explicit EntityOwners(KeyedHash hash) : owners_(0, hash) {}
  EntityOwners(const EntityOwners&) = delete;
  EntityOwners& operator=(const EntityOwners&) = delete;

  // None, if it is nobody's.
  SessionUid owner(std::string_view entity) const;
  // Nobody's, or its own.
  bool may_write(SessionUid session, std::string_view entity) const;
  // Behind an update that was merged, of each entity that it named: whether it is there now.
  void settle(SessionUid session, std::string_view entity, bool there);
  // What the session owned; from now on nobody's.
  std::vector<std::string> leave(SessionUid session);
  std::size_t size() const { return owners_.size(); }

  // What an owner takes beside a copy of the entity's key; the room's state counts it.
  static constexpr u64 kOwnerBytes = 128;

 private:
  // In a list of its session's.
  struct Owned {
    SessionUid session;
    const std::string* key = nullptr;  // the table's
    Owned* before = nullptr;
    Owned* next = nullptr;
  };
  void wrote(SessionUid session, std::string_view entity);
  void gone(std::string_view entity);
  void unlink(const Owned& owned);

  KeyedMap<Owned> owners_;
  std::unordered_map<u64, Owned*> first_;  // of a session's list
};

// Calls visit(entity) for each that an update names, once for fields that stand together. What it
// returns, unless ok, ends the reading.
template <class Visit>
class EntityNames final : public StateUpdateSink {
 public:
  explicit EntityNames(Visit visit) : visit_(visit) {}
  Error set(std::string_view entity, std::string_view, std::string_view) override {
    return name(entity);
  }
  Error remove_field(std::string_view entity, std::string_view) override { return name(entity); }
  Error add(std::string_view entity) override { return name(entity); }
  Error unset(std::string_view entity) override { return name(entity); }

 private:
  Error name(std::string_view entity) {
    if (any_ && last_ == entity) return Error::ok;
    any_ = true;
    last_ = entity;
    return visit_(entity);
  }
  Visit visit_;
  bool any_ = false;
  std::string_view last_;  // lives as long as the reading
};

}  // namespace perseid
