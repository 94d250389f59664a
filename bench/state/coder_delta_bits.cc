// A bit packer after the fashion of Glenn Fiedler's articles: which entities changed as gaps or as
// flags, whichever is shorter; small, larger or no differences of a position; likewise of an
// orientation whose largest component is still the same. Ours, with its own widths and headers.
#include <algorithm>
#include <bit>

#include "bench/state/baseline.h"
#include "bench/state/bits.h"
#include "bench/state/coder.h"
#include "bench/state/delta_groups.h"
#include "bench/state/packed_text.h"

namespace perseid::bench {
namespace {

constexpr u32 kSmallBits = 5;
constexpr u32 kLargeBits = 9;
constexpr u32 kCountBits = 16;

bool fits(int difference, u32 bits) {
  const int half = 1 << (bits - 1);
  return difference >= -half && difference < half;
}

int difference(u32 now, u32 before) {
  return static_cast<int>(now) - static_cast<int>(before);
}

void put_difference(int value, u32 bits, BitWriter& out) {
  out.put(static_cast<u32>(value + (1 << (bits - 1))), bits);
}

u32 get_difference(u32 before, u32 bits, BitReader& in) {
  return before + in.get(bits) - (1u << (bits - 1));
}

// Gaps: 1 | 2-5 | 6-37 | more.
constexpr u32 gap_bits(u32 gap) {
  return gap == 1 ? 1 : gap <= 5 ? 4 : gap <= 37 ? 8 : 3 + kCountBits;
}

void put_gap(u32 gap, BitWriter& out) {
  if (gap == 1) return out.put(1, 1);
  if (gap <= 5) return out.put(2 | (gap - 2) << 2, 4);
  if (gap <= 37) return out.put(4 | (gap - 6) << 3, 8);
  out.put(0, 3);
  out.put(gap, kCountBits);
}

u32 get_gap(BitReader& in) {
  if (in.get_bit()) return 1;
  if (in.get_bit()) return 2 + in.get(2);
  if (in.get_bit()) return 6 + in.get(5);
  return in.get(kCountBits);
}

class DeltaBitsCoder final : public Coder {
 public:
  DeltaBitsCoder(const Scene& scene, u32 distance)
      : schema_(*scene.schema),
        entities_(scene.entities),
        groups_(delta_groups(schema_)),
        baseline_(scene, distance) {
    for (const SchemaPart& part : schema_.parts()) {
      widths_.push_back(static_cast<u32>(std::bit_width(part.max)));
    }
  }

  void encode(const Frame& frame, std::vector<u8>& out) override {
    list_changed(frame);
    BitWriter bits(out);
    put_list(bits);
    for (const u32 entity : changed_) {
      const u32* now = frame.parts.data() + entity * schema_.parts().size();
      const u32* before = base_parts(entity);
      for (const DeltaGroup& group : groups_) put_group(group, now, before, bits);
      put_texts(frame, entity, bits);
    }
    bits.finish();
    baseline_.push(frame);
  }

  void decode(Bytes bytes, Frame& frame) override {
    frame = baseline_.frame();
    BitReader bits(bytes);
    get_list(bits);
    for (const u32 entity : changed_) {
      u32* now = frame.parts.data() + entity * schema_.parts().size();
      for (const DeltaGroup& group : groups_) get_group(group, now, bits);
      get_texts(frame, entity, bits);
    }
    baseline_.push(frame);
  }

 private:
  const u32* base_parts(u32 entity) const {
    return baseline_.frame().parts.data() + entity * schema_.parts().size();
  }

  void list_changed(const Frame& frame) {
    changed_.clear();
    const std::size_t parts = schema_.parts().size();
    const std::size_t texts = schema_.texts();
    for (u32 i = 0; i < entities_; ++i) {
      const u32* now = frame.parts.data() + i * parts;
      const auto text = frame.texts.begin() + static_cast<std::ptrdiff_t>(i * texts);
      const bool same =
          std::equal(now, now + parts, base_parts(i)) &&
          std::equal(text, text + static_cast<std::ptrdiff_t>(texts),
                     baseline_.frame().texts.begin() + static_cast<std::ptrdiff_t>(i * texts));
      if (!same) changed_.push_back(i);
    }
  }

