// RoomState: a room's table of entities and fields, and what of it changed since the last tick.
// Values are raw
//   JSON; the newest wins inside a tick.
// Thread: the room's home shard. Owns: the table.
// Invariants: held_bytes() is what the table takes in memory, and stays within the limit but for
// the slack of one string's growth; a field that is set to the value it has does not change. What
// the last delta said plus the next delta is the table.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "codec/state_update.h"
#include "engine/entity_fields.h"
#include "engine/keyed_hash.h"
#include "engine/options.h"
#include "engine/state_model.h"

namespace perseid {

class RoomState final : public StateModel, public StateUpdateSink {
 public:
  // `owned`: its entities have owners, whose memory it counts.
  RoomState(const Options& options, KeyedHash hash, u32 entities_max = ~0u, bool owned = false)
      : options_(options),
        hash_(hash),
        entities_max_(entities_max),
        owned_(owned),
        by_key_(0, hash) {}

  Error merge(const StateUpdate& update, StateReaders& readers, std::string_view& field) override;
  void remove(std::string_view entity) override { (void)unset(entity); }

  // Around the merging of one update: it is merged whole, or (end_update says state_limit) not at
  // all. `careful` if it might pass a limit: what it changes is then copied first.
  void begin_update(bool careful);
  Error end_update();
  // What `check` has counted of the update passes no limit, whatever there is already.
  bool surely_fits(const StateUpdateCheck& check, std::size_t payload_bytes) const;
  // Reads an update beside the table, and looks closer.
  class Growth;
  // StateUpdateSink: state_limit if memory would pass its limit, and nothing more of the update
  // need then come.
  Error set(std::string_view entity, std::string_view field, std::string_view raw_value) override;
  Error remove_field(std::string_view entity, std::string_view field) override;
  Error add(std::string_view entity) override;
  Error unset(std::string_view entity) override;

  bool dirty() const override { return !dirty_.empty(); }
  bool empty() const override { return by_key_.empty(); }
  u32 bytes(Flavour = Flavour::json) const override { return static_cast<u32>(encoded_bytes_); }
  bool coded() const override { return false; }
  bool has_full(Flavour) const override { return !empty() || dirty(); }
  u64 held_bytes() const { return held_bytes_; }

  // {"set":…,"unset":…} of what changed; the changes are then settled. False if nothing did after
  // all.
  bool take_delta(std::string& out);
  bool take_delta(StateDelta& out) override;
  // Forgets what changed without writing it: nobody listens.
  void settle() override;
  // {"set":…} of everything, changes that no delta has told yet included: these count as told from
  // then on, so that a removal before the next delta is told as well.
  void write_full(std::string& out);
  void write_full(Flavour, std::string& out, bool) override { write_full(out); }

 private:
  struct Entity {
    std::string_view key;  // the table's
    std::string key_json;  // quoted and escaped
    EntityFields fields;
    u64 counted_bytes = 0;  // of held_bytes_
    u64 counted_encoded_bytes = 0;
    bool live = false;
    bool told = false;
    bool dirty = false;
    bool saved = false;  // in saved_
  };
  // What an entity was before the update that may have to be taken back.
  struct Saved {
    u32 slot = 0;
    bool existed = false;
    EntityFields fields;
    bool live = false;
    bool told = false;
    bool dirty = false;
  };
  // An entity, its node and its bucket in the table.
  static constexpr u64 kEntityBytes = sizeof(Entity) + 80;

  Error merge_owned(const StateUpdate& update, const StateUpdateCheck& check,
                    StateUpdateReader& reader, std::string_view& field);
  Error merge_checked(const StateUpdate& update, const StateUpdateCheck& check,
                      StateUpdateReader& reader, std::string_view& field);
  Entity* obtain(std::string_view key);
  Entity* make(std::string_view key);
  EntityFields::Field* find_field(Entity& entity, std::string_view key);
  Entity* find(std::string_view key);
  Error fail();
  bool has_room(const Entity& entity, const EntityFields::Field* field,
                std::size_t value_bytes) const;
  void save(Entity& entity, bool existed);
  void take_back();
  void forget(u32 slot);
  bool within_limits() const;
  void count(Entity& entity);
  void mark(Entity& entity);
  void write_changes(Entity& entity, std::string& out);
  void settle_entity(u32 slot);
  // Without the quoted key and the fields.
  u64 bytes_of_entity(std::string_view key) const {
    return kEntityBytes + key.size() + (owned_ ? EntityOwners::kOwnerBytes + key.size() : 0);
  }
  u32 entities_max() const { return std::min(options_.room_entities_max, entities_max_); }
  bool fits(u64 more_bytes) const {
    return held_bytes_ + more_bytes <= options_.room_state_bytes_max;
  }

  const Options& options_;
  KeyedHash hash_;
  const u32 entities_max_;
  const bool owned_;
  std::vector<Entity> entities_;
  std::vector<u32> free_;
  KeyedMap<u32> by_key_;
  std::vector<u32> dirty_;
  std::string field_key_;  // of find_field(): as it stands in Field::text
  u32 field_hash_ = 0;
  u64 held_bytes_ = 0;
  u64 encoded_bytes_ = 0;
  u32 live_ = 0;
  u32 fields_most_ = 0;  // that any entity has had
  bool careful_ = false;
  bool failed_ = false;
  std::vector<Saved> saved_;
  std::size_t dirty_before_ = 0;
};

// What an update adds to the table at the most: removals are not subtracted, and an entity or field
// that stands there twice counts twice.
class RoomState::Growth final : public StateUpdateSink {
 public:
  explicit Growth(RoomState& state) : state_(state) {}
  Error set(std::string_view entity, std::string_view field, std::string_view raw_value) override;
  Error remove_field(std::string_view, std::string_view) override { return Error::ok; }
  Error add(std::string_view entity) override;
  Error unset(std::string_view) override { return Error::ok; }
  bool fits() const { return fits_; }

 private:
  void enter(std::string_view entity);
  RoomState& state_;
  std::string_view key_;  // lives as long as the reading
  Entity* entity_ = nullptr;
  u64 entities_ = 0;  // new ones
  u64 fields_ = 0;    // new ones of key_
  u64 bytes_ = 0;
  bool fits_ = true;
};

}  // namespace perseid
