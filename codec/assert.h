// PSD_ASSERT: a broken invariant is our fault and stops the process, in release builds too
// (DESIGN law 7). Use it where the check is cheap; PSD_DEBUG_ASSERT where it is not.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace perseid {

[[noreturn]] inline void assert_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "perseid: invariant broken: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace perseid

#define PSD_ASSERT(x) \
  (static_cast<bool>(x) ? void(0) : ::perseid::assert_failed(#x, __FILE__, __LINE__))

#ifdef NDEBUG
#define PSD_DEBUG_ASSERT(x) void(0)
#else
#define PSD_DEBUG_ASSERT(x) PSD_ASSERT(x)
#endif
