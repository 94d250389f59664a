// TypedState: the state of a room with a schema: values quantised on arrival, deltas predicted and
// range-coded for the binary flavour, changed fields for JSON.
// Thread: the room's home shard. Owns: the newest values, and with the encoder those that the last
// delta told.
// Invariants: a slot is an entity's number at both ends of the stream, and is free again only when
// a delta has told that the entity is gone, and there are never more than a decoder takes;
// held_bytes() stays within the limit.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/coded_update.h"
#include "codec/schema.h"
#include "codec/state_encoder.h"
#include "engine/keyed_hash.h"
#include "engine/options.h"
#include "engine/state_model.h"

namespace perseid {

class TypedState final : public StateModel, StateUpdateSink, CodedUpdateSink {
 public:
  static constexpr u32 kSlotsMax = StateBounds{}.entities_max;  // decoders refuse more
  // In use: also what has gone and was not told yet.
  u32 slots() const { return static_cast<u32>(by_key_.size()); }

  // `keyframe_models` are lent for the time of a keyframe, and may serve many rooms; null: it makes
  // its own each time. `owned`: its entities have owners, whose memory it counts.
  TypedState(const Options& options, KeyedHash hash, std::shared_ptr<const Schema> schema,
             u32 entities_max, StateModels* keyframe_models = nullptr, bool owned = false);

  Error merge(const StateUpdate& update, StateReaders& readers, std::string_view& field) override;
  void remove(std::string_view entity) override;
  // An entity as another table holds it.
  void put(std::string_view entity, const StateRow& row);

  bool dirty() const override { return !dirty_.empty(); }
  bool empty() const override { return live_ == 0 && dirty_.empty(); }
  u32 bytes(Flavour flavour) const override;
  bool coded() const override { return true; }
  bool has_full(Flavour flavour) const override {
    return flavour == Flavour::bin || encoder_.table().entities() > 0;
  }
  bool take_delta(StateDelta& out) override;
  void settle() override;
  void rest() override { encoder_.rest(); }
  u64 coder_bytes() const override { return encoder_.models_bytes(); }
  void write_full(Flavour flavour, std::string& out, bool leads_on = true) override;

  u64 held_bytes() const { return held_bytes_; }
  // The first entity that the last update set and that is still there; empty if there is none.
  std::string_view last_merged() const {
    return last_merged_ == kNoSlot ? std::string_view{} : entities_[last_merged_].key;
  }
  // An entity as the last delta told it; false if it told of none.
  bool told_row(std::string_view entity, StateRow& out) const;
  const Schema& schema() const { return *schema_; }
  // Calls visit(key, row or null) for each that changed since the last delta, null where it is
  // gone.
  template <class Visit>
  void visit_dirty(Visit&& visit) const {
    for (const u32 slot : dirty_) {
      visit(entities_[slot].key, entities_[slot].live ? &entities_[slot].row : nullptr);
    }
  }

 private:
  struct Entity {
    std::string_view key;  // the index's
    StateRow row;
    bool live = false;
    bool dirty = false;
  };
  // By how much an update would make the room grow.
  struct Growth {
    i64 bytes = 0;
    i64 live = 0;
    u32 slots = 0;
  };

  // Reading, by either sink: nothing is merged yet.
  Error set(std::string_view entity, std::string_view field, std::string_view raw_value) override;
  Error remove_field(std::string_view entity, std::string_view field) override;
  Error set(std::string_view entity, u32 field, const u32* parts, std::string_view text) override;
  Error remove_field(std::string_view entity, u32 field) override;
  Error add(std::string_view entity) override;
  Error unset(std::string_view entity) override;
  Error stage(StagedLine::Kind kind, std::string_view entity, StagedLine*& line);
  StateStaging::Bounds staging_bounds() const;
  Error merge_staged(const StateUpdate& update, StateReaders& readers, std::string_view& field);
  Error check_staged();
  bool surely_fits();
  bool fits();
  void count_growth(std::span<const u32> lines, Growth& growth);
  Error check_owners(const StateUpdate& update);
  void settle_owners(const StateUpdate& update);
  void note_merged();
  void apply(const StagedLine& line);

  // Lines of one entity stand together: the last one found is looked at first.
  Entity* find(std::string_view key);
  Entity& obtain(std::string_view key);
  void mark(Entity& entity);
  void vacate(Entity& entity);
  void put_text(std::string& stored, std::string_view text);
  u64 bytes_of_entity(std::string_view key) const {
    return entity_bytes_ + key.size() * (owned_ ? 2 : 1);
  }
  u32 entities_max() const { return std::min(options_.room_entities_max, entities_max_); }
  u32 take_slot();

  void collect_changes();
  void free_gone();
  bool told(u32 slot) const { return encoder_.table().live(slot); }
  void write_keyframe(std::string& out, bool leads_on);
  void write_json(std::string& out) const;
  void write_entity_json(std::string& out, const StateChange& change) const;

  const Options& options_;
  std::shared_ptr<const Schema> schema_;
  const u32 entities_max_;  // beside --room-entities-max; no more than decoders take
  const bool owned_;
  const u64 entity_bytes_;  // what an entity takes, without key and texts
  std::vector<Entity> entities_;
  std::vector<u32> free_;  // a heap: the lowest slot first
  KeyedMap<u32> by_key_;
  std::vector<u32> dirty_;
  std::vector<StateChange> changes_;
  StateEncoder encoder_;
  StateModels* keyframe_models_;
  u32 last_found_ = kNoSlot;
  bool owners_stay_ = true;  // the update that is being merged changes no owner
  u64 held_bytes_ = 0;
  u32 live_ = 0;
  u32 keyframe_bytes_ = 0;     // of the last one
  u32 keyframe_entities_ = 0;  // that it held
  u32 last_merged_ = kNoSlot;
  StateStaging* staging_ = nullptr;  // while an update is merged
};

}  // namespace perseid
