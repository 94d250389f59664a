#include "codec/state_decoder.h"

#include <algorithm>

#include "codec/state_code.h"
#include "codec/state_frame.h"

namespace perseid {
namespace {

// Slots mostly rise by one; false where it cannot be a slot.
bool unzigzag(u32 coded, u32 expected, u32 slots_max, u32& slot) {
  const u32 step = (coded >> 1) + (coded & 1);
  if ((coded & 1) != 0 ? step > expected : step >= slots_max - expected) return false;
  slot = (coded & 1) != 0 ? expected - step : expected + step;
  return slot < slots_max;
}

}  // namespace

StateDecoder::StateDecoder(std::shared_ptr<const Schema> schema, StateBounds bounds, u32 distance)
    : schema_(std::move(schema)),
      bounds_(bounds),
      table_(schema_, distance),
      models_(*schema_),
      row_(models_.newest) {}

StateDecoder::~StateDecoder() = default;

StateDecoded StateDecoder::decode(Bytes frame) {
  touched_.clear();
  gone_.clear();
  const u8 flags = frame.empty() ? 0xff : frame[0];
  const std::size_t head_bytes = (flags & kStateChecksum) != 0 ? 5 : 1;
  const bool whole = (flags & kStateWhole) != 0;
  if ((flags & ~kStateFlags) != 0 || frame.size() < head_bytes) {
    lost_ = true;
    return StateDecoded::malformed;
  }
  if (lost_ && !whole) return StateDecoded::needs_keyframe;
  if ((flags & kStateReset) != 0 && !whole) {
    table_.flatten();
    models_.reset();
  }
  lost_ = !read_frame(frame.subspan(head_bytes), whole);
  if (lost_) return StateDecoded::malformed;
  if ((flags & kStateChecksum) == 0) return StateDecoded::ok;
  u32 checksum = 0;
  for (u32 i = 0; i < 4; ++i) checksum |= static_cast<u32>(frame[1 + i]) << (8 * i);
  lost_ = checksum != table_.checksum();
  return lost_ ? StateDecoded::differs : StateDecoded::ok;
}

bool StateDecoder::read_frame(Bytes coded, bool whole) {
  RangeDecoder coder(coded);
  table_.begin_frame();
  if (!whole) {
    Code code(coder, models_, table_);
    return read_gone(code) && read_appeared(code, models_) && read_changed(code) && coder.at_end();
  }
  if (keyframe_models_ == nullptr) keyframe_models_ = std::make_unique<StateModels>(*schema_);
  keyframe_models_->reset();
  table_.clear();
  Code code(coder, *keyframe_models_, table_);
  const bool read = read_appeared(code, *keyframe_models_) && coder.at_end();
  models_.reset();
  return read;
}

bool StateDecoder::fits(u32 slots) const {
  return table_.slot_bytes(std::max(slots, table_.slots())) + table_.text_bytes() <=
         bounds_.bytes_max;
}

bool StateDecoder::read_gone(Code& code) {
  const u32 count = code.number(models_.gone, 0);
  u32 expected = 0;
  for (u32 i = 0; i < count; ++i) {
    const u32 gap = code.number(models_.gone_gap, 0);
    if (code.bad() || gap >= table_.slots() || expected + gap >= table_.slots()) return false;
    const u32 slot = expected + gap;
    if (!table_.live(slot)) return false;
    gone_.push_back(table_.slot(slot).key);
    table_.vanish(slot);
    expected = slot + 1;
  }
  return !code.bad();
}

bool StateDecoder::read_appeared(Code& code, StateModels& models) {
  const u32 count = code.number(models.appeared, 0);
  if (count > bounds_.entities_max) return false;
  u32 expected = 0;
  std::string key;
  for (u32 i = 0; i < count; ++i) {
    const u32 coded = code.number(models.appeared_gap, 0);
    u32 slot = 0;
    if (!unzigzag(coded, expected, bounds_.entities_max, slot) || table_.live(slot)) return false;
    if (!fits(slot + 1)) return false;
    code.key(key, bounds_.key_bytes_max);
    if (code.bad()) return false;
    code.row(slot, true, row_);
    if (code.bad()) return false;
    table_.appear(slot, key, row_.present, row_.parts.data(), row_.texts.data());
    touched_.push_back(slot);
    expected = slot + 1;
  }
  return !code.bad() && fits(0);
}

bool StateDecoder::read_changed(Code& code) {
  for (u32 block = 0; block < table_.blocks().size(); ++block) {
    if (table_.blocks()[block] == 0 || !code.block(block, false)) continue;
    for (u32 at = 0; at < StateTable::kBlockSlots; ++at) {
      const u32 slot = block * StateTable::kBlockSlots + at;
      if (!table_.was_live(slot) || !code.changed(slot, false)) continue;
      table_.catch_up(slot);
      code.row(slot, false, row_);
      if (code.bad()) return false;
      table_.set(slot, row_.present, row_.parts.data(), row_.texts.data());
      touched_.push_back(slot);
      if (!fits(0)) return false;
    }
  }
  if (table_.distance() > 1) table_.repeat_unchanged();
  return !code.bad();
}

}  // namespace perseid
