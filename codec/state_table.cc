#include "codec/state_table.h"

#include <algorithm>

#include "codec/assert.h"
#include "codec/text_memory.h"

namespace perseid {
namespace {

// An entity's part of the checksum is a sum of these, each of 32-bit multiplications alone.
constexpr u32 mixed(u32 seed, u32 value) {
  u32 hash = (seed ^ value) * 0x9e3779b1u;
  hash ^= hash >> 15;
  hash *= 0x85ebca6bu;
  return hash ^ hash >> 13;
}

u32 hash_of(std::string_view text) {
  u32 hash = 2166136261u;  // FNV-1a, RFC draft-eastlake-fnv
  for (const char c : text) hash = (hash ^ static_cast<u8>(c)) * 16777619u;
  return hash;
}

}  // namespace

StateTable::StateTable(std::shared_ptr<const Schema> schema, u32 distance, u32 frame)
    : schema_(std::move(schema)), distance_(distance), depth_(depth(distance)), frame_(frame) {
  PSD_ASSERT(distance >= 1);
}

u64 StateTable::held_bytes() const {
  return slots_.capacity() * sizeof(Slot) + values_.capacity() * sizeof(u32) +
         texts_.capacity() * sizeof(std::string) + text_bytes_;
}

u64 StateTable::slot_bytes(u32 slots) const {
  constexpr u64 kModelsBytesPerPart = 24;  // of a stream's models and of a keyframe's
  const u64 parts = schema_->parts().size() * (depth_ * sizeof(u32) + kModelsBytesPerPart);
  const u64 texts = schema_->texts() * (sizeof(std::string) + kTextSpareBytes);
  return slots * (sizeof(Slot) + parts + texts);
}

void StateTable::put_text(std::string& stored, std::string_view text) {
  text_bytes_ += text.size();
  text_bytes_ -= stored.size();
  store_text(stored, text);
}

void StateTable::catch_up(u32 at) {
  Slot& slot = slots_[at];
  const u32 missed = frame_ - 1 - slot.frame;
  if (missed == 0 || slot.frame == frame_) return;
  slot.frame = frame_ - 1;
  slot.moved = missed > 31 ? 0 : slot.moved << missed;
  for (u32 i = std::min(missed, depth_ - 1); i > 0; --i) push_row(at, row(at, 0));
}

// The ring turns backwards, so that what is older stands further on.
void StateTable::push_row(u32 at, const u32* parts) {
  Slot& slot = slots_[at];
  slot.head = (slot.head == 0 ? depth_ : slot.head) - 1;
  const std::size_t count = schema_->parts().size();
  std::copy_n(parts, count, values_.begin() + (at * depth_ + slot.head) * count);
}

void StateTable::fill_history(u32 at) {
  for (u32 i = 1; i < depth_; ++i) push_row(at, row(at, 0));
}

void StateTable::push(u32 at, u32 present, const u32* parts, const std::string* texts) {
  Slot& slot = slots_[at];
  slot.frame = frame_;
  slot.present = present;
  push_row(at, parts);
  for (u32 i = 0; i < schema_->texts(); ++i) put_text(texts_[at * schema_->texts() + i], texts[i]);
  rehash(at);
}

void StateTable::set(u32 at, u32 present, const u32* parts, const std::string* texts) {
  PSD_ASSERT(live(at) && slots_[at].frame == frame_ - 1);
  const u32 before = slots_[at].hash;
  push(at, present, parts, texts);
  slots_[at].moved = slots_[at].moved << 1 | static_cast<u32>(slots_[at].hash != before);
}

void StateTable::appear(u32 at, std::string_view key, u32 present, const u32* parts,
                        const std::string* texts) {
  PSD_ASSERT(!live(at));
  if (at >= slots_.size()) {
    slots_.resize(at + 1);
    values_.resize(slots_.size() * schema_->parts().size() * depth_);
    texts_.resize(slots_.size() * schema_->texts());
    blocks_.resize(at / kBlockSlots + 1);
  }
  Slot& slot = slots_[at];
  blocks_[at / kBlockSlots] |= static_cast<u16>(1u << at % kBlockSlots);
  slot = {};
  put_text(slot.key, key);
  slot.live = true;
  slot.since = frame_;
  ++entities_;
  push(at, present, parts, texts);
  fill_history(at);
}

void StateTable::vanish(u32 at) {
  PSD_ASSERT(live(at));
  checksum_ -= slots_[at].hash;
  blocks_[at / kBlockSlots] &= static_cast<u16>(~(1u << at % kBlockSlots));
  put_text(slots_[at].key, {});
  slots_[at] = {};
  for (u32 i = 0; i < schema_->texts(); ++i) put_text(texts_[at * schema_->texts() + i], {});
  --entities_;
}

void StateTable::read(u32 at, StateRow& out, u32 ago) const {
  out.present = slots_[at].present;
  out.parts.resize(schema_->parts().size());
  out.texts.resize(schema_->texts());
  for (u32 i = 0; i < out.parts.size(); ++i) out.parts[i] = part(at, i, ago);
  for (u32 i = 0; i < out.texts.size(); ++i) out.texts[i] = text(at, i);
}

bool StateTable::holds(u32 at, const StateRow& row) const {
  for (u32 i = 0; i < schema_->fields().size(); ++i) {
    if (!holds_field(at, i, row)) return false;
  }
  return true;
}

bool StateTable::holds_field(u32 at, u32 index, const StateRow& row) const {
  const SchemaField& field = schema_->fields()[index];
  if (((row.present ^ slots_[at].present) >> index & 1) != 0) return false;
  if (field.is_text()) return row.texts[field.text] == text(at, field.text);
  for (u32 i = field.first_part; i < field.first_part + u32{field.parts}; ++i) {
    if (row.parts[i] != part(at, i)) return false;
  }
  return true;
}

void StateTable::repeat_unchanged() {
  for (u32 at = 0; at < slots_.size(); ++at) {
    if (was_live(at) && slots_[at].frame != frame_) repeat(at);
  }
}

void StateTable::repeat(u32 at) {
  catch_up(at);
  const u32* then = row(at, distance_ - 1);
  const bool moved = !std::equal(then, then + schema_->parts().size(), row(at, 0));
  push_row(at, then);
  Slot& slot = slots_[at];
  slot.frame = frame_;
  slot.moved = slot.moved << 1 | static_cast<u32>(moved);
  if (moved) rehash(at);
}

void StateTable::flatten() {
  for (u32 at = 0; at < slots_.size(); ++at) {
    slots_[at].frame = frame_;
    slots_[at].moved = 0;
    if (!slots_[at].live) continue;
    fill_history(at);
  }
}

void StateTable::clear() {
  slots_.clear();
  blocks_.clear();
  values_.clear();
  texts_.clear();
  text_bytes_ = 0;
  entities_ = 0;
  checksum_ = 0;
}

u32 StateTable::hash_of(u32 at) const {
  const Slot& slot = slots_[at];
  const u32 seed = mixed(at, perseid::hash_of(slot.key));
  u32 hash = mixed(seed, slot.present);
  const u32* parts = row(at, 0);
  for (u32 part = 0; part < schema_->parts().size(); ++part) {
    hash += mixed(seed + part + 1, parts[part]);
  }
  for (u32 i = 0; i < schema_->texts(); ++i) {
    hash += mixed(seed - i - 1, perseid::hash_of(text(at, i)));
  }
  return hash;
}

void StateTable::rehash(u32 at) {
  const u32 hash = hash_of(at);
  checksum_ += hash - slots_[at].hash;
  slots_[at].hash = hash;
}

}  // namespace perseid
