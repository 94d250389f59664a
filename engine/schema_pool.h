// SchemaPool: schemas that clients declare, one for all rooms whose canonical JSON is the same.
// Thread: the shard's. Owns: no schema, only their names; a schema ends with its last room.
// Invariant: of those that ended, no more are remembered than there are others, but for a few.
#pragma once

#include <memory>
#include <utility>

#include "codec/schema.h"
#include "engine/keyed_hash.h"

namespace perseid {

class SchemaPool {
 public:
  explicit SchemaPool(KeyedHash hash) : schemas_(0, hash) {}

  // The same schema, as others have it already.
  std::shared_ptr<const Schema> share(std::shared_ptr<const Schema> schema) {
    if (schema == nullptr) return schema;
    if (schemas_.size() >= sweep_at_) sweep();
    std::weak_ptr<const Schema>& known = schemas_[schema->json()];
    if (auto shared = known.lock(); shared != nullptr) return shared;
    known = schema;
    return schema;
  }
  std::size_t size() const { return schemas_.size(); }

 private:
  static constexpr std::size_t kFew = 16;
  void sweep() {
    std::erase_if(schemas_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = 2 * schemas_.size() + kFew;
  }

  KeyedMap<std::weak_ptr<const Schema>> schemas_;
  std::size_t sweep_at_ = kFew;
};

}  // namespace perseid
