// BitModel: an adaptive estimate of how often a decision is one. BitMixer: several such estimates
// made into one, by weights that learn which of them to trust (logistic mixing; Mahoney, "Adaptive
// weighing of context models for lossless data compression", 2005).
// Thread: the owner's. Invariants: integers only, each product below 2^31 in magnitude, so that
// every implementation computes the same bits; estimates are 1 .. 4095 of 4096.
#pragma once

#include <array>

#include "codec/bytes.h"

namespace perseid {

struct BitModel {
  u16 one = 1u << 15;  // of 65536
  u16 seen = 0;        // capped: how slowly it still learns
};

struct LogisticTables {
  std::array<u16, 4096> squash;            // of a logit + 2048
  std::array<std::int16_t, 4096> stretch;  // of a probability
};
extern const LogisticTables kLogisticTables;

// ln(p / (1 - p)) in 1 / 256, of p in 1 / 4096; and back.
inline std::int32_t stretch(u32 probability) {
  return kLogisticTables.stretch[probability];
}
inline u32 squash(std::int32_t logit) {
  constexpr std::int32_t kLogitMax = 2047;
  return logit > kLogitMax    ? 4095
         : logit < -kLogitMax ? 1
                              : kLogisticTables.squash[static_cast<u32>(logit + 2048)];
}

// One model alone, without weighing.
inline u32 estimate_of(const BitModel& model) {
  const u32 p = model.one >> 4;
  return p < 1 ? 1 : p > 4095 ? 4095 : p;
}

inline void learn(BitModel& model, bool value) {
  constexpr u16 kSeenMax = 120;
  const std::int32_t error = (value ? 65535 : 0) - model.one;
  // In steps of 1 / (n + 1.5), so that the first few decisions count for much.
  const std::int32_t rate = 16384 * 2 / (2 * model.seen + 3);
  model.one = static_cast<u16>(model.one + (error * rate >> 14));
  if (model.seen < kSeenMax) ++model.seen;
}

template <u32 kInputs>
class BitMixer {
 public:
  using Models = std::array<BitModel*, kInputs>;

  // What it makes of the models for the next decision; update() takes it back with what that was.
  struct Mix {
    std::array<std::int32_t, kInputs> inputs{};
    u32 estimate = 0;
  };
  Mix predict(const Models& models) const {
    Mix mix;
    std::int32_t sum = 0;
    for (u32 i = 0; i < kInputs; ++i) {
      mix.inputs[i] = stretch(models[i]->one >> 4);
      sum += weights_[i] * mix.inputs[i] >> 8;
    }
    mix.estimate = squash(sum >> 8);
    return mix;
  }
  void update(const Mix& mix, const Models& models, bool value) {
    const std::int32_t error =
        ((value ? 4096 : 0) - static_cast<std::int32_t>(mix.estimate)) * kRate;
    for (u32 i = 0; i < kInputs; ++i) {
      weights_[i] = bounded(weights_[i] + ((mix.inputs[i] * error + 0x2000) >> 14));
      learn(*models[i], value);
    }
  }

 private:
  static constexpr std::int32_t kRate = 6;
  static constexpr std::int32_t kWeightMax = (1 << 19) - 1;
  static constexpr std::int32_t kStart = 78000 / static_cast<std::int32_t>(kInputs);  // of 65536
  static std::int32_t bounded(std::int32_t weight) {
    return weight > kWeightMax ? kWeightMax : weight < -kWeightMax ? -kWeightMax : weight;
  }
  static constexpr std::array<std::int32_t, kInputs> start() {
    std::array<std::int32_t, kInputs> out{};
    out.fill(kStart);
    return out;
  }

  std::array<std::int32_t, kInputs> weights_ = start();
};

}  // namespace perseid
