// perseid-bench: Google Benchmark suite over codec, engine and the mailbox. Smoke run:
// --benchmark_min_time=0.01.
#include "bench/micro/bench.h"

namespace perseid::bench {

void report(benchmark::State& state, u64 bytes_per_iteration, u64 allocations_before) {
  const auto iterations = static_cast<double>(state.iterations());
  const auto made = static_cast<double>(allocations() - allocations_before);
  if (bytes_per_iteration != 0)
    state.SetBytesProcessed(static_cast<i64>(bytes_per_iteration) * state.iterations());
  state.counters["allocs/op"] = made / iterations;
}

std::string some_text(u32 size_bytes) {
  std::string text(size_bytes, ' ');
  u32 random = 12345;
  for (char& c : text) {
    random = random * 1664525 + 1013904223;
    c = "etaoin shrdlu ETAOIN 0123456789."[random >> 27];
  }
  return text;
}

}  // namespace perseid::bench

BENCHMARK_MAIN();
