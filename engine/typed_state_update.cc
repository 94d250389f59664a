// TypedState: reading an update, checking it as a whole, merging it.
#include <algorithm>

#include "engine/typed_state.h"

namespace perseid {

Error TypedState::merge(const StateUpdate& update, StateReaders& readers, std::string_view& field) {
  begin_staging();
  Error error = Error::ok;
  if (update.coded) {
    const auto* bytes = reinterpret_cast<const u8*>(update.payload.data());
    error = readers.coded.read(*schema_, {bytes, update.payload.size()}, *this, field);
  } else {
    error = readers.json.read(update.payload, *this, field);
  }
  if (error != Error::ok) return error;
  field = "payload";
  error = check_owners(update);
  if (error == Error::ok) {
    field = "payload.set";
    error = check_staged();
  }
  if (error != Error::ok) return error;
  for (const Staged& line : staged_) apply(line);
  settle_owners(update);
  return Error::ok;
}

std::string_view TypedState::last_merged() const {
  for (const Staged& line : staged_) {
    const bool sets = line.kind == Staged::Kind::set || line.kind == Staged::Kind::add;
    if (sets && row(key_of(line)) != nullptr) return key_of(line);
  }
  return {};
}

Error TypedState::check_owners(const StateUpdate& update) const {
  if (update.owners == nullptr) return Error::ok;
  for (const Staged& line : staged_) {
    if (!update.owners->may_write(update.sender, key_of(line))) return Error::not_owner;
  }
  return Error::ok;
}

bool TypedState::is_there(std::string_view key) const {
  const auto it = by_key_.find(key);
  return it != by_key_.end() && entities_[it->second].live;
}

void TypedState::settle_owners(const StateUpdate& update) const {
  if (update.owners == nullptr) return;
  for (const Staged& line : staged_) {
    if (line.kind == Staged::Kind::unset) {
      update.owners->gone(key_of(line));
    } else if (is_there(key_of(line))) {  // a field taken from nothing makes nobody its owner
      update.owners->wrote(update.sender, key_of(line));
    }
  }
}

void TypedState::begin_staging() {
  staged_.clear();
  staged_keys_.clear();
  staged_parts_.clear();
  staged_texts_used_ = 0;
}

// Fields of one entity stand together, so its key is kept once.
TypedState::Staged* TypedState::stage(Staged::Kind kind, std::string_view entity) {
  // A reader of coded frames takes no longer ones.
  if (entity.empty() || entity.size() > kEntityKeyBytesMax) return nullptr;
  Staged line{.kind = kind};
  if (!staged_.empty() && key_of(staged_.back()) == entity) {
    line.key_begin = staged_.back().key_begin;
  } else {
    line.key_begin = static_cast<u32>(staged_keys_.size());
    staged_keys_ += entity;
  }
  line.key_bytes = static_cast<u32>(entity.size());
  return &staged_.emplace_back(line);
}

std::string& TypedState::staged_text(Staged& line) {
  if (staged_texts_used_ == staged_texts_.size()) staged_texts_.emplace_back();
  line.value = staged_texts_used_;
  return staged_texts_[staged_texts_used_++];
}

Error TypedState::set(std::string_view entity, std::string_view name, std::string_view raw_value) {
  const u32 at = schema_->find(name);
  if (at == Schema::kNoField) return Error::unknown_field;
  const SchemaField& field = schema_->fields()[at];
  Staged* line = stage(Staged::Kind::set, entity);
  if (line == nullptr) return Error::bad_value;
  line->field = at;
  if (field.is_text()) return quantise(field, raw_value, nullptr, staged_text(*line));
  line->value = static_cast<u32>(staged_parts_.size());
  staged_parts_.resize(staged_parts_.size() + field.parts);
  std::string unused;
  return quantise(field, raw_value, staged_parts_.data() + line->value, unused);
}

Error TypedState::set(std::string_view entity, u32 at, const u32* parts, std::string_view text) {
  const SchemaField& field = schema_->fields()[at];
  Staged* line = stage(Staged::Kind::set, entity);
  if (line == nullptr) return Error::bad_value;
  line->field = at;
  if (field.is_text()) {
    staged_text(*line) = text;
  } else {
    line->value = static_cast<u32>(staged_parts_.size());
    staged_parts_.insert(staged_parts_.end(), parts, parts + field.parts);
  }
  return Error::ok;
}

Error TypedState::remove_field(std::string_view entity, std::string_view name) {
  const u32 at = schema_->find(name);
  return at == Schema::kNoField ? Error::unknown_field : remove_field(entity, at);
}

Error TypedState::remove_field(std::string_view entity, u32 field) {
  Staged* line = stage(Staged::Kind::remove_field, entity);
  if (line != nullptr) line->field = field;
  return line == nullptr ? Error::bad_value : Error::ok;
}

Error TypedState::add(std::string_view entity) {
  return stage(Staged::Kind::add, entity) == nullptr ? Error::bad_value : Error::ok;
}

Error TypedState::unset(std::string_view entity) {
  return stage(Staged::Kind::unset, entity) == nullptr ? Error::bad_value : Error::ok;
}

// What the update would take at the most: one that stands there twice counts twice.
Error TypedState::check_staged() {
  u64 more_bytes = 0;
  u32 more = 0;
  u32 less = 0;
  std::string_view last;
  for (const Staged& line : staged_) {
    const std::string_view key = key_of(line);
    if (line.kind == Staged::Kind::set && schema_->fields()[line.field].is_text()) {
      more_bytes += staged_texts_[line.value].size();
    }
    if (line.kind == Staged::Kind::unset) {
      const Entity* entity = find(key);
      less += entity != nullptr && entity->live ? 1 : 0;
    } else if (line.kind != Staged::Kind::remove_field && key != last) {
      const Entity* entity = find(key);
      if (entity == nullptr) more_bytes += entity_bytes_ + key.size();
      if (entity == nullptr || !entity->live) ++more;
      last = key;
    }
  }
  const bool fits =
      held_bytes_ + more_bytes <= options_.room_state_bytes_max &&
      live_ + more <= std::min(options_.room_entities_max, entities_max_) + std::min(less, live_);
  return fits || (more == 0 && more_bytes == 0) ? Error::ok : Error::state_limit;
}

void TypedState::apply(const Staged& line) {
  if (line.kind == Staged::Kind::unset) return remove(key_of(line));
  if (line.kind == Staged::Kind::remove_field) {
    const Entity* there = find(key_of(line));
    if (there == nullptr || !there->live) return;
  }
  Entity& entity = obtain(key_of(line));
  if (line.kind == Staged::Kind::add) return;
  const SchemaField& field = schema_->fields()[line.field];
  const u32 bit = 1u << line.field;
  const bool sets = line.kind == Staged::Kind::set;
  entity.row.present = sets ? entity.row.present | bit : entity.row.present & ~bit;
  if (field.is_text()) {
    std::string& text = entity.row.texts[field.text];
    held_bytes_ -= text.size();
    if (sets) text = staged_texts_[line.value];
    if (!sets) text.clear();
    held_bytes_ += text.size();
  } else {
    for (u32 i = 0; i < field.parts; ++i) {
      entity.row.parts[field.first_part + i] = sets ? staged_parts_[line.value + i] : 0;
    }
  }
  mark(entity);
}

}  // namespace perseid
