#include "engine/room_state.h"

#include <utility>

#include "codec/json_text.h"

namespace perseid {
namespace {

std::string quoted(std::string_view key) {
  std::string out = "\"";
  append_json_escaped(out, key);
  out += '"';
  return out;
}

void comma(std::string& out, char opening) {
  if (out.back() != opening) out += ',';
}

}  // namespace

RoomState::Entity* RoomState::find(std::string_view key) {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : &entities_[it->second];
}

RoomState::Entity* RoomState::obtain(std::string_view key) {
  Entity* entity = find(key);
  if (entity == nullptr) entity = make(key);
  if (entity == nullptr || entity->live) return entity;
  entity->live = true;
  mark(*entity);
  count(*entity);
  return entity;
}

RoomState::Entity* RoomState::make(std::string_view key) {
  std::string key_json = quoted(key);
  if (by_key_.size() >= options_.room_entities_max) return nullptr;
  if (!fits(kEntityBytes + key.size() + key_json.size())) return nullptr;
  u32 slot = static_cast<u32>(entities_.size());
  if (free_.empty()) {
    entities_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Entity& entity = entities_[slot];
  entity.key = by_key_.emplace(key, slot).first->first;
  entity.key_json = std::move(key_json);
  return &entity;
}

EntityFields::Field* RoomState::find_field(Entity& entity, std::string_view key) {
  field_key_ = '"';
  append_json_escaped(field_key_, key);
  field_key_ += "\":";
  field_hash_ = static_cast<u32>(hash_(key));
  return entity.fields.find(field_key_, field_hash_);
}

// Brings the sums up to date with what an entity takes now.
void RoomState::count(Entity& entity) {
  const u64 key_bytes = entity.key.size() + heap_bytes(entity.key_json);
  const u64 held = kEntityBytes + key_bytes + entity.fields.held_bytes();
  // Colon, braces and comma.
  const u64 encoded = entity.live ? entity.key_json.size() + 4 + entity.fields.encoded_bytes() : 0;
  held_bytes_ += held - entity.counted_bytes;
  encoded_bytes_ += encoded - entity.counted_encoded_bytes;
  entity.counted_bytes = static_cast<u32>(held);
  entity.counted_encoded_bytes = static_cast<u32>(encoded);
}

void RoomState::mark(Entity& entity) {
  if (entity.dirty) return;
  entity.dirty = true;
  dirty_.push_back(static_cast<u32>(&entity - entities_.data()));
}

Error RoomState::set(std::string_view entity_key, std::string_view key,
                     std::string_view raw_value) {
  Entity* entity = obtain(entity_key);
  if (entity == nullptr) return Error::state_limit;
  EntityFields& fields = entity->fields;
  EntityFields::Field* field = find_field(*entity, key);
  if (field == nullptr) {
    // Before it exists: a refused field must leave nothing behind.
    if (fields.size() >= options_.entity_fields_max) return Error::state_limit;
    if (!fits(fields.growth_bytes(field_key_.size() + raw_value.size()))) return Error::state_limit;
    field = &fields.add(field_key_, field_hash_);
  } else {
    if (field->present && field->value() == raw_value) return Error::ok;
    const std::size_t text_bytes = field->key_bytes + raw_value.size();
    const bool grows = text_bytes > field->text.capacity();
    if (grows && !fits(text_bytes - heap_bytes(field->text))) return Error::state_limit;
  }
  fields.set_value(*field, raw_value);
  field->dirty = true;
  mark(*entity);
  count(*entity);
  return Error::ok;
}

Error RoomState::add(std::string_view entity) {
  return obtain(entity) == nullptr ? Error::state_limit : Error::ok;
}

Error RoomState::remove_field(std::string_view entity_key, std::string_view key) {
  Entity* entity = find(entity_key);
  if (entity == nullptr || !entity->live) return Error::ok;
  EntityFields::Field* field = find_field(*entity, key);
  if (field == nullptr || !field->present) return Error::ok;
  entity->fields.clear_value(*field);
  field->dirty = true;
  mark(*entity);
  count(*entity);
  return Error::ok;
}

Error RoomState::unset(std::string_view entity_key) {
  Entity* entity = find(entity_key);
  if (entity == nullptr || !entity->live) return Error::ok;
  for (EntityFields::Field& field : entity->fields.all()) {
    if (!field.present) continue;
    entity->fields.clear_value(field);
    field.dirty = true;
  }
  entity->live = false;
  mark(*entity);
  count(*entity);
  return Error::ok;
}

void RoomState::write_changes(Entity& entity, std::string& out) {
  comma(out, '{');
  out += entity.key_json;
  out += ":{";
  for (const EntityFields::Field& field : entity.fields.all()) {
    if (!field.dirty || (!field.present && !field.told)) continue;
    comma(out, '{');
    out += field.text;
    if (!field.present) out += "null";
  }
  out += '}';
}

bool RoomState::take_delta(std::string& out) {
  const std::size_t start = out.size();
  bool any = false;
  out += R"({"set":{)";
  for (const u32 slot : dirty_) {
    if (!entities_[slot].live) continue;
    write_changes(entities_[slot], out);
    any = true;
  }
  out += "}";
  bool any_unset = false;
  for (const u32 slot : dirty_) {
    if (entities_[slot].live || !entities_[slot].told) continue;
    out += any_unset ? "," : R"(,"unset":[)";
    out += entities_[slot].key_json;
    any_unset = true;
  }
  out += any_unset ? "]}" : "}";
  settle();
  if (!any && !any_unset) out.resize(start);
  return any || any_unset;
}

void RoomState::settle() {
  for (const u32 slot : dirty_) settle_entity(slot);
  dirty_.clear();
}

void RoomState::settle_entity(u32 slot) {
  Entity& entity = entities_[slot];
  entity.dirty = false;
  if (!entity.live) {
    held_bytes_ -= entity.counted_bytes;
    by_key_.erase(by_key_.find(entity.key));
    entity = Entity{};
    free_.push_back(slot);
    return;
  }
  entity.told = true;
  entity.fields.settle();
  count(entity);
}

void RoomState::write_full(std::string& out) {
  out += R"({"set":{)";
  for (Entity& entity : entities_) {
    if (!entity.live) continue;
    entity.told = true;
    comma(out, '{');
    out += entity.key_json;
    out += ":{";
    for (EntityFields::Field& field : entity.fields.all()) {
      if (!field.present) continue;
      field.told = true;
      comma(out, '{');
      out += field.text;
    }
    out += '}';
  }
  out += "}}";
}

}  // namespace perseid
