// engine: the lane's log and the timer wheel.
#include <cstring>
#include <vector>

#include "bench/micro/bench.h"
#include "engine/lane_log.h"
#include "engine/segment.h"
#include "engine/timer_wheel.h"

namespace perseid::bench {
namespace {

constexpr u32 kWindowBytes = 256 * KiB;

// Append one frame and keep the window, as a room at full rate does.
void lane_append(benchmark::State& state, u32 size) {
  const std::string frame = some_text(size);
  SegmentPool pool;
  LaneLog log(1);
  const auto append = [&] {
    std::memcpy(log.append(pool, size), frame.data(), size);
    log.trim(pool, {.bytes_max = kWindowBytes});
  };
  for (u32 bytes = 0; bytes < 2 * kWindowBytes; bytes += size) append();
  const u64 before = allocations();
  for (auto _ : state) append();
  report(state, size, before);
  log.clear(pool);
}

// `count` timers are pending; each iteration cancels one and schedules it anew, as a heartbeat
// does.
void timer_reschedule(benchmark::State& state, u32 count) {
  TimerWheel wheel;
  std::vector<TimerId> timers(count);
  for (u32 i = 0; i < count; ++i) timers[i] = wheel.schedule(1000 + i % 30000, i);
  u32 next = 0;
  const u64 before = allocations();
  for (auto _ : state) {
    wheel.cancel(timers[next]);
    timers[next] = wheel.schedule(1000 + next % 30000, next);
    if (++next == count) next = 0;
  }
  report(state, 0, before);
}

// `count` timers that fire every 5 s, spread: the cost of a millisecond.
void timer_advance(benchmark::State& state, u32 count) {
  constexpr u32 kPeriodMs = 5000;
  TimerWheel wheel;
  for (u32 i = 0; i < count; ++i) wheel.schedule(1 + i % kPeriodMs, i);
  u64 now = 0;
  u64 fired = 0;
  const u64 before = allocations();
  for (auto _ : state) {
    wheel.advance(++now, [&](u64 cookie) {
      ++fired;
      wheel.schedule(now + kPeriodMs, cookie);
    });
  }
  report(state, 0, before);
  state.counters["fired/op"] = static_cast<double>(fired) / static_cast<double>(state.iterations());
}

[[maybe_unused]] const bool registered =
    add_for_sizes("engine/lane_append", lane_append) &&
    add("engine/timer_reschedule", "1k", 1000, timer_reschedule) &&
    add("engine/timer_reschedule", "100k", 100'000, timer_reschedule) &&
    add("engine/timer_advance", "1k", 1000, timer_advance) &&
    add("engine/timer_advance", "100k", 100'000, timer_advance);

}  // namespace
}  // namespace perseid::bench
