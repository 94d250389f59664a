#include "engine/room_state.h"

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
  if (entity != nullptr && entity->live) return entity;
  if (!fits(key.size() + kEntryBytes)) return nullptr;
  if (entity == nullptr) {
    if (by_key_.size() >= options_.room_entities_max) return nullptr;
    u32 slot = static_cast<u32>(entities_.size());
    if (free_.empty()) {
      entities_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    by_key_.emplace(key, slot);
    entity = &entities_[slot];
    entity->key = key;
    entity->key_json = quoted(key);
  }
  entity->live = true;
  entity->added = true;
  bytes_ += static_cast<u32>(key.size()) + kEntryBytes;
  mark(*entity);
  return entity;
}

RoomState::Field* RoomState::obtain_field(Entity& entity, std::string_view key,
                                          std::size_t value_bytes) {
  for (Field& field : entity.fields) {
    if (field.key == key) return &field;
  }
  // Before it exists: a refused field must leave nothing behind that no limit counts.
  if (entity.fields.size() >= options_.entity_fields_max || !fits(key.size() + value_bytes)) {
    return nullptr;
  }
  Field& field = entity.fields.emplace_back();
  field.key = key;
  field.key_json = quoted(key);
  return &field;
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
  Field* field = obtain_field(*entity, key, raw_value.size() + kEntryBytes);
  if (field == nullptr) return Error::state_limit;
  if (field->present && field->value == raw_value) return Error::ok;
  const u64 old_bytes = field->present ? field->value.size() : 0;
  const u64 new_bytes = raw_value.size() + (field->present ? 0 : key.size() + kEntryBytes);
  if (new_bytes > old_bytes && !fits(new_bytes - old_bytes)) return Error::state_limit;
  bytes_ += static_cast<u32>(new_bytes - old_bytes);
  field->value = raw_value;
  field->present = true;
  field->dirty = true;
  mark(*entity);
  return Error::ok;
}

Error RoomState::add(std::string_view entity) {
  return obtain(entity) == nullptr ? Error::state_limit : Error::ok;
}

Error RoomState::remove_field(std::string_view entity_key, std::string_view key) {
  Entity* entity = find(entity_key);
  if (entity == nullptr || !entity->live) return Error::ok;
  for (Field& field : entity->fields) {
    if (field.key != key || !field.present) continue;
    bytes_ -= static_cast<u32>(field.value.size() + field.key.size() + kEntryBytes);
    field.present = false;
    field.dirty = true;
    mark(*entity);
  }
  return Error::ok;
}

Error RoomState::unset(std::string_view entity_key) {
  Entity* entity = find(entity_key);
  if (entity == nullptr || !entity->live) return Error::ok;
  for (const Field& field : entity->fields) {
    if (field.present) (void)remove_field(entity_key, field.key);
  }
  bytes_ -= static_cast<u32>(entity->key.size()) + kEntryBytes;
  entity->live = false;
  mark(*entity);
  return Error::ok;
}

void RoomState::write_changes(Entity& entity, std::string& out) {
  comma(out, '{');
  out += entity.key_json;
  out += ":{";
  for (const Field& field : entity.fields) {
    if (!field.dirty || (!field.present && !field.told)) continue;
    comma(out, '{');
    out += field.key_json;
    out += ':';
    out += field.present ? std::string_view(field.value) : std::string_view("null");
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
  entity.added = false;
  if (!entity.live) {
    by_key_.erase(by_key_.find(entity.key));
    entity = Entity{};
    free_.push_back(slot);
    return;
  }
  entity.told = true;
  std::erase_if(entity.fields, [](const Field& field) { return !field.present; });
  for (Field& field : entity.fields) {
    field.told = true;
    field.dirty = false;
  }
}

void RoomState::write_full(std::string& out) {
  out += R"({"set":{)";
  for (Entity& entity : entities_) {
    if (!entity.live) continue;
    entity.told = true;
    comma(out, '{');
    out += entity.key_json;
    out += ":{";
    for (Field& field : entity.fields) {
      if (!field.present) continue;
      field.told = true;
      comma(out, '{');
      out += field.key_json;
      out += ':';
      out += field.value;
    }
    out += '}';
  }
  out += "}}";
}

}  // namespace perseid
