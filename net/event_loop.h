// EventLoop: the turn of a shard: reap, run, flush, submit (DESIGN law 6).
// Thread: the shard's. Invariants: nothing submits from inside the reap; one system call per turn;
// a turn handles a bounded number of completions and of bytes, so mailbox and timers get their
// share whatever one socket does.
#pragma once

#include <array>

#include "net/gather_wait.h"
#include "net/load_meter.h"
#include "net/pressure.h"
#include "net/shard_core.h"

namespace perseid {

class Dispatcher;
class Drainer;
class Mailroom;

class EventLoop {
 public:
  EventLoop(ShardCore& core, Dispatcher& dispatcher, Mailroom& mailroom, Drainer& drainer)
      : core_(core), dispatcher_(dispatcher), mailroom_(mailroom), drainer_(drainer) {}

  void run();  // until core.running is false

 private:
  static constexpr std::size_t kCompletionsPerReapMax = 64;
  static constexpr std::size_t kCompletionsPerTurnMax = 1024;
  static constexpr u64 kReceivedBytesPerTurnMax = 1 * MiB;
  // While letters wait that one turn could not take: what is read causes letters in return, and
  // these must not come faster than they go.
  static constexpr u64 kReceivedBytesPerTurnBehindMax = 64 * KiB;
  static constexpr std::size_t kFlushesPerTurnMax = 1024;

  void turn();
  void measure_load();
  std::size_t run_completions();  // how many
  void run_timers();
  void flush();
  void flush_some();
  void sleep();
  u64 sleep_ns() const;

  ShardCore& core_;
  Dispatcher& dispatcher_;
  Mailroom& mailroom_;
  Drainer& drainer_;
  std::array<Completion, kCompletionsPerReapMax> completions_;
  LoadMeter load_;
  Pressure pressure_{core_.options};
  GatherWait gather_{core_.options.gather_us};
  std::vector<Slot> flushing_;  // taken over from core_.flushes, the first flushed_ done
  std::size_t flushed_ = 0;
};

}  // namespace perseid
