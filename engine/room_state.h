// RoomState: a room's table of entities and fields, and what of it changed since the last tick.
// Values are raw
//   JSON; the newest wins inside a tick.
// Thread: the room's home shard. Owns: the table.
// Invariants: bytes() is the sum of keys and values and stays within the limits; a field that is
// set to
//   the value it has does not change. What the last delta said plus the next delta is the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/state_update.h"
#include "engine/keyed_hash.h"
#include "engine/options.h"

namespace perseid {

class RoomState final : public StateUpdateSink {
 public:
  RoomState(const Options& options, KeyedHash hash) : options_(options), by_key_(0, hash) {}

  // StateUpdateSink: state_limit if a limit would be passed; the update's earlier fields stay
  // merged.
  Error set(std::string_view entity, std::string_view field, std::string_view raw_value) override;
  Error remove_field(std::string_view entity, std::string_view field) override;
  Error add(std::string_view entity) override;
  Error unset(std::string_view entity) override;

  bool dirty() const { return !dirty_.empty(); }
  bool empty() const { return by_key_.empty(); }
  u32 bytes() const { return bytes_; }

  // {"set":…,"unset":…} of what changed; the changes are then settled. False if nothing did after
  // all.
  bool take_delta(std::string& out);
  // Forgets what changed without writing it: nobody listens.
  void settle();
  // {"set":…} of everything, changes that no delta has told yet included: these count as told from
  // then on, so that a removal before the next delta is told as well.
  void write_full(std::string& out);

 private:
  struct Field {
    std::string key;
    std::string key_json;  // quoted and escaped
    std::string value;
    bool present = false;
    bool told = false;  // the last delta or an earlier one told of it
    bool dirty = false;
  };
  struct Entity {
    std::string key;
    std::string key_json;
    std::vector<Field> fields;
    bool live = false;
    bool told = false;
    bool dirty = false;
    bool added = false;  // live since the last delta
  };
  static constexpr u32 kEntryBytes = 8;  // quotes, colon, comma, braces of one entry in a keyframe

  Entity* obtain(std::string_view key);
  Field* obtain_field(Entity& entity, std::string_view key, std::size_t value_bytes);
  Entity* find(std::string_view key);
  void mark(Entity& entity);
  void write_changes(Entity& entity, std::string& out);
  void settle_entity(u32 slot);
  bool fits(u64 more_bytes) const { return bytes_ + more_bytes <= options_.room_state_bytes_max; }

  const Options& options_;
  std::vector<Entity> entities_;
  std::vector<u32> free_;
  KeyedMap<u32> by_key_;
  std::vector<u32> dirty_;
  u32 bytes_ = 0;
};

}  // namespace perseid
