// The end of range-coded bytes: as short as may be, and never taken for cut bytes.
#include <gtest/gtest.h>

#include <random>

#include "codec/range_coder.h"

namespace perseid {
namespace {

struct Decision {
  u32 one;
  bool value;
};

void expect_back(const std::vector<Decision>& decisions) {
  std::string bytes;
  RangeEncoder encoder(bytes);
  for (const Decision& d : decisions) encoder.bit(d.one, d.value);
  encoder.finish();
  RangeDecoder decoder(as_bytes(bytes));
  for (const Decision& d : decisions) ASSERT_EQ(decoder.bit(d.one), d.value);
  ASSERT_FALSE(decoder.overrun()) << decisions.size() << " decisions, " << bytes.size() << " bytes";
  ASSERT_TRUE(decoder.at_end());
}

// About one in 16,000 has zeros of its own before those of the end.
TEST(RangeCoderEnd, OwnZerosAreNotLeftOut) {
  std::mt19937 dice(1);
  std::vector<Decision> decisions;
  for (u32 run = 0; run < 100000; ++run) {
    decisions.resize(dice() % 60);
    for (Decision& d : decisions) {
      d.one = 1 + static_cast<u32>(dice() % 4095);
      d.value = dice() % 4096 < d.one;
    }
    expect_back(decisions);
  }
}

// Ones are at the bottom of the range, so a long run of likely ones is all zeros.
TEST(RangeCoderEnd, NothingButZeros) {
  for (u32 count = 0; count < 400; ++count) {
    expect_back(std::vector<Decision>(count, {1 + count * 10, true}));
  }
}

}  // namespace
}  // namespace perseid
