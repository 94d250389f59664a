// RoomState: a room's table of entities and fields, and what of it changed since the last tick.
// Values are raw
//   JSON; the newest wins inside a tick.
// Thread: the room's home shard. Owns: the table.
// Invariants: held_bytes() is what the table takes in memory, and stays within the limit but for
// the slack of one string's growth; a field that is set to the value it has does not change. What
// the last delta said plus the next delta is the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/state_update.h"
#include "engine/entity_fields.h"
#include "engine/keyed_hash.h"
#include "engine/options.h"

namespace perseid {

class RoomState final : public StateUpdateSink {
 public:
  RoomState(const Options& options, KeyedHash hash)
      : options_(options), hash_(hash), by_key_(0, hash) {}

  // StateUpdateSink: state_limit if a limit would be passed; the update's earlier fields stay
  // merged.
  Error set(std::string_view entity, std::string_view field, std::string_view raw_value) override;
  Error remove_field(std::string_view entity, std::string_view field) override;
  Error add(std::string_view entity) override;
  Error unset(std::string_view entity) override;

  bool dirty() const { return !dirty_.empty(); }
  bool empty() const { return by_key_.empty(); }
  u32 bytes() const { return static_cast<u32>(encoded_bytes_); }  // of a keyframe's payload, about
  u64 held_bytes() const { return held_bytes_; }

  // {"set":…,"unset":…} of what changed; the changes are then settled. False if nothing did after
  // all.
  bool take_delta(std::string& out);
  // Forgets what changed without writing it: nobody listens.
  void settle();
  // {"set":…} of everything, changes that no delta has told yet included: these count as told from
  // then on, so that a removal before the next delta is told as well.
  void write_full(std::string& out);

 private:
  struct Entity {
    std::string_view key;  // the table's
    std::string key_json;  // quoted and escaped
    EntityFields fields;
    u32 counted_bytes = 0;  // of held_bytes_
    u32 counted_encoded_bytes = 0;
    bool live = false;
    bool told = false;
    bool dirty = false;
  };
  // An entity, its node and its bucket in the table.
  static constexpr u64 kEntityBytes = sizeof(Entity) + 80;

  Entity* obtain(std::string_view key);
  Entity* make(std::string_view key);
  EntityFields::Field* find_field(Entity& entity, std::string_view key);
  Entity* find(std::string_view key);
  void count(Entity& entity);
  void mark(Entity& entity);
  void write_changes(Entity& entity, std::string& out);
  void settle_entity(u32 slot);
  bool fits(u64 more_bytes) const {
    return held_bytes_ + more_bytes <= options_.room_state_bytes_max;
  }

  const Options& options_;
  KeyedHash hash_;
  std::vector<Entity> entities_;
  std::vector<u32> free_;
  KeyedMap<u32> by_key_;
  std::vector<u32> dirty_;
  std::string field_key_;  // of find_field(): as it stands in Field::text
  u32 field_hash_ = 0;
  u64 held_bytes_ = 0;
  u64 encoded_bytes_ = 0;
};

}  // namespace perseid
