// TypedState: reading an update, checking it as a whole, merging it.
#include <algorithm>
#include <array>

#include "engine/typed_state.h"

namespace perseid {
namespace {

using Kind = StagedLine::Kind;

constexpr u64 kStagedSlackBytes = 64 * KiB;

}  // namespace

Error TypedState::merge(const StateUpdate& update, StateReaders& readers, std::string_view& field) {
  staging_ = &readers.staging;
  staging_->begin(staging_bounds());
  last_merged_ = kNoSlot;
  const Error error = merge_staged(update, readers, field);
  staging_->trim();
  staging_ = nullptr;
  return error;
}

Error TypedState::merge_staged(const StateUpdate& update, StateReaders& readers,
                               std::string_view& field) {
  Error error = Error::ok;
  if (update.coded) {
    error = readers.coded.read(*schema_, as_bytes(update.payload), *this, field);
  } else {
    error = readers.json.read(update.payload, *this, field);
  }
  if (error != Error::ok) return error;
  field = "payload";
  if (error = check_owners(update); error != Error::ok) return error;
  field = "payload.set";
  if (error = check_staged(); error != Error::ok) return error;
  for (const StagedLine& line : staging_->lines()) apply(line);
  settle_owners(update);
  note_merged();
  return Error::ok;
}

// What no update needs that leaves the room within its limits: each entity and field once.
StateStaging::Bounds TypedState::staging_bounds() const {
  const u64 entities =
      std::min<u64>(entities_max(), options_.room_state_bytes_max / entity_bytes_) + by_key_.size();
  return {.lines_max = (entities + 1) * (schema_->fields().size() + 2),
          .bytes_max = 2 * u64{options_.room_state_bytes_max} + kStagedSlackBytes};
}

Error TypedState::check_owners(const StateUpdate& update) {
  owners_stay_ = true;
  if (update.owners == nullptr) return Error::ok;
  u32 last = kNoSlot;
  for (const StagedLine& line : staging_->lines()) {
    owners_stay_ &= line.kind != Kind::unset;
    if (line.key_begin == last) continue;
    last = line.key_begin;
    const SessionUid owner = update.owners->owner(staging_->key(line));
    if (owner && owner != update.sender) return Error::not_owner;
    owners_stay_ &= owner == update.sender;
  }
  return Error::ok;
}

// Mostly nothing: who owns all that it wrote goes on owning it.
void TypedState::settle_owners(const StateUpdate& update) {
  if (owners_stay_) return;
  u32 last = kNoSlot;
  for (const StagedLine& line : staging_->lines()) {
    if (line.key_begin == last) continue;
    last = line.key_begin;
    const std::string_view key = staging_->key(line);
    const Entity* entity = find(key);
    update.owners->settle(update.sender, key, entity != nullptr && entity->live);
  }
}

void TypedState::note_merged() {
  for (const StagedLine& line : staging_->lines()) {
    if (line.kind != Kind::set && line.kind != Kind::add) continue;
    const Entity* entity = find(staging_->key(line));
    if (entity == nullptr || !entity->live) continue;
    last_merged_ = static_cast<u32>(entity - entities_.data());
    return;
  }
}

Error TypedState::stage(Kind kind, std::string_view entity, StagedLine*& line) {
  // A reader of coded frames takes no longer ones.
  if (entity.empty() || entity.size() > kEntityKeyBytesMax) return Error::bad_value;
  line = staging_->add(kind, entity);
  return line == nullptr ? Error::state_limit : Error::ok;
}

Error TypedState::set(std::string_view entity, std::string_view name, std::string_view raw_value) {
  const u32 at = schema_->find(name);
  if (at == Schema::kNoField) return Error::unknown_field;
  const SchemaField& field = schema_->fields()[at];
  StagedLine* line = nullptr;
  if (const Error error = stage(Kind::set, entity, line); error != Error::ok) return error;
  line->field = at;
  std::string& text = staging_->text_scratch;
  u32* parts = field.is_text() ? nullptr : staging_->take_parts(*line, field.parts);
  const Error error = quantise(field, raw_value, parts, text);
  if (error == Error::ok && field.is_text()) staging_->put_text(*line, text);
  return error;
}

Error TypedState::set(std::string_view entity, u32 at, const u32* parts, std::string_view text) {
  const SchemaField& field = schema_->fields()[at];
  StagedLine* line = nullptr;
  if (const Error error = stage(Kind::set, entity, line); error != Error::ok) return error;
  line->field = at;
  if (field.is_text()) {
    staging_->put_text(*line, text);
  } else {
    std::copy(parts, parts + field.parts, staging_->take_parts(*line, field.parts));
  }
  return Error::ok;
}

Error TypedState::remove_field(std::string_view entity, std::string_view name) {
  const u32 at = schema_->find(name);
  return at == Schema::kNoField ? Error::unknown_field : remove_field(entity, at);
}

Error TypedState::remove_field(std::string_view entity, u32 field) {
  StagedLine* line = nullptr;
  const Error error = stage(Kind::remove_field, entity, line);
  if (error == Error::ok) line->field = field;
  return error;
}

Error TypedState::add(std::string_view entity) {
  StagedLine* line = nullptr;
  return stage(Kind::add, entity, line);
}

Error TypedState::unset(std::string_view entity) {
  StagedLine* line = nullptr;
  return stage(Kind::unset, entity, line);
}

// Looks closely only where a limit is near.
Error TypedState::check_staged() {
  return surely_fits() || fits() ? Error::ok : Error::state_limit;
}

// As if nothing were removed or replaced, and each entity stood there once.
bool TypedState::surely_fits() {
  u64 bytes = held_bytes_;
  u64 made = 0;
  u64 more = 0;
  std::string_view last;
  for (const StagedLine& line : staging_->lines()) {
    bytes += line.text_bytes;
    const std::string_view key = staging_->key(line);
    if (line.kind == Kind::unset || line.kind == Kind::remove_field || key == last) continue;
    last = key;
    const Entity* entity = find(key);
    if (entity == nullptr) bytes += bytes_of_entity(key);
    if (entity == nullptr) ++made;
    if (entity == nullptr || !entity->live) ++more;
  }
  return bytes <= options_.room_state_bytes_max && live_ + more <= entities_max() &&
         by_key_.size() + made <= kSlotsMax;
}

// As it will be. What is beyond a limit already may stay as it is, but not grow.
bool TypedState::fits() {
  Growth growth;
  staging_->visit_entities([&](std::span<const u32> lines) { count_growth(lines, growth); });
  const i64 bytes = static_cast<i64>(held_bytes_) + growth.bytes;
  const i64 live = i64{live_} + growth.live;
  const u64 slots = by_key_.size() + growth.slots;
  return (growth.bytes <= 0 || bytes <= i64{options_.room_state_bytes_max}) &&
         (growth.live <= 0 || live <= i64{entities_max()}) &&
         (growth.slots == 0 || slots <= kSlotsMax);
}

// Of one entity, by all of its lines.
void TypedState::count_growth(std::span<const u32> lines, Growth& growth) {
  const std::string_view key = staging_->key(staging_->lines()[lines[0]]);
  const Entity* entity = find(key);
  const bool was_live = entity != nullptr && entity->live;
  bool live = was_live;
  bool made = entity != nullptr;
  std::array<u32, kSchemaFieldsMax> texts{};
  for (u32 i = 0; was_live && i < schema_->texts(); ++i) {
    texts[i] = static_cast<u32>(entity->row.texts[i].size());
    growth.bytes -= texts[i];
  }
  for (const u32 at : lines) {
    const StagedLine& line = staging_->lines()[at];
    const SchemaField& field = schema_->fields()[line.field];
    if (line.kind == Kind::unset) texts.fill(0);
    if (line.kind == Kind::remove_field && field.is_text()) texts[field.text] = 0;
    if (line.kind == Kind::set && field.is_text()) texts[field.text] = line.text_bytes;
    if (line.kind == Kind::remove_field) continue;
    live = line.kind != Kind::unset;
    made |= live;
  }
  for (u32 i = 0; i < schema_->texts(); ++i) growth.bytes += texts[i];
  growth.live += static_cast<i64>(live) - static_cast<i64>(was_live);
  if (entity != nullptr || !made) return;
  growth.bytes += static_cast<i64>(bytes_of_entity(key));
  ++growth.slots;
}

void TypedState::apply(const StagedLine& line) {
  const std::string_view key = staging_->key(line);
  if (line.kind == Kind::unset) return remove(key);
  if (line.kind == Kind::remove_field) {
    const Entity* there = find(key);
    if (there == nullptr || !there->live) return;
  }
  Entity& entity = obtain(key);
  if (line.kind == Kind::add) return;
  const SchemaField& field = schema_->fields()[line.field];
  const u32 bit = 1u << line.field;
  const bool sets = line.kind == Kind::set;
  entity.row.present = sets ? entity.row.present | bit : entity.row.present & ~bit;
  if (field.is_text()) {
    put_text(entity.row.texts[field.text], sets ? staging_->text(line) : "");
  } else {
    u32* parts = entity.row.parts.data() + field.first_part;
    if (sets) std::copy_n(staging_->parts(line), field.parts, parts);
    if (!sets) std::fill_n(parts, field.parts, 0);
  }
  mark(entity);
}

}  // namespace perseid
