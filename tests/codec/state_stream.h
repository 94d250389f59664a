// StateStream: a made-up room for tests of the state coder: entities of every field type that come,
// move, rest and go by the dice, as changes for an encoder.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "codec/state_encoder.h"

namespace perseid::test {

inline std::shared_ptr<const Schema> schema_of(std::string_view json) {
  std::string problem;
  std::shared_ptr<const Schema> schema = Schema::parse(json, problem);
  if (schema == nullptr) throw std::runtime_error(problem);
  return schema;
}

constexpr std::string_view kEveryType =
    R"({"x":{"type":"float","min":-512,"max":512,"resolution":0.01},)"
    R"("y":{"type":"float","min":-512,"max":512,"resolution":0.01},)"
    R"("hp":{"type":"int","min":0,"max":100},"up":"bool","pose":{"type":"quat","bits":9},)"
    R"("act":{"type":"enum","values":["idle","run","jump","fall","die"]},)"
    R"("team":{"type":"string","max_bytes":16},"bag":{"type":"json","max_bytes":64}})";

class StateStream {
 public:
  StateStream(std::shared_ptr<const Schema> schema, u32 seed)
      : schema_(std::move(schema)), dice_(seed) {}

  u32 below(u32 bound) { return std::uniform_int_distribution<u32>(0, bound - 1)(dice_); }

  // The changes of the next tick; rows live until the next call.
  const std::vector<StateChange>& step(u32 entities_wanted);
  const std::map<u32, std::pair<std::string, StateRow>>& entities() const { return entities_; }

 private:
  StateRow fresh_row();
  void mutate(StateRow& row);
  u32 random_part(u32 part) { return below(schema_->parts()[part].max + 1); }
  std::string random_text(u32 bytes_max);

  std::shared_ptr<const Schema> schema_;
  std::mt19937 dice_;
  std::map<u32, std::pair<std::string, StateRow>> entities_;
  std::vector<StateChange> changes_;
  u32 keys_made_ = 0;
};

inline std::string StateStream::random_text(u32 bytes_max) {
  std::string text(below(bytes_max + 1), ' ');
  for (char& c : text) c = static_cast<char>(below(4) == 0 ? below(256) : 'a' + below(26));
  return text;
}

inline StateRow StateStream::fresh_row() {
  StateRow row{.present = (1u << schema_->fields().size()) - 1,
               .parts = std::vector<u32>(schema_->parts().size()),
               .texts = std::vector<std::string>(schema_->texts())};
  for (u32 i = 0; i < row.parts.size(); ++i) row.parts[i] = random_part(i);
  return row;
}

inline void StateStream::mutate(StateRow& row) {
  const u32 at = below(static_cast<u32>(schema_->fields().size()));
  const SchemaField& field = schema_->fields()[at];
  if (below(20) == 0) {
    row.present ^= 1u << at;
    for (u32 i = 0; i < field.parts; ++i) row.parts[field.first_part + i] = 0;
    if (field.is_text()) row.texts[field.text].clear();
  }
  if ((row.present >> at & 1) == 0) return;
  if (field.is_text()) {
    row.texts[field.text] = random_text(field.bytes_max);
    return;
  }
  for (u32 i = 0; i < field.parts; ++i) {
    const u32 part = field.first_part + i;
    const u32 max = schema_->parts()[part].max;
    const u32 step = below(3) == 0 ? random_part(part) : below(std::min(max, 30u) + 1);
    row.parts[part] = below(2) == 0 ? std::min(max, row.parts[part] + step)
                                    : row.parts[part] - std::min(row.parts[part], step);
  }
}

inline const std::vector<StateChange>& StateStream::step(u32 entities_wanted) {
  std::map<u32, StateChange> gone, rest;
  for (auto it = entities_.begin(); it != entities_.end();) {
    const bool goes = below(40) == 0;
    if (goes) gone[it->first] = {.slot = it->first, .kind = StateChange::Kind::gone};
    it = goes ? entities_.erase(it) : std::next(it);
  }
  for (auto& [slot, entity] : entities_) {
    if (below(3) != 0) continue;
    mutate(entity.second);
    rest[slot] = {.slot = slot, .kind = StateChange::Kind::changed, .row = &entity.second};
  }
  while (entities_.size() < entities_wanted) {
    const u32 slot = below(entities_wanted * 2);
    if (entities_.contains(slot)) continue;
    auto& entity = entities_[slot];
    entity = {"player" + std::to_string(keys_made_++), fresh_row()};
    rest[slot] = {.slot = slot,
                  .kind = StateChange::Kind::appeared,
                  .key = entity.first,
                  .row = &entity.second};
  }
  changes_.clear();
  const u32 slots = entities_.empty() ? 0 : entities_.rbegin()->first + 1;
  const u32 ends = gone.empty() ? 0 : gone.rbegin()->first + 1;
  for (u32 slot = 0; slot < std::max(slots, ends); ++slot) {
    if (gone.contains(slot)) changes_.push_back(gone[slot]);
    if (rest.contains(slot)) changes_.push_back(rest[slot]);
  }
  return changes_;
}

}  // namespace perseid::test
