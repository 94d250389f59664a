// The plain bit packer: a bit for each entity and field that has changed, then its absolute parts.
#include <algorithm>
#include <bit>

#include "bench/state/baseline.h"
#include "bench/state/bits.h"
#include "bench/state/coder.h"
#include "bench/state/packed_text.h"

namespace perseid::bench {
namespace {

class BitsCoder final : public Coder {
 public:
  BitsCoder(const Scene& scene, u32 distance)
      : schema_(*scene.schema), entities_(scene.entities), baseline_(scene, distance) {
    for (const SchemaPart& part : schema_.parts()) {
      widths_.push_back(static_cast<u32>(std::bit_width(part.max)));
    }
  }

  void encode(const Frame& frame, std::vector<u8>& out) override {
    BitWriter bits(out);
    for (u32 i = 0; i < entities_; ++i) {
      const bool changed = !same_entity(frame, i);
      bits.put(changed, 1);
      if (!changed) continue;
      for (const SchemaField& field : schema_.fields()) put_field(frame, i, field, bits);
    }
    bits.finish();
    baseline_.push(frame);
  }

  void decode(Bytes bytes, Frame& frame) override {
    frame = baseline_.frame();
    BitReader bits(bytes);
    for (u32 i = 0; i < entities_; ++i) {
      if (!bits.get_bit()) continue;
      for (const SchemaField& field : schema_.fields()) get_field(frame, i, field, bits);
    }
    baseline_.push(frame);
  }

 private:
  bool same_entity(const Frame& frame, u32 entity) const {
    return std::ranges::all_of(schema_.fields(), [&](const SchemaField& field) {
      return same_field(frame, entity, field);
    });
  }

  bool same_field(const Frame& frame, u32 entity, const SchemaField& field) const {
    if (field.is_text()) return frame.texts[text(entity, field)] == base_text(entity, field);
    const u32* now = frame.parts.data() + part(entity, field);
    return std::equal(now, now + field.parts, baseline_.frame().parts.data() + part(entity, field));
  }

  void put_field(const Frame& frame, u32 entity, const SchemaField& field, BitWriter& bits) const {
    const bool changed = !same_field(frame, entity, field);
    bits.put(changed, 1);
    if (!changed) return;
    if (field.is_text()) return put_text(frame.texts[text(entity, field)], bits);
    for (u32 i = 0; i < field.parts; ++i) {
      bits.put(frame.parts[part(entity, field) + i], widths_[field.first_part + i]);
    }
  }

  void get_field(Frame& frame, u32 entity, const SchemaField& field, BitReader& bits) const {
    if (!bits.get_bit()) return;
    if (field.is_text()) return get_text(bits, frame.texts[text(entity, field)]);
    for (u32 i = 0; i < field.parts; ++i) {
      frame.parts[part(entity, field) + i] = bits.get(widths_[field.first_part + i]);
    }
  }

  std::size_t part(u32 entity, const SchemaField& field) const {
    return entity * schema_.parts().size() + field.first_part;
  }
  std::size_t text(u32 entity, const SchemaField& field) const {
    return std::size_t{entity} * schema_.texts() + field.text;
  }
  const std::string& base_text(u32 entity, const SchemaField& field) const {
    return baseline_.frame().texts[text(entity, field)];
  }

  const Schema& schema_;
  u32 entities_;
  Baseline baseline_;
  std::vector<u32> widths_;  // bits of each part
};

}  // namespace

std::unique_ptr<Coder> make_bits(const Scene& scene, u32 distance) {
  return std::make_unique<BitsCoder>(scene, distance);
}

}  // namespace perseid::bench
