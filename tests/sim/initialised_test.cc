// HOSTILE.md rows 4 and 8: no byte leaves that nobody wrote. `ctest -R sim.Memcheck` runs this and
// a few whole servers under valgrind, where tests/sim/initialised.h looks at every slice.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "tests/sim/initialised.h"

namespace perseid::sim {
namespace {

TEST(Memcheck, sees_a_byte_that_nobody_wrote) {
  if (!can_tell_initialised()) GTEST_SKIP() << "only under valgrind";
  const std::unique_ptr<u8, decltype(&std::free)> memory(static_cast<u8*>(std::malloc(8)),
                                                         &std::free);
  for (int i = 0; i < 7; ++i) memory.get()[i] = 1;
  EXPECT_TRUE(is_initialised({memory.get(), 7}));
  VALGRIND_DISABLE_ERROR_REPORTING;  // this one is wanted
  EXPECT_FALSE(is_initialised({memory.get(), 8}));
  VALGRIND_ENABLE_ERROR_REPORTING;
}

}  // namespace
}  // namespace perseid::sim
