// Builds without optimisation or with a sanitizer run a tenth as fast: tests of scale do less
// there. Sanitizers keep what was freed, too: no test weighs memory there. Thread: none; constants.
#pragma once

#include "codec/bytes.h"

namespace perseid::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

#ifdef NDEBUG
constexpr bool kSlowBuild = kSanitized;
#else
constexpr bool kSlowBuild = true;
#endif

// `count` where the build is quick, a twentieth of it elsewhere.
constexpr u32 scaled(u32 count) {
  return kSlowBuild ? count / 20 : count;
}

}  // namespace perseid::test
