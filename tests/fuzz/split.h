// Feeding fuzzed bytes in pieces, so that every cut of an input must mean the same.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>

#include "codec/bytes.h"

namespace perseid::fuzz {

// Calls `take` with consecutive pieces of `in`, their sizes drawn from `seed`, each in a heap block
// of exactly its size and parse padding. `take` says whether to go on.
template <class Take>
void in_pieces(Bytes in, u32 seed, Take take) {
  while (!in.empty()) {
    seed = seed * 1664525u + 1013904223u;
    const std::size_t most = (seed >> 28) == 0 ? 4000 : 9;
    const std::size_t size = std::min<std::size_t>(in.size(), 1 + (seed >> 8) % most);
    const auto block = std::make_unique<u8[]>(size + kParsePaddingBytes);
    std::memcpy(block.get(), in.data(), size);
    if (!take(MutableBytes{block.get(), size})) return;
    in = in.subspan(size);
  }
}

// The same in one piece.
template <class Take>
void whole(Bytes in, Take take) {
  const auto block = std::make_unique<u8[]>(in.size() + kParsePaddingBytes);
  if (!in.empty()) std::memcpy(block.get(), in.data(), in.size());
  (void)take(MutableBytes{block.get(), in.size()});
}

}  // namespace perseid::fuzz
