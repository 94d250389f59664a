// Time as an argument (DESIGN law 3): the mind reads no clock. One `Now` serves a whole turn.
// Thread: none; plain values.
#pragma once

#include "codec/bytes.h"

namespace perseid {

struct Now {
  u64 mono_ms = 0;  // monotonic, for limits and timers
  u64 unix_ms = 0;  // wall clock, only ever written into messages
};

}  // namespace perseid
