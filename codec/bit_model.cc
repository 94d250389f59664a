#include "codec/bit_model.h"

namespace perseid {
namespace {

// 4096 / (1 + e^-x) for x = -8 .. 8 in halves; between them, straight lines.
constexpr std::array<u32, 33> kSigmoid = {1,    2,    3,    6,    10,   16,   27,   45,   73,
                                          120,  194,  310,  488,  747,  1101, 1546, 2047, 2549,
                                          2994, 3348, 3607, 3785, 3901, 3975, 4022, 4050, 4068,
                                          4079, 4085, 4089, 4092, 4093, 4094};

constexpr u16 squashed(std::int32_t logit) {
  const u32 at = static_cast<u32>(logit + 2048);
  const u32 fraction = at & 127;
  const u32 step = at >> 7;
  const u32 sum = kSigmoid[step] * (128 - fraction) + kSigmoid[step + 1] * fraction;
  return static_cast<u16>((sum + 64) >> 7);
}

constexpr LogisticTables make_tables() {
  LogisticTables tables{};
  u32 next = 0;
  for (std::int32_t logit = -2047; logit <= 2047; ++logit) {
    const u16 p = squashed(logit);
    tables.squash[static_cast<u32>(logit + 2048)] = p;
    for (; next <= p; ++next) tables.stretch[next] = static_cast<std::int16_t>(logit);
  }
  tables.squash[0] = 1;
  for (; next < 4096; ++next) tables.stretch[next] = 2047;
  return tables;
}

}  // namespace

constexpr LogisticTables kMade = make_tables();
const LogisticTables kLogisticTables = kMade;

}  // namespace perseid
