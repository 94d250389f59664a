#include "codec/state_models.h"

namespace perseid {

StateModels::StateModels(const Schema& schema) : schema_(schema) {
  reset();
}

void StateModels::reset() {
  const Schema& schema = schema_;
  parts.assign(schema.parts().size(), PartModels{});
  for (u32 part = 0; part < parts.size(); ++part) {
    const SchemaPart& of = schema.parts()[part];
    if (!of.moves && of.max > 1) parts[part].symbol.assign(512, BitModel{});
  }
  texts.assign(schema.texts(), TextModels{});
  changed = {};
  changed_mixer = {};
  block = {};
  block_past.clear();
  same_fields = {};
  field = {};
  gone = gone_gap = appeared = appeared_gap = key_shared = key_length = {};
  byte0 = {};
  byte1 = byte2 = {};
  byte_mixer = {};
  newest = {.present = 0,
            .parts = std::vector<u32>(schema.parts().size()),
            .texts = std::vector<std::string>(schema.texts())};
  newest_key.clear();
  memory_.clear();
}

StateModels::Memory& StateModels::memory(u32 slot, u32 part) {
  const std::size_t at = std::size_t{slot} * parts.size() + part;
  if (at >= memory_.size()) memory_.resize((std::size_t{slot} + 1) * parts.size());
  return memory_[at];
}

}  // namespace perseid
