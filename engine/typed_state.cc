#include "engine/typed_state.h"

#include <algorithm>
#include <functional>

#include "codec/assert.h"
#include "codec/json_text.h"
#include "codec/text_memory.h"

namespace perseid {
namespace {

// An entity, its node and bucket in the index, its slot in the encoder's table with its history
// and what the models remember of it; texts may be half empty.
u64 entity_bytes_of(const Schema& schema, std::size_t entity_bytes, bool owned) {
  return entity_bytes + 80 + (owned ? EntityOwners::kOwnerBytes : 0) + sizeof(StateTable::Slot) +
         schema.parts().size() *
             ((StateTable::depth(1) + 1) * sizeof(u32) + sizeof(StateModels::Memory)) +
         schema.texts() * 3 * sizeof(std::string);
}

}  // namespace

TypedState::TypedState(const Options& options, KeyedHash hash, std::shared_ptr<const Schema> schema,
                       u32 entities_max, StateModels* keyframe_models, bool owned)
    : options_(options),
      schema_(std::move(schema)),
      entities_max_(std::min(entities_max, StateBounds{}.entities_max)),
      owned_(owned),
      entity_bytes_(entity_bytes_of(*schema_, sizeof(Entity), owned)),
      by_key_(0, hash),
      encoder_(schema_),
      keyframe_models_(keyframe_models) {}

u32 TypedState::bytes(Flavour flavour) const {
  constexpr u32 kJsonFieldBytes = 16;
  if (flavour == Flavour::json) {
    return live_ * (16 + kJsonFieldBytes * static_cast<u32>(schema_->fields().size()));
  }
  // By the last keyframe; before there is one, as if every part took two bytes.
  if (keyframe_entities_ == 0) return live_ * (8 + 2 * static_cast<u32>(schema_->parts().size()));
  return static_cast<u32>(u64{keyframe_bytes_} * (live_ + 1) / keyframe_entities_);
}

TypedState::Entity* TypedState::find(std::string_view key) {
  if (last_found_ < entities_.size() && entities_[last_found_].key == key) {
    return &entities_[last_found_];
  }
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return nullptr;
  last_found_ = it->second;
  return &entities_[last_found_];
}

bool TypedState::told_row(std::string_view key, StateRow& out) const {
  const auto it = by_key_.find(key);
  if (it == by_key_.end() || !told(it->second)) return false;
  encoder_.table().read(it->second, out);
  return true;
}

u32 TypedState::take_slot() {
  if (free_.empty()) {
    PSD_ASSERT(entities_.size() < kSlotsMax);
    entities_.emplace_back();
    return static_cast<u32>(entities_.size() - 1);
  }
  std::pop_heap(free_.begin(), free_.end(), std::greater<>());
  const u32 slot = free_.back();
  free_.pop_back();
  return slot;
}

TypedState::Entity& TypedState::obtain(std::string_view key) {
  Entity* entity = find(key);
  if (entity == nullptr) {
    const u32 slot = take_slot();
    entity = &entities_[slot];
    entity->key = by_key_.emplace(key, slot).first->first;
    held_bytes_ += bytes_of_entity(key);
  }
  if (entity->live) return *entity;
  entity->live = true;
  ++live_;
  entity->row.present = 0;
  entity->row.parts.assign(schema_->parts().size(), 0);
  entity->row.texts.assign(schema_->texts(), {});
  mark(*entity);
  return *entity;
}

void TypedState::mark(Entity& entity) {
  if (entity.dirty) return;
  entity.dirty = true;
  dirty_.push_back(static_cast<u32>(&entity - entities_.data()));
}

// It keeps its slot until a delta has told that it is gone.
void TypedState::vacate(Entity& entity) {
  if (!entity.live) return;
  for (std::string& text : entity.row.texts) put_text(text, {});
  entity.live = false;
  --live_;
  mark(entity);
}

void TypedState::remove(std::string_view key) {
  if (Entity* entity = find(key)) vacate(*entity);
}

void TypedState::put(std::string_view key, const StateRow& row) {
  Entity& entity = obtain(key);
  if (entity.row == row) return;
  entity.row.present = row.present;
  entity.row.parts = row.parts;
  for (u32 i = 0; i < row.texts.size(); ++i) put_text(entity.row.texts[i], row.texts[i]);
  mark(entity);
}

void TypedState::put_text(std::string& stored, std::string_view text) {
  held_bytes_ += text.size();
  held_bytes_ -= stored.size();
  store_text(stored, text);
}

void TypedState::collect_changes() {
  std::sort(dirty_.begin(), dirty_.end());
  changes_.clear();
  for (const u32 slot : dirty_) {
    Entity& entity = entities_[slot];
    entity.dirty = false;
    const bool was_told = told(slot);
    if (!entity.live) {
      if (was_told) changes_.push_back({.slot = slot, .kind = StateChange::Kind::gone});
    } else if (!was_told) {
      changes_.push_back({.slot = slot,
                          .kind = StateChange::Kind::appeared,
                          .key = entity.key,
                          .row = &entity.row});
    } else if (!encoder_.table().holds(slot, entity.row)) {
      changes_.push_back({.slot = slot, .row = &entity.row});
    }
  }
}

void TypedState::free_gone() {
  for (const u32 slot : dirty_) {
    Entity& entity = entities_[slot];
    if (entity.live) continue;
    held_bytes_ -= bytes_of_entity(entity.key);
    by_key_.erase(by_key_.find(entity.key));
    entity = Entity{};
    free_.push_back(slot);
    std::push_heap(free_.begin(), free_.end(), std::greater<>());
  }
  dirty_.clear();
}

bool TypedState::take_delta(StateDelta& out) {
  collect_changes();
  const bool any = !changes_.empty();
  if (any) {
    out.json.clear();
    out.bin.clear();
    if (out.wants_json) write_json(out.json);
    if (out.wants_bin) {
      encoder_.encode(changes_, out.wants_checksum, out.bin);
    } else {
      encoder_.skip(changes_);
    }
  }
  free_gone();
  return any;
}

void TypedState::settle() {
  collect_changes();
  if (!changes_.empty()) encoder_.skip(changes_);
  free_gone();
}

void TypedState::write_full(Flavour flavour, std::string& out, bool leads_on) {
  const StateTable& table = encoder_.table();
  if (flavour == Flavour::bin) {
    const std::size_t before = out.size();
    write_keyframe(out, leads_on);
    keyframe_bytes_ = static_cast<u32>(out.size() - before);
    keyframe_entities_ = table.entities();
    return;
  }
  StateRow row;
  out += R"({"set":{)";
  for (u32 slot = 0; slot < table.slots(); ++slot) {
    if (!table.live(slot)) continue;
    table.read(slot, row);
    if (out.back() != '{') out += ',';
    write_entity_json(out, {.slot = slot,
                            .kind = StateChange::Kind::appeared,
                            .key = table.slot(slot).key,
                            .row = &row});
  }
  out += "}}";
}

void TypedState::write_keyframe(std::string& out, bool leads_on) {
  StateModels own;
  StateModels& models = keyframe_models_ != nullptr ? *keyframe_models_ : own;
  leads_on ? encoder_.keyframe(models, out) : encoder_.snapshot(models, out);
  models.trim();
}

void TypedState::write_json(std::string& out) const {
  out += R"({"set":{)";
  bool any_gone = false;
  for (const StateChange& change : changes_) {
    if (change.kind == StateChange::Kind::gone) {
      any_gone = true;
      continue;
    }
    if (out.back() != '{') out += ',';
    write_entity_json(out, change);
  }
  out += '}';
  if (any_gone) out += R"(,"unset":[)";
  for (const StateChange& change : changes_) {
    if (change.kind != StateChange::Kind::gone) continue;
    if (out.back() != '[') out += ',';
    out += '"';
    append_json_escaped(out, entities_[change.slot].key);
    out += '"';
  }
  out += any_gone ? "]}" : "}";
}

// Of one that was told before, what differs from that.
void TypedState::write_entity_json(std::string& out, const StateChange& change) const {
  const StateTable& table = encoder_.table();
  const bool is_new = change.kind == StateChange::Kind::appeared;
  const std::string_view key = is_new ? change.key : entities_[change.slot].key;
  out += '"';
  append_json_escaped(out, key);
  out += "\":{";
  const StateRow& row = *change.row;
  for (u32 i = 0; i < schema_->fields().size(); ++i) {
    const SchemaField& field = schema_->fields()[i];
    const bool present = (row.present >> i & 1) != 0;
    if (is_new ? !present : table.holds_field(change.slot, i, row)) continue;
    if (out.back() != '{') out += ',';
    out += field.key_json;
    if (!present) {
      out += "null";
    } else {
      append_value_json(field, row.parts.data() + field.first_part,
                        field.is_text() ? std::string_view(row.texts[field.text]) : "", out);
    }
  }
  out += '}';
}

}  // namespace perseid
