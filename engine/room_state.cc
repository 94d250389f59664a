#include "engine/room_state.h"

#include <algorithm>
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
  const bool existed = entity != nullptr;
  if (!existed) entity = make(key);
  if (entity == nullptr) return nullptr;
  save(*entity, existed);
  if (entity->live) return entity;
  entity->live = true;
  ++live_;
  mark(*entity);
  count(*entity);
  return entity;
}

RoomState::Entity* RoomState::make(std::string_view key) {
  std::string key_json = quoted(key);
  if (!fits(bytes_of_entity(key) + key_json.size())) return nullptr;
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

bool RoomState::surely_fits(const StateUpdateCheck& check, std::size_t payload_bytes) const {
  constexpr u64 kHeldPerPayloadByteMax = 64;  // of the shortest entities and fields there are
  const u64 lists_bytes = u64{check.entities} * fields_most_ * sizeof(EntityFields::Field);
  return fits(payload_bytes * kHeldPerPayloadByteMax + lists_bytes) &&
         live_ + check.entities <= entities_max() &&
         fields_most_ + check.fields_max <= options_.entity_fields_max;
}

Error RoomState::merge(const StateUpdate& update, StateReaders& readers, std::string_view& field) {
  field = "payload";
  if (update.coded) return Error::bad_value;  // there is no schema to read it by
  StateUpdateReader& reader = readers.json;
  // Read once before anything is merged: an update with a fault in its middle changes nothing.
  StateUpdateCheck check;
  if (const Error error = reader.read(update.payload, check, field); error != Error::ok) {
    return error;
  }
  if (update.owners != nullptr) return merge_owned(update, check, reader, field);
  return merge_checked(update, check, reader, field);
}

Error RoomState::merge_owned(const StateUpdate& update, const StateUpdateCheck& check,
                             StateUpdateReader& reader, std::string_view& field) {
  EntityNames writable([&](std::string_view entity) {
    return update.owners->may_write(update.sender, entity) ? Error::ok : Error::not_owner;
  });
  if (const Error error = reader.read(update.payload, writable, field); error != Error::ok) {
    field = "payload";
    return error;
  }
  const Error error = merge_checked(update, check, reader, field);
  if (error != Error::ok) return error;
  // Read once more rather than kept: who writes what it owns already costs no memory.
  EntityNames settled([&](std::string_view key) {
    const Entity* entity = find(key);
    update.owners->settle(update.sender, key, entity != nullptr && entity->live);
    return Error::ok;
  });
  (void)reader.read(update.payload, settled, field);
  return Error::ok;
}

Error RoomState::merge_checked(const StateUpdate& update, const StateUpdateCheck& check,
                               StateUpdateReader& reader, std::string_view& field) {
  bool careful = false;
  if (!surely_fits(check, update.payload.size())) {
    Growth growth(*this);
    (void)reader.read(update.payload, growth, field);
    careful = !growth.fits();
  }
  begin_update(careful);
  (void)reader.read(update.payload, *this, field);
  field = "payload.set";
  return end_update();
}

void RoomState::begin_update(bool careful) {
  careful_ = careful;
  failed_ = false;
  dirty_before_ = dirty_.size();
}

Error RoomState::end_update() {
  const bool ok = !failed_ && (!careful_ || within_limits());
  if (!ok && careful_) take_back();
  for (const Saved& saved : saved_) {
    if (ok) entities_[saved.slot].saved = false;
  }
  saved_.clear();
  careful_ = false;
  return ok ? Error::ok : Error::state_limit;
}

// What the update left, not what it went through: it may remove as much as it adds.
bool RoomState::within_limits() const {
  if (live_ > entities_max()) return false;
  for (const Saved& saved : saved_) {
    if (entities_[saved.slot].fields.present() > options_.entity_fields_max) return false;
  }
  return true;
}

void RoomState::save(Entity& entity, bool existed) {
  if (!careful_ || entity.saved) return;
  entity.saved = true;
  saved_.push_back({.slot = static_cast<u32>(&entity - entities_.data()),
                    .existed = existed,
                    .fields = entity.fields,
                    .live = entity.live,
                    .told = entity.told,
                    .dirty = entity.dirty});
}

void RoomState::take_back() {
  for (Saved& saved : saved_) {
    Entity& entity = entities_[saved.slot];
    if (entity.live != saved.live) live_ += saved.live ? 1 : -1;
    entity.saved = false;
    entity.fields = std::move(saved.fields);
    entity.fields.recount();
    entity.live = saved.live;
    entity.told = saved.told;
    entity.dirty = saved.dirty;
    count(entity);
    if (!saved.existed) forget(saved.slot);
  }
  dirty_.resize(dirty_before_);
}

// Brings the sums up to date with what an entity takes now.
void RoomState::count(Entity& entity) {
  const u64 held =
      bytes_of_entity(entity.key) + heap_bytes(entity.key_json) + entity.fields.held_bytes();
  // Colon, braces and comma.
  const u64 encoded = entity.live ? entity.key_json.size() + 4 + entity.fields.encoded_bytes() : 0;
  held_bytes_ += held - entity.counted_bytes;
  encoded_bytes_ += encoded - entity.counted_encoded_bytes;
  entity.counted_bytes = held;
  entity.counted_encoded_bytes = encoded;
}

void RoomState::mark(Entity& entity) {
  if (entity.dirty) return;
  entity.dirty = true;
  dirty_.push_back(static_cast<u32>(&entity - entities_.data()));
}

// Of memory; and of fields, where nobody counts them afterwards.
bool RoomState::has_room(const Entity& entity, const EntityFields::Field* field,
                         std::size_t value_bytes) const {
  const EntityFields& fields = entity.fields;
  const bool adds = field == nullptr || !field->present;
  if (!careful_ && adds && fields.present() >= options_.entity_fields_max) return false;
  if (field == nullptr) return fits(fields.growth_bytes(field_key_.size() + value_bytes));
  const std::size_t text_bytes = field->key_bytes + value_bytes;
  return text_bytes <= field->text.capacity() || fits(text_bytes - heap_bytes(field->text));
}

Error RoomState::set(std::string_view entity_key, std::string_view key,
                     std::string_view raw_value) {
  Entity* entity = find(entity_key);
  EntityFields::Field* field = entity == nullptr ? nullptr : find_field(*entity, key);
  // Asked before anything is copied or made: a refusal must cost and leave nothing.
  if (entity != nullptr && !has_room(*entity, field, raw_value.size())) return fail();
  entity = obtain(entity_key);
  if (entity == nullptr) return fail();
  field = find_field(*entity, key);
  if (field != nullptr && field->present && field->value() == raw_value) return Error::ok;
  if (!has_room(*entity, field, raw_value.size())) return fail();
  EntityFields& fields = entity->fields;
  if (field == nullptr) field = &fields.add(field_key_, field_hash_);
  fields_most_ = std::max(fields_most_, static_cast<u32>(fields.size()));
  fields.set_value(*field, raw_value);
  field->dirty = true;
  mark(*entity);
  count(*entity);
  return Error::ok;
}

Error RoomState::add(std::string_view entity) {
  return obtain(entity) == nullptr ? fail() : Error::ok;
}

Error RoomState::fail() {
  failed_ = true;
  return Error::state_limit;
}

Error RoomState::remove_field(std::string_view entity_key, std::string_view key) {
  Entity* entity = find(entity_key);
  if (entity == nullptr || !entity->live) return Error::ok;
  EntityFields::Field* field = find_field(*entity, key);
  if (field == nullptr || !field->present) return Error::ok;
  save(*entity, true);
  entity->fields.clear_value(*field);
  field->dirty = true;
  mark(*entity);
  count(*entity);
  return Error::ok;
}

Error RoomState::unset(std::string_view entity_key) {
  Entity* entity = find(entity_key);
  if (entity == nullptr || !entity->live) return Error::ok;
  save(*entity, true);
  for (EntityFields::Field& field : entity->fields.all()) {
    if (!field.present) continue;
    entity->fields.clear_value(field);
    field.dirty = true;
  }
  entity->live = false;
  --live_;
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

// Both flavours bear the same JSON.
bool RoomState::take_delta(StateDelta& out) {
  out.json.clear();
  return take_delta(out.json);
}

void RoomState::settle() {
  for (const u32 slot : dirty_) settle_entity(slot);
  dirty_.clear();
  if (by_key_.empty()) fields_most_ = 0;
}

void RoomState::settle_entity(u32 slot) {
  Entity& entity = entities_[slot];
  entity.dirty = false;
  if (!entity.live) return forget(slot);
  entity.told = true;
  entity.fields.settle();
  count(entity);
}

void RoomState::forget(u32 slot) {
  Entity& entity = entities_[slot];
  held_bytes_ -= entity.counted_bytes;
  by_key_.erase(by_key_.find(entity.key));
  entity = Entity{};
  free_.push_back(slot);
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
