// StateOut: what a client has set in a room and not said yet: the newest value of each field.
// Thread: the client's. Owns: the values.
// Invariants: at most kEntitiesMax entities and kBatchesMax batches wait; a batch never both sets
// and unsets an entity, so the order inside of it does not count.
#pragma once

#include <perseid/value.h>

#include <deque>
#include <set>
#include <string>

#include "codec/schema.h"

namespace perseid {
inline namespace sdk {

class StateOut {
 public:
  static constexpr std::size_t kEntitiesMax = 8192;  // of all batches
  static constexpr std::size_t kBatchesMax = 64;
  static constexpr std::size_t kBatchEntities = 1024;  // a message has a bound, too

  bool set(std::string_view entity, const Fields& fields);
  bool unset(std::string_view entity);
  bool empty() const { return batches_.empty(); }

  // Takes the oldest batch: as a coded update, if `schema` is not null and has all its fields and
  // values, else as a JSON payload. True: coded.
  bool take(const Schema* schema, std::string& out);

 private:
  struct Batch {
    Entities set;
    std::set<std::string, std::less<>> unset;
  };
  Batch& last();
  bool has_room() const { return entities_ < kEntitiesMax && batches_.size() < kBatchesMax; }

  std::deque<Batch> batches_;
  std::size_t entities_ = 0;
};

}  // namespace sdk
}  // namespace perseid
