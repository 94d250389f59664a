// StateCode: one entity's values as binary decisions, for encoder and decoder alike: the same lines
// run at both ends, so they cannot disagree about a context.
// Thread: the owner's. Invariant: with a decoding coder the values given are not read, but for
// their sizes; what it cannot have been given sets bad() and ends the work.
#pragma once

#include <algorithm>
#include <string>

#include "codec/range_coder.h"
#include "codec/state_models.h"
#include "codec/state_table.h"

namespace perseid {

template <class Coder>
class StateCode {
 public:
  StateCode(Coder& coder, StateModels& models, const StateTable& table)
      : coder_(coder), models_(models), table_(table), schema_(table.schema()) {}

  bool bad() const { return bad_ || coder_.overrun(); }
  bool flag(BitModel& model, bool value) {
    const bool coded = coder_.bit(estimate_of(model), value);
    learn(model, coded);
    return coded;
  }
  u32 number(NumberModels& models, u32 value);
  // Whether anything in a block of slots changes, and then which.
  bool block(u32 block, bool value);
  bool changed(u32 slot, bool value);
  // Values of an entity that is there already, or of a new one.
  void row(u32 slot, bool is_new, StateRow& row);
  void key(std::string& key, u32 bytes_max);

 private:
  template <u32 kInputs>
  bool mixed(BitMixer<kInputs>& mixer, const std::array<BitModel*, kInputs>& models, bool value) {
    const auto mix = mixer.predict(models);
    const bool coded = coder_.bit(mix.estimate, value);
    mixer.update(mix, models, coded);
    return coded;
  }
  void fields(u32 slot, bool is_new, StateRow& row);
  Prediction predict(u32 slot, u32 part, u32 steady) const;
  Prediction predict_turn(u32 slot, u32 part, u32 steady, u32 turned) const;
  Prediction predict_new(u32 part) const;
  void magnitude(u32 slot, u32 part, bool is_new, const Prediction& from, u32& value);
  bool sign(u32 part, const StateModels::Memory& memory, const Prediction& from, bool minus);
  u32 width(PartModels& models, u32 last, const Prediction& from, u32 value);
  u32 below(PartModels& models, u32 width, u32 value);
  void symbol(u32 slot, u32 part, bool is_new, u32& value);
  u32 tree(PartModels& models, u32 max, u32 value);
  void quaternion(u32 slot, u32 part, bool is_new, u32* values);
  void text(u32 slot, const SchemaField& field, bool is_new, std::string& value);
  void byte(std::string& text, u32 at);

