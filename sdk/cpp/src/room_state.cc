#include "sdk/cpp/src/room_state.h"

#include <algorithm>

#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {
namespace {

constexpr std::size_t kCellsKept = 4096;  // beyond, those in which nothing is are forgotten

std::string unescaped(std::string_view escaped) {
  if (escaped.find('\\') == std::string_view::npos) return std::string(escaped);
  return json_text("\"" + std::string(escaped) + "\"");
}

void merge_fields(Fields& fields, std::string_view object) {
  for (JsonWalk walk(object); walk.next();) {
    std::string name = unescaped(walk.key());
    if (walk.value() == "null") {
      fields.erase(name);
    } else {
      fields.insert_or_assign(std::move(name), Value::from_json(walk.value()));
    }
  }
}

}  // namespace

Value schema_value(const SchemaField& field, const u32* parts, std::string_view text) {
  switch (field.type) {
    case FieldType::boolean:
      return {parts[0] != 0};
    case FieldType::integer:
    case FieldType::number:
      return {value_of(field, parts[0])};
    case FieldType::enumeration:
      return {field.values[parts[0]]};
    case FieldType::text:
      return {text};
    default: {
      std::string json;
      append_value_json(field, parts, text, json);
      return Value::from_json(json);
    }
  }
}

void RoomState::set_schema(std::string_view json) {
  if (json == schema_json_) return;
  std::string problem;
  schema_json_ = json;
  schema_ = json.empty() ? nullptr : Schema::parse(json, problem);
  whole_ = {};
  cells_.clear();
}

void RoomState::restart() {
  touched_.clear();
  gone_.clear();
  whole_ = {};
  if (cells_.empty()) return;
  cells_.clear();
  owners_.clear();
  entities_.clear();
}

bool RoomState::apply(const StateDelivery& state) {
  touched_.clear();
  gone_.clear();
  if (!state.cell.present) {
    return state.coded ? apply_coded(whole_, entities_, state) : apply_json(entities_, state);
  }
  const Place place{state.cell.x, state.cell.y};
  Cell& cell = cells_[place];
  const bool taken =
      state.coded ? apply_coded(cell, cell.table, state) : apply_json(cell.table, state);
  if (taken) merge(place, cell, state);
  return taken;
}

bool RoomState::apply_json(Entities& table, const StateDelivery& state) {
  Entities before;
  if (state.full) before.swap(table);
  for (JsonWalk walk(json_member(state.payload, "set")); walk.next();) {
    std::string key = unescaped(walk.key());
    merge_fields(table[key], walk.value());
    touched_.push_back(std::move(key));
  }
  for (JsonWalk walk(json_member(state.payload, "unset")); walk.next();) {
    std::string key = json_text(walk.value());
    if (table.erase(key) != 0) gone_.push_back(std::move(key));
  }
  for (const auto& [key, fields] : before) {
    if (!table.contains(key)) gone_.push_back(key);
  }
  return true;
}

bool RoomState::apply_coded(Cell& cell, Entities& table, const StateDelivery& state) {
  if (schema_ == nullptr) return false;
  if (cell.decoder == nullptr) {
    cell.decoder = std::make_unique<StateDecoder>(schema_);
    if (!cell.empty_keyframe.empty()) cell.decoder->decode(as_bytes(cell.empty_keyframe));
  }
  StateDecoder& decoder = *cell.decoder;
  if (decoder.decode(as_bytes(state.payload)) != StateDecoded::ok) return false;
  Entities before;
  if (state.full) before.swap(table);
  for (const std::string& key : decoder.gone()) {
    if (table.erase(key) != 0) gone_.push_back(key);
  }
  for (const u32 slot : decoder.touched()) take_slot(table, decoder.table(), slot);
  for (const auto& [key, fields] : before) {
    if (!table.contains(key)) gone_.push_back(key);
  }
  return true;
}

void RoomState::take_slot(Entities& table, const StateTable& from, u32 slot) {
  if (!from.live(slot)) return;
  const StateTable::Slot& entity = from.slot(slot);
  Fields& fields = table[entity.key];
  u32 parts[kSchemaPartsMax];
  for (const SchemaField& field : schema_->fields()) {
    const auto number = static_cast<u32>(&field - schema_->fields().data());
    if ((entity.present >> number & 1) == 0) {
      fields.erase(field.name);
      continue;
    }
    for (u32 i = 0; i < field.parts; ++i) parts[i] = from.part(slot, field.first_part + i);
    fields.insert_or_assign(
        field.name, schema_value(field, parts, field.is_text() ? from.text(slot, field.text) : ""));
  }
  touched_.push_back(entity.key);
}

// What the cell's table says now, into the room's entities.
void RoomState::merge(Place place, Cell& cell, const StateDelivery& state) {
  cell.tick = state.tick;
  for (const std::string& key : touched_) {
    owners_.insert_or_assign(key, Owner{place, state.tick});
    entities_.insert_or_assign(key, cell.table[key]);
  }
  const std::vector<std::string> left = std::move(gone_);
  gone_.clear();
  for (const std::string& key : left) disown(place, key);
  if (state.full && cell.table.empty()) rest(place, cell, state);
}

// The cell has lost the entity: it may stand in another one still, or have gone there already.
void RoomState::disown(Place place, const std::string& key) {
  const auto owner = owners_.find(key);
  if (owner == owners_.end() || owner->second.place != place) return;
  const Cell* newest = nullptr;
  for (const auto& [at, cell] : cells_) {
    if (at == place || !cell.table.contains(key)) continue;
    if (newest != nullptr && newest->tick >= cell.tick) continue;
    newest = &cell;
    owner->second = {at, cell.tick};
  }
  if (newest != nullptr) {
    entities_.insert_or_assign(key, newest->table.find(key)->second);
    touched_.push_back(key);
    return;
  }
  owners_.erase(owner);
  entities_.erase(key);
  gone_.push_back(key);
}

// The cell is empty or has left the view. Decoders are large, so it is made anew if it goes on.
void RoomState::rest(Place place, Cell& cell, const StateDelivery& state) {
  cell.decoder.reset();
  cell.empty_keyframe = state.coded ? std::string(state.payload) : std::string();
  if (cells_.size() <= kCellsKept) return;
  std::erase_if(cells_, [&](const auto& entry) {
    return entry.first != place && entry.second.table.empty();
  });
}

}  // namespace sdk
}  // namespace perseid
