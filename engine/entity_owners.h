// EntityOwners: whose the entities of a room are, where its rule says that the first writer owns
// one until it leaves. Thread: the room's home shard. Invariant: an entity that is there has at
// most one owner; one that is gone has none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/state_update.h"
#include "engine/ids.h"
#include "engine/keyed_hash.h"

namespace perseid {

class EntityOwners {
 public:
  explicit EntityOwners(KeyedHash hash) : owners_(0, hash) {}

  // Nobody's, or its own.
  bool may_write(SessionUid session, std::string_view entity) const;
  // After a write that was merged.
  void wrote(SessionUid session, std::string_view entity);
  void gone(std::string_view entity);
  // What the session owned; from now on nobody's.
  std::vector<std::string> leave(SessionUid session);
  std::size_t size() const { return owners_.size(); }

 private:
  KeyedMap<SessionUid> owners_;
};

// Reads which entities an update names; not_owner at the first that belongs to somebody else.
class OwnedUpdate final : public StateUpdateSink {
 public:
  OwnedUpdate(const EntityOwners& owners, SessionUid session)
      : owners_(owners), session_(session) {}
  Error set(std::string_view entity, std::string_view, std::string_view) override {
    return name(entity, false);
  }
  Error remove_field(std::string_view entity, std::string_view) override {
    return name(entity, false);
  }
  Error add(std::string_view entity) override { return name(entity, false); }
  Error unset(std::string_view entity) override { return name(entity, true); }
  // Once it is merged. What is not there after it is nobody's.
  template <class IsThere>
  void settle(EntityOwners& owners, IsThere&& is_there) const {
    for (const Named& named : named_) {
      if (named.gone) {
        owners.gone(named.entity);
      } else if (is_there(named.entity)) {
        owners.wrote(session_, named.entity);
      }
    }
  }

 private:
  struct Named {
    std::string entity;
    bool gone = false;
  };
  Error name(std::string_view entity, bool gone);

  const EntityOwners& owners_;
  SessionUid session_;
  std::vector<Named> named_;
};

}  // namespace perseid
