// StateModels: what a stream of state frames has learnt since its reset point: how often each
// decision went which way in which context, and how well each prediction did for each part.
// Thread: the owner's. Owns: the models (some 6.5 KB per part of the schema, 12 bytes per part of
// each entity).
// Invariant: encoder and decoder change them alike, decision by decision.
#pragma once

#include <array>
#include <vector>

#include "codec/bit_model.h"
#include "codec/schema.h"
#include "codec/state_predict.h"

namespace perseid {

// A whole number below 2^31: its bit width one by one, then its bits.
using NumberModels = std::array<BitModel, 32>;

constexpr u32 kClassBits = 20;  // decisions of a width that are told apart
struct PartModels {
  // Of a residual's width: by the last one of this part, by speed, by the part before, by doubt.
  std::array<std::array<std::array<BitModel, kClassBits>, kClasses>, 4> width;
  std::array<BitMixer<4>, kClassBits> width_mixer;
  std::array<std::array<BitModel, 3 * kPredictors>, 4> sign;
  BitMixer<4> sign_mixer;
  std::array<std::array<BitModel, 4>, kClasses * 2>
      top;                                             // the first two bits behind the leading one
  std::array<std::array<BitModel, kClasses>, 3> same;  // symbols
  BitMixer<3> same_mixer;
  std::vector<BitModel> symbol;  // a bit tree
};

struct TextModels {
  BitModel changed;
  NumberModels length;
};

class StateModels {
 public:
  StateModels() = default;  // for no schema yet
  explicit StateModels(const Schema& schema) { reset(schema); }
  // As before the first frame; what was allocated stays.
  void reset() { reset(*schema_); }
  void reset(const Schema& schema);
  // What it takes, but for the texts it knows.
  u64 held_bytes() const;
  // Where it serves many in turn: gives back what only large ones need.
  void trim();

  // How an entity's part has gone so far.
  struct Memory {
    PredictionErrors errors{};
    u8 width = 0;  // class of the last residual
    u8 sign = 0;   // its sign: 0 none, 1 minus, 2 plus
  };
  Memory& memory(u32 slot, u32 part);

  std::vector<PartModels> parts;
  std::vector<TextModels> texts;
  // Which entities change: by their own past, by their neighbours, by both.
  std::array<std::array<BitModel, 64>, 3> changed;
  std::array<BitMixer<3>, 4> changed_mixer;
  std::array<BitModel, 8> block;
  std::vector<u8> block_past;  // bit per frame, the newest lowest
  BitModel same_fields;
  std::array<BitModel, kSchemaFieldsMax> field;
  NumberModels gone, gone_gap, appeared, appeared_gap, key_shared, key_length;
  // Bytes of keys and texts: by themselves, and by the one and the two before.
  std::array<BitModel, 256> byte0;
  std::array<BitModel, 2048> byte1, byte2;
  std::array<BitMixer<3>, 8> byte_mixer;
  StateRow newest;  // what appeared last
  std::string newest_key;

 private:
  const Schema* schema_ = nullptr;
  std::vector<Memory> memory_;
};

}  // namespace perseid
