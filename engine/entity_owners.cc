#include "engine/entity_owners.h"

namespace perseid {

SessionUid EntityOwners::owner(std::string_view entity) const {
  const auto it = owners_.find(entity);
  return it == owners_.end() ? SessionUid{} : it->second.session;
}

bool EntityOwners::may_write(SessionUid session, std::string_view entity) const {
  const SessionUid its = owner(entity);
  return !its || its == session;
}

void EntityOwners::settle(SessionUid session, std::string_view entity, bool there) {
  there ? wrote(session, entity) : gone(entity);
}

void EntityOwners::wrote(SessionUid session, std::string_view entity) {
  if (owners_.find(entity) != owners_.end()) return;
  auto& [key, owned] = *owners_.emplace(entity, Owned{}).first;
  Owned*& first = first_[session.value];
  owned = {.session = session, .key = &key, .before = nullptr, .next = first};
  if (first != nullptr) first->before = &owned;
  first = &owned;
}

void EntityOwners::gone(std::string_view entity) {
  const auto it = owners_.find(entity);
  if (it == owners_.end()) return;
  unlink(it->second);
  owners_.erase(it);
}

void EntityOwners::unlink(const Owned& owned) {
  if (owned.next != nullptr) owned.next->before = owned.before;
  if (owned.before != nullptr) {
    owned.before->next = owned.next;
  } else if (owned.next != nullptr) {
    first_[owned.session.value] = owned.next;
  } else {
    first_.erase(owned.session.value);
  }
}

std::vector<std::string> EntityOwners::leave(SessionUid session) {
  std::vector<std::string> out;
  const auto it = first_.find(session.value);
  if (it == first_.end()) return out;
  for (const Owned* owned = it->second; owned != nullptr;) {
    const auto entity = owners_.find(*owned->key);
    owned = owned->next;
    out.push_back(entity->first);
    owners_.erase(entity);
  }
  first_.erase(it);
  return out;
}

}  // namespace perseid