  Coder& coder_;
  StateModels& models_;
  const StateTable& table_;
  const Schema& schema_;
  u32 neighbours_ = 0;  // whether the entities before have changed, the nearest lowest
  u32 block_ = 0;       // the same of blocks
  u32 before_ = 0;      // class of the residual of the part before, in this entity
  u32 before_sign_ = 0;
  std::array<i64, kSchemaPartsMax> strayed_{};  // of each part, what entities strayed from linear
  bool bad_ = false;
};

template <class Coder>
u32 StateCode<Coder>::number(NumberModels& models, u32 value) {
  u32 width = 0;
  while (width < 31 && flag(models[width], value >> width != 0)) ++width;
  if (width <= 1) return width;
  const u32 low = coder_.direct(width - 1, value & ((1u << (width - 1)) - 1));
  return 1u << (width - 1) | low;
}

template <class Coder>
bool StateCode<Coder>::block(u32 block, bool value) {
  if (block >= models_.block_past.size()) models_.block_past.resize(block + 1);
  u8& past = models_.block_past[block];
  const u32 beside = block_ & 1;
  const bool coded = flag(models_.block[(past & 3u) << 1 | beside], value);
  past = static_cast<u8>(past << 1 | static_cast<u32>(coded));
  block_ = block_ << 1 | static_cast<u32>(coded);
  if (!coded) neighbours_ = 0;
  return coded;
}

// By its own past, which is known up to the frame that predictions go out from, and by those before
// it in this frame.
template <class Coder>
bool StateCode<Coder>::changed(u32 slot, bool value) {
  const StateTable::Slot& own = table_.slot(slot);
  const u32 missed = table_.frame() - 1 - own.frame;
  const u32 past = missed > 31 ? 0 : own.moved << missed;
  const u32 moved = table_.distance() > 31 ? 0 : past >> (table_.distance() - 1);
  auto& models = models_.changed;
  const bool coded =
      mixed<3>(models_.changed_mixer[moved & 3],
               {&models[0][moved & 63], &models[1][(moved & 3) << 4 | (neighbours_ & 15)],
                &models[2][((moved & 7) != 0 ? 32u : 0u) | (neighbours_ & 31)]},
               value);
  neighbours_ = neighbours_ << 1 | static_cast<u32>(coded);
  return coded;
}

template <class Coder>
void StateCode<Coder>::row(u32 slot, bool is_new, StateRow& row) {
  before_ = before_sign_ = 0;
  const u32 before = is_new ? models_.newest.present : table_.slot(slot).present;
  if (flag(models_.same_fields, row.present == before)) {
    row.present = before;
  } else {
    u32 present = 0;
    for (u32 i = 0; i < schema_.fields().size(); ++i) {
      present |= static_cast<u32>(flag(models_.field[i], (row.present >> i & 1) != 0)) << i;
    }
    row.present = present;
  }
  fields(slot, is_new, row);
  if (is_new && !bad()) models_.newest = row;
}

template <class Coder>
void StateCode<Coder>::fields(u32 slot, bool is_new, StateRow& row) {
  for (u32 i = 0; i < schema_.fields().size() && !bad(); ++i) {
    const SchemaField& field = schema_.fields()[i];
    if ((row.present >> i & 1) == 0) {
      std::fill_n(row.parts.begin() + field.first_part, field.parts, 0u);
      if (field.is_text()) row.texts[field.text].clear();
      continue;
    }
    u32* values = row.parts.data() + field.first_part;
    if (field.is_text()) {
      text(slot, field, is_new, row.texts[field.text]);
    } else if (field.type == FieldType::quaternion) {
      quaternion(slot, field.first_part, is_new, values);
    } else if (schema_.parts()[field.first_part].moves) {
      const Prediction from =
          is_new ? predict_new(field.first_part) : predict(slot, field.first_part, 4);
      magnitude(slot, field.first_part, is_new, from, *values);
    } else {
      symbol(slot, field.first_part, is_new, *values);
    }
  }
}

template <class Coder>
Prediction StateCode<Coder>::predict(u32 slot, u32 part, u32 steady) const {
  Prediction out = predict_part(table_, slot, part, steady, strayed_[part]);
  choose_best(models_.memory(slot, part).errors, out);
  return out;
}

template <class Coder>
Prediction StateCode<Coder>::predict_new(u32 part) const {
  Prediction out;
  out.values.fill(models_.newest.parts[part]);
  out.speed = out.doubt = kClasses - 1;
  return out;
}

template <class Coder>
void StateCode<Coder>::magnitude(u32 slot, u32 part, bool is_new, const Prediction& from,
                                 u32& value) {
  StateModels::Memory& memory = models_.memory(slot, part);
  const u32 predicted = from.values[from.best];
  const bool given_minus = value < predicted;
  const u32 last = is_new ? kClasses - 1 : memory.width;
  const u32 residual =
      width(models_.parts[part], last, from, given_minus ? predicted - value : value - predicted);
  const bool minus = residual != 0 && sign(part, memory, from, given_minus);
  const u32 max = schema_.parts()[part].max;
  if (minus ? residual > predicted : residual > max - predicted) {
    bad_ = true;
    return;
  }
  value = minus ? predicted - residual : predicted + residual;
  note_errors(from, value, memory.errors);
  if (from.follows) {
    const i64 more = i64{value} - from.linear - strayed_[part];
    strayed_[part] += more >= 0 ? more / 4 : -((3 - more) / 4);
  }
  before_ = magnitude_class(residual);
  before_sign_ = residual == 0 ? 0 : minus ? 1 : 2;
  memory.width = static_cast<u8>(before_);
  memory.sign = static_cast<u8>(before_sign_);
}

template <class Coder>
bool StateCode<Coder>::sign(u32 part, const StateModels::Memory& memory, const Prediction& from,
                            bool minus) {
  PartModels& models = models_.parts[part];
  return mixed<4>(models.sign_mixer,
                  {&models.sign[0][memory.sign * 3u + from.way], &models.sign[1][before_sign_],
                   &models.sign[2][from.way * kPredictors + from.best],
                   &models.sign[3][from.lean * kPredictors + from.best]},
                  minus);
}

// A magnitude: its bit width, each further bit a decision, then the bits behind the leading one.
template <class Coder>
u32 StateCode<Coder>::width(PartModels& models, u32 last, const Prediction& from, u32 value) {
  u32 width = 0;
  for (; width < 31; ++width) {
    const u32 at = std::min(width, kClassBits - 1);
    if (!mixed<4>(models.width_mixer[at],
                  {&models.width[0][last][at], &models.width[1][from.speed][at],
                   &models.width[2][before_][at], &models.width[3][from.doubt][at]},
                  value >> width != 0)) {
      break;
    }
  }
  return width == 0 ? 0 : below(models, width, value);
}

template <class Coder>
u32 StateCode<Coder>::below(PartModels& models, u32 width, u32 value) {
  if (width > 30) bad_ = true;
  u32 coded = 1;
  u32 left = width - 1;
  for (u32 depth = 0; depth < 2 && left > 0; ++depth) {
    --left;
    BitModel& model = models.top[std::min(width, kClasses * 2 - 1)][depth == 0 ? 0 : coded];
    coded = coded << 1 | static_cast<u32>(flag(model, (value >> left & 1) != 0));
  }
  if (left == 0) return coded;
  return coded << left | coder_.direct(left, value & ((1u << left) - 1));
}

template <class Coder>
void StateCode<Coder>::symbol(u32 slot, u32 part, bool is_new, u32& value) {
  StateModels::Memory& memory = models_.memory(slot, part);
  PartModels& models = models_.parts[part];
  const u32 max = schema_.parts()[part].max;
  const u32 before =
      is_new ? models_.newest.parts[part] : table_.part(slot, part, table_.distance() - 1);
  const u32 last = is_new ? kClasses - 1 : memory.width;
  const bool same =
      mixed<3>(models.same_mixer,
               {&models.same[0][last], &models.same[1][std::min(before, kClasses - 1)],
                &models.same[2][before_]},
               value == before);
  memory.width = static_cast<u8>(std::min(memory.width / 2 + (same ? 0 : 4), 7));
  if (same) {
    value = before;
  } else {
    if (max == 0) bad_ = true;  // there is no other
    value = max <= 1 ? max - before : tree(models, max, value);
  }
  if (value > max) bad_ = true;
  before_ = same ? 0 : 1;
}

// Bits from the top, each by those above it.
template <class Coder>
u32 StateCode<Coder>::tree(PartModels& models, u32 max, u32 value) {
  u32 bits = 1;
  while (max >> bits != 0) ++bits;
  u32 node = 1;
  for (u32 i = bits; i-- > 0;) {
    node = node << 1 | static_cast<u32>(flag(models.symbol[node], (value >> i & 1) != 0));
  }
  return node - (1u << bits);
}

// The largest component, then the other three. Where another has become the largest, the small ones
// of before say little: only the turn, continued, does.
template <class Coder>
void StateCode<Coder>::quaternion(u32 slot, u32 part, bool is_new, u32* values) {
  symbol(slot, part, is_new, values[0]);
  if (bad()) return;
  const u32 largest = values[0];
  const u32 base = table_.distance() - 1;
  u32 steady = 0;
  while (!is_new && steady < 4 && table_.part(slot, part, base + steady + 1) == largest) ++steady;
  const bool is_other = !is_new && table_.part(slot, part, base) != largest;
  std::array<u32, 4> turned{};
  if (!is_new) turned = turn_on(table_, slot, part, largest);
  for (u32 component = 0; component < 4 && !bad(); ++component) {
    if (component == largest) continue;
    const u32 small = component < largest ? component : component - 1;
    const u32 at = part + 1 + small;
    Prediction from = is_new ? predict_new(at) : predict_turn(slot, at, steady, turned[component]);
    if (is_other) {
      from = {};
      from.values.fill(turned[component]);
      from.speed = from.doubt = kClasses - 2;
    }
    magnitude(slot, at, is_new, from, values[1 + small]);
  }
}

template <class Coder>
Prediction StateCode<Coder>::predict_turn(u32 slot, u32 part, u32 steady, u32 turned) const {
  Prediction out = predict_part(table_, slot, part, steady, 0);
  out.values[static_cast<u32>(Predictor::together)] = turned;
  out.follows = false;
  choose_best(models_.memory(slot, part).errors, out);
  return out;
}

template <class Coder>
void StateCode<Coder>::text(u32 slot, const SchemaField& field, bool is_new, std::string& value) {
  TextModels& models = models_.texts[field.text];
  const std::string& before =
      is_new ? models_.newest.texts[field.text] : table_.text(slot, field.text);
  if (!flag(models.changed, value != before)) {
    value = before;
    return;
  }
  const u32 length = number(models.length, static_cast<u32>(value.size()));
  if (length > field.bytes_max) {
    bad_ = true;
    return;
  }
  value.resize(length);
  for (u32 i = 0; i < length && !bad(); ++i) byte(value, i);
}

template <class Coder>
void StateCode<Coder>::byte(std::string& text, u32 at) {
  const u32 one = at >= 1 ? static_cast<u8>(text[at - 1]) : 0;
  const u32 two = at >= 2 ? static_cast<u8>(text[at - 2]) : 0;
  const u32 given = static_cast<u8>(text[at]);
  u32 node = 1;
  for (u32 i = 8; i-- > 0;) {
    const u32 by_one = (one * 0x9e3779b1u ^ node * 0x85ebca6bu) >> 21;
    const u32 by_two = ((two << 8 | one) * 0x9e3779b1u ^ node * 0x85ebca6bu) >> 21;
    const bool bit =
        mixed<3>(models_.byte_mixer[i],
                 {&models_.byte0[node], &models_.byte1[by_one], &models_.byte2[by_two]},
                 (given >> i & 1) != 0);
    node = node << 1 | static_cast<u32>(bit);
  }
  text[at] = static_cast<char>(node & 255);
}

// As much of it as the last one began with alike, then the rest.
template <class Coder>
void StateCode<Coder>::key(std::string& key, u32 bytes_max) {
  const std::string& last = models_.newest_key;
  const auto alike = static_cast<u32>(
      std::mismatch(key.begin(), key.end(), last.begin(), last.end()).first - key.begin());
  const u32 shared = number(models_.key_shared, alike);
  if (shared > last.size()) {
    bad_ = true;
    return;
  }
  const u32 rest = number(models_.key_length, static_cast<u32>(key.size()) - alike);
  if (rest > bytes_max || shared + rest > bytes_max) {
    bad_ = true;
    return;
  }
  key.resize(shared + rest);
  if (Coder::kDecodes) std::copy_n(last.begin(), shared, key.begin());
  for (u32 i = 0; i < rest && !bad(); ++i) byte(key, shared + i);
  models_.newest_key = key;
}

}  // namespace perseid
