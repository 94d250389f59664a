#include "engine/entity_owners.h"

namespace perseid {

bool EntityOwners::may_write(SessionUid session, std::string_view entity) const {
  const auto it = owners_.find(entity);
  return it == owners_.end() || it->second == session;
}

void EntityOwners::wrote(SessionUid session, std::string_view entity) {
  if (owners_.find(entity) == owners_.end()) owners_.emplace(entity, session);
}

void EntityOwners::gone(std::string_view entity) {
  if (const auto it = owners_.find(entity); it != owners_.end()) owners_.erase(it);
}

std::vector<std::string> EntityOwners::leave(SessionUid session) {
  std::vector<std::string> out;
  for (auto it = owners_.begin(); it != owners_.end();) {
    if (it->second != session) {
      ++it;
      continue;
    }
    out.push_back(it->first);
    it = owners_.erase(it);
  }
  return out;
}

// Fields of one entity stand together: it is looked up once.
Error OwnedUpdate::name(std::string_view entity, bool gone) {
  if (!named_.empty() && named_.back().entity == entity && named_.back().gone == gone) {
    return Error::ok;
  }
  if (!owners_.may_write(session_, entity)) return Error::not_owner;
  named_.push_back({std::string(entity), gone});
  return Error::ok;
}

}  // namespace perseid
