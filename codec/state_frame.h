// The bytes of a state frame: flags, a checksum where the flags say so, then range-coded decisions
// to the end (docs/state-coding.md).
// Thread: none; plain values.
#pragma once

#include "codec/bytes.h"

namespace perseid {

enum StateFlag : u8 {
  kStateWhole = 1,     // a whole state, which replaces what the reader had
  kStateReset = 2,     // the models begin afresh, and nothing counts as moving
  kStateChecksum = 4,  // four bytes, little-endian: of the state behind this frame
};
// A keyframe in which nothing is, the same for every schema.
constexpr u8 kEmptyKeyframe[] = {kStateWhole | kStateChecksum, 0, 0, 0, 0, 0x80};
constexpr u8 kStateFlags = kStateWhole | kStateReset | kStateChecksum;

}  // namespace perseid
