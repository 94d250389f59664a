// What every bench of the suite shares: names `area/operation/size`, a checksum of the work so that
// nothing is optimised away unseen, and a count of allocations.
// Thread: one; benches run one after another.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "codec/assert.h"
#include "codec/bytes.h"

namespace perseid::bench {

// Calls of operator new by this program so far.
u64 allocations();

// Registers under `area/operation/size`; `body(state, size)` loops over the state.
template <class Body>
bool add(const char* name, const char* size_name, u32 size, Body body) {
  benchmark::RegisterBenchmark((std::string(name) + "/" + size_name).c_str(),
                               [size, body](benchmark::State& state) { body(state, size); });
  return true;
}

// The sizes of messages that the suite looks at.
struct Size {
  const char* name;
  u32 bytes;
};
constexpr Size kSizes[] = {{"64B", 64}, {"1KiB", 1024}, {"64KiB", 65536}};

template <class Body>
bool add_for_sizes(const char* name, Body body) {
  for (const Size& size : kSizes) add(name, size.name, size.bytes, body);
  return true;
}

// Reports what one iteration did: bytes, and allocations since `before`.
void report(benchmark::State& state, u64 bytes_per_iteration, u64 allocations_before);

// Printable ASCII, as chat is, of this many bytes.
std::string some_text(u32 size_bytes);

}  // namespace perseid::bench
