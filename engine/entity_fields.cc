#include "engine/entity_fields.h"

#include <algorithm>
#include <bit>

namespace perseid {

EntityFields::Field* EntityFields::find(std::string_view key, u32 hash) {
  if (index_.empty()) {
    for (Field& field : fields_) {
      if (field.hash == hash && field.key() == key) return &field;
    }
    return nullptr;
  }
  const std::size_t mask = index_.size() - 1;
  for (std::size_t at = hash & mask; index_[at] != 0; at = (at + 1) & mask) {
    Field& field = fields_[index_[at] - 1];
    if (field.hash == hash && field.key() == key) return &field;
  }
  return nullptr;
}

EntityFields::Field& EntityFields::add(std::string_view key, u32 hash) {
  Field& field = fields_.emplace_back();
  field.text = key;
  field.key_bytes = static_cast<u32>(key.size());
  field.hash = hash;
  text_bytes_ += heap_bytes(field.text);
  if (2 * fields_.size() <= index_.size()) {
    enter(static_cast<u32>(fields_.size() - 1));
  } else if (fields_.size() > kScannedMax) {
    make_index();
  }
  return field;
}

void EntityFields::enter(u32 field) {
  const std::size_t mask = index_.size() - 1;
  std::size_t at = fields_[field].hash & mask;
  while (index_[at] != 0) at = (at + 1) & mask;
  index_[at] = field + 1;
}

void EntityFields::make_index() {
  if (fields_.size() <= kScannedMax) {
    std::vector<u32>().swap(index_);
    return;
  }
  index_.assign(std::bit_ceil(4 * fields_.size()), 0);
  for (u32 i = 0; i < fields_.size(); ++i) enter(i);
}

void EntityFields::set_value(Field& field, std::string_view value) {
  clear_value(field);
  text_bytes_ -= heap_bytes(field.text);
  field.text += value;
  text_bytes_ += heap_bytes(field.text);
  field.present = true;
  ++present_;
  encoded_bytes_ += field.text.size() + 1;
}

void EntityFields::clear_value(Field& field) {
  if (field.present) {
    encoded_bytes_ -= field.text.size() + 1;
    --present_;
  }
  field.present = false;
  field.text.resize(field.key_bytes);
}

void EntityFields::settle() {
  const std::size_t before = fields_.size();
  std::erase_if(fields_, [](const Field& field) { return !field.present; });
  for (Field& field : fields_) {
    field.told = true;
    field.dirty = false;
    if (field.text.capacity() > 4 * field.text.size() + 64) field.text.shrink_to_fit();
  }
  // Afresh: a string that moves into an erased one's place may keep that one's block.
  recount();
  if (fields_.size() == before) return;
  if (fields_.capacity() > 2 * fields_.size()) fields_.shrink_to_fit();
  make_index();
}

void EntityFields::recount() {
  text_bytes_ = 0;
  for (const Field& field : fields_) text_bytes_ += heap_bytes(field.text);
}

u64 EntityFields::held_bytes() const {
  return fields_.capacity() * sizeof(Field) + index_.capacity() * sizeof(u32) + text_bytes_;
}

u64 EntityFields::growth_bytes(std::size_t text_bytes) const {
  const bool full = fields_.size() == fields_.capacity();
  const std::size_t more = full ? std::max<std::size_t>(fields_.size(), 1) : 0;
  return more * sizeof(Field) + text_bytes;
}

}  // namespace perseid
