// perseid-bench: Google Benchmark suite over codec, engine and the mailbox. Smoke run:
// --benchmark_min_time=0.01.
#include "bench/micro/bench.h"

#include <cstdio>

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

namespace {

// Google Benchmark's own help calls the program "benchmark".
void print_help() {
  std::puts(
      "perseid-bench: what each step of a message costs, without a kernel (bench/README.md).\n"
      "\n"
      "  --benchmark_list_tests=true       the names, area/operation/size\n"
      "  --benchmark_filter=REGEX          only these\n"
      "  --benchmark_min_time=SECONDS      of each (0.01: smoke)\n"
      "  --benchmark_repetitions=N         each so often, with mean, median and deviation\n"
      "  --benchmark_out=FILE              results there, as --benchmark_out_format=json|csv\n"
      "  --benchmark_format=console|json|csv\n"
      "\n"
      "and the other flags of Google Benchmark.");
}

}  // namespace
}  // namespace perseid::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv, perseid::bench::print_help);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