  void put_list(BitWriter& bits) const {
    u32 cost = kCountBits;
    u32 next = 0;
    for (const u32 entity : changed_) {
      cost += gap_bits(entity - next + 1);
      next = entity + 1;
    }
    const bool gaps = cost < entities_;
    bits.put(gaps, 1);
    if (gaps) return put_gaps(bits);
    next = 0;
    for (u32 i = 0; i < entities_; ++i) {
      const bool changed = next < changed_.size() && changed_[next] == i;
      bits.put(changed, 1);
      next += changed;
    }
  }

  void put_gaps(BitWriter& bits) const {
    bits.put(static_cast<u32>(changed_.size()), kCountBits);
    u32 next = 0;
    for (const u32 entity : changed_) {
      put_gap(entity - next + 1, bits);
      next = entity + 1;
    }
  }

  void get_list(BitReader& bits) {
    changed_.clear();
    if (!bits.get_bit()) {
      for (u32 i = 0; i < entities_; ++i) {
        if (bits.get_bit()) changed_.push_back(i);
      }
      return;
    }
    u32 next = 0;
    for (u32 left = bits.get(kCountBits); left > 0; --left) {
      next += get_gap(bits);
      if (next == 0 || next > entities_) throw std::runtime_error("no such entity");
      changed_.push_back(next - 1);
    }
  }

  void put_group(const DeltaGroup& group, const u32* now, const u32* before,
                 BitWriter& bits) const {
    const u32 first = group.first_part;
    const u32 end = first + group.parts;
    const bool changed = !std::equal(now + first, now + end, before + first);
    bits.put(changed, 1);
    if (!changed) return;
    const bool orientation = group.type == FieldType::quaternion;
    if (orientation || is_number(group.type)) {
      const bool relative = !orientation || now[first] == before[first];
      const u32 moving = first + orientation;  // behind the largest's index
      if (put_differences(relative, moving, end, now, before, bits)) return;
    }
    for (u32 i = first; i < end; ++i) bits.put(now[i], widths_[i]);
  }

  // 0: all small. 01: each small or large. 11: none of it, the absolute parts follow.
  static bool put_differences(bool relative, u32 first, u32 end, const u32* now, const u32* before,
                              BitWriter& bits) {
    bool small = relative;
    bool large = relative;
    for (u32 i = first; i < end; ++i) {
      small = small && fits(difference(now[i], before[i]), kSmallBits);
      large = large && fits(difference(now[i], before[i]), kLargeBits);
    }
    if (small) {
      bits.put(0, 1);
    } else {
      bits.put(large ? 1 : 3, 2);
    }
    for (u32 i = first; large && i < end; ++i) {
      const int value = difference(now[i], before[i]);
      const bool wide = !fits(value, kSmallBits);
      if (!small) bits.put(wide, 1);
      put_difference(value, wide ? kLargeBits : kSmallBits, bits);
    }
    return large;
  }

  void get_group(const DeltaGroup& group, u32* parts, BitReader& bits) const {
    if (!bits.get_bit()) return;
    const u32 first = group.first_part;
    const u32 end = first + group.parts;
    const bool orientation = group.type == FieldType::quaternion;
    if (orientation || is_number(group.type)) {
      const bool small = !bits.get_bit();
      if (small || !bits.get_bit()) {
        for (u32 i = first + orientation; i < end; ++i) {
          const bool wide = !small && bits.get_bit();
          parts[i] = get_difference(parts[i], wide ? kLargeBits : kSmallBits, bits);
        }
        return;
      }
    }
    for (u32 i = first; i < end; ++i) parts[i] = bits.get(widths_[i]);
  }

  void put_texts(const Frame& frame, u32 entity, BitWriter& bits) const {
    for (u32 i = 0; i < schema_.texts(); ++i) {
      const std::size_t at = std::size_t{entity} * schema_.texts() + i;
      const bool changed = frame.texts[at] != baseline_.frame().texts[at];
      bits.put(changed, 1);
      if (changed) put_text(frame.texts[at], bits);
    }
  }

  void get_texts(Frame& frame, u32 entity, BitReader& bits) const {
    for (u32 i = 0; i < schema_.texts(); ++i) {
      if (bits.get_bit()) get_text(bits, frame.texts[std::size_t{entity} * schema_.texts() + i]);
    }
  }

  const Schema& schema_;
  u32 entities_;
  std::vector<DeltaGroup> groups_;
  std::vector<u32> widths_;  // bits of each part
  Baseline baseline_;
  std::vector<u32> changed_;
};

}  // namespace

std::unique_ptr<Coder> make_delta_bits(const Scene& scene, u32 distance) {
  return std::make_unique<DeltaBitsCoder>(scene, distance);
}

}  // namespace perseid::bench
