#include "codec/state_encoder.h"

#include <algorithm>
#include <array>

#include "codec/assert.h"
#include "codec/state_code.h"
#include "codec/state_frame.h"

namespace perseid {
namespace {

using Kind = StateChange::Kind;

void put_checksum(std::string& out, std::size_t at, u32 checksum) {
  for (u32 i = 0; i < 4; ++i) out[at + i] = static_cast<char>(checksum >> (8 * i));
}

u32 count(std::span<const StateChange> changes, Kind kind) {
  return static_cast<u32>(std::count_if(changes.begin(), changes.end(),
                                        [&](const StateChange& c) { return c.kind == kind; }));
}

// Slots mostly rise by one.
u32 zigzag(u32 slot, u32 expected) {
  return slot >= expected ? (slot - expected) * 2 : (expected - slot) * 2 - 1;
}

}  // namespace

StateEncoder::StateEncoder(std::shared_ptr<const Schema> schema, u32 distance)
    : schema_(std::move(schema)), table_(schema_, distance) {}

StateEncoder::~StateEncoder() = default;

void StateEncoder::encode(std::span<const StateChange> changes, bool with_checksum,
                          std::string& out) {
  if (models_ == nullptr) models_ = std::make_unique<StateModels>(*schema_);
  const std::size_t begin = out.size();
  out += static_cast<char>((reset_due_ ? kStateReset : 0) | (with_checksum ? kStateChecksum : 0));
  if (with_checksum) out.append(4, '\0');
  if (reset_due_) {
    table_.flatten();
    models_->reset();
    reset_due_ = false;
  }
  table_.begin_frame();
  RangeEncoder coder(out);
  Code code(coder, *models_, table_);
  code_gone(code, changes);
  code_appeared(code, changes);
  code_changed(code, changes);
  coder.finish();
  if (with_checksum) put_checksum(out, begin + 1, table_.checksum());
}

void StateEncoder::skip(std::span<const StateChange> changes) {
  reset_due_ = true;
  table_.begin_frame();
  for (const StateChange& change : changes) {
    if (change.kind == Kind::gone) table_.vanish(change.slot);
  }
  for (const StateChange& change : changes) {
    if (change.kind == Kind::gone) continue;
    const StateRow& row = *change.row;
    if (change.kind == Kind::appeared) {
      table_.appear(change.slot, change.key, row.present, row.parts.data(), row.texts.data());
    } else {
      table_.catch_up(change.slot);
      table_.set(change.slot, row.present, row.parts.data(), row.texts.data());
    }
  }
}

void StateEncoder::rest() {
  reset_due_ = true;
  models_.reset();
}

void StateEncoder::keyframe(std::string& out) {
  StateModels models;
  keyframe(models, out);
}

void StateEncoder::keyframe(StateModels& models, std::string& out) {
  reset_due_ = true;
  snapshot(models, out);
}

void StateEncoder::snapshot(StateModels& models, std::string& out) {
  if (table_.entities() == 0) {
    out += as_text(kEmptyKeyframe);
    return;
  }
  models.reset(*schema_);
  out += static_cast<char>(kStateWhole | kStateChecksum);
  out.append(4, '\0');
  put_checksum(out, out.size() - 4, table_.checksum());
  RangeEncoder coder(out);
  Code code(coder, models, table_);
  code.number(models.appeared, table_.entities());
  u32 expected = 0;
  std::string key;
  for (u32 slot = 0; slot < table_.slots(); ++slot) {
    if (!table_.live(slot)) continue;
    table_.read(slot, row_);
    code.number(models.appeared_gap, zigzag(slot, expected));
    key = table_.slot(slot).key;
    code.key(key, ~0u);
    code.row(slot, true, row_);
    expected = slot + 1;
  }
  coder.finish();
}

void StateEncoder::code_gone(Code& code, std::span<const StateChange> changes) {
  code.number(models_->gone, count(changes, Kind::gone));
  u32 expected = 0;
  for (const StateChange& change : changes) {
    if (change.kind != Kind::gone) continue;
    code.number(models_->gone_gap, change.slot - expected);
    table_.vanish(change.slot);
    expected = change.slot + 1;
  }
}

void StateEncoder::code_appeared(Code& code, std::span<const StateChange> changes) {
  code.number(models_->appeared, count(changes, Kind::appeared));
  u32 expected = 0;
  std::string key;
  for (const StateChange& change : changes) {
    if (change.kind != Kind::appeared) continue;
    code.number(models_->appeared_gap, zigzag(change.slot, expected));
    key = change.key;
    code.key(key, ~0u);
    row_ = *change.row;
    code.row(change.slot, true, row_);
    table_.appear(change.slot, change.key, row_.present, row_.parts.data(), row_.texts.data());
    expected = change.slot + 1;
  }
}

// What the slots of a block are to hold. Uses up `changes`.
StateEncoder::Block StateEncoder::gather(u32 block, std::span<const StateChange>& changes) {
  Block out;
  const u32 first = block * StateTable::kBlockSlots;
  while (!changes.empty() && changes.front().slot < first + StateTable::kBlockSlots) {
    const StateChange& change = changes.front();
    changes = changes.subspan(1);
    if (change.kind != Kind::changed) continue;
    table_.catch_up(change.slot);
    const u32 at = change.slot - first;
    out.rows[at] = change.row;
    if (differs(change.slot, *change.row)) out.differ |= 1u << at;
  }
  return out;
}

void StateEncoder::code_changed(Code& code, std::span<const StateChange> changes) {
  for (u32 block = 0; block < table_.blocks().size(); ++block) {
    const Block rows = gather(block, changes);
    if (table_.blocks()[block] == 0 || !code.block(block, rows.differ != 0)) {
      continue;
    }
    for (u32 at = 0; at < StateTable::kBlockSlots; ++at) {
      const u32 slot = block * StateTable::kBlockSlots + at;
      if (!table_.was_live(slot)) continue;
      if (!code.changed(slot, (rows.differ >> at & 1) != 0)) continue;
      row_ = *rows.rows[at];
      code.row(slot, false, row_);
      table_.set(slot, row_.present, row_.parts.data(), row_.texts.data());
    }
  }
  // From further back than one frame, standing still means to be again where one was then.
  if (table_.distance() > 1) table_.repeat_unchanged();
}

bool StateEncoder::differs(u32 slot, const StateRow& row) const {
  if (row.present != table_.slot(slot).present) return true;
  for (u32 part = 0; part < row.parts.size(); ++part) {
    if (row.parts[part] != table_.part(slot, part, table_.distance() - 1)) return true;
  }
  for (u32 i = 0; i < row.texts.size(); ++i) {
    if (row.texts[i] != table_.text(slot, i)) return true;
  }
  return false;
}

}  // namespace perseid
