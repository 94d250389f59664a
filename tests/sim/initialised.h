// Whether bytes on their way to a client were all written by somebody: a server once sent its own
// memory out (CVE-2016-10518). Only valgrind's memcheck can tell; without it every byte counts as
// written. Thread: any; nothing is kept.
#pragma once

#include <valgrind/memcheck.h>

#include "codec/bytes.h"

namespace perseid::sim {

inline bool can_tell_initialised() {
  return RUNNING_ON_VALGRIND != 0;
}

inline bool is_initialised(Bytes bytes) {
  return VALGRIND_CHECK_MEM_IS_DEFINED(bytes.data(), bytes.size()) == 0;
}

}  // namespace perseid::sim
