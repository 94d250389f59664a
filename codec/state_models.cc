#include "codec/state_models.h"

#include <utility>

namespace perseid {

namespace {

constexpr u64 kMemoryBytesKept = 64 * KiB;

}  // namespace

void StateModels::reset(const Schema& schema) {
  schema_ = &schema;
  parts.resize(schema.parts().size());
  for (u32 part = 0; part < parts.size(); ++part) {
    const SchemaPart& of = schema.parts()[part];
    std::vector<BitModel> symbol = std::move(parts[part].symbol);
    symbol.assign(!of.moves && of.max > 1 ? 512 : 0, BitModel{});
    parts[part] = {};
    parts[part].symbol = std::move(symbol);
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
  newest.present = 0;
  newest.parts.assign(schema.parts().size(), 0);
  newest.texts.resize(schema.texts());
  for (std::string& text : newest.texts) text.clear();
  newest_key.clear();
  memory_.clear();
}

u64 StateModels::held_bytes() const {
  u64 bytes = sizeof *this + parts.capacity() * sizeof(PartModels) +
              texts.capacity() * sizeof(TextModels) + block_past.capacity() +
              memory_.capacity() * sizeof(Memory);
  for (const PartModels& part : parts) bytes += part.symbol.capacity() * sizeof(BitModel);
  return bytes;
}

void StateModels::trim() {
  if (memory_.capacity() * sizeof(Memory) > kMemoryBytesKept) std::vector<Memory>().swap(memory_);
}

StateModels::Memory& StateModels::memory(u32 slot, u32 part) {
  const std::size_t at = std::size_t{slot} * parts.size() + part;
  if (at >= memory_.size()) memory_.resize((std::size_t{slot} + 1) * parts.size());
  return memory_[at];
}

}  // namespace perseid
