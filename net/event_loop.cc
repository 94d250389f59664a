#include "net/event_loop.h"

#include <algorithm>

#include "net/acceptor.h"
#include "net/closer.h"
#include "net/dispatcher.h"
#include "net/drainer.h"
#include "net/mailroom.h"
#include "net/receiver.h"
#include "net/sender.h"
#include "net/tls.h"

namespace perseid {

void EventLoop::run() {
  while (core_.running) turn();
}

void EventLoop::turn() {
  core_.stats.turns.add();
  core_.now = read_clock();
  const bool timers_are_due = core_.relay->next_deadline_ms() <= core_.now.mono_ms;
  core_.relay->begin_turn(core_.now);
  measure_load();
  const std::size_t completions = run_completions();
  core_.tls->run_handshakes();
  mailroom_.deliver();
  run_timers();
  core_.relay->end_turn();
  flush();
  core_.receiver->rearm_starved();
  gather_.judge(completions, core_.ring.has_submissions(), timers_are_due);
  mailroom_.wake_others();
  drainer_.turn();
  if (core_.running) sleep();
}

void EventLoop::measure_load() {
  if (!load_.is_due(core_.now.mono_ms)) return;
  core_.stats.busy_us.add(load_.measure(core_.now.mono_ms, thread_cpu_ns()) / 1000);
  core_.relay->set_load(load_.permille());
  core_.relay->set_pressure(pressure_.why(core_.now.mono_ms, thread_waits()));
}

std::size_t EventLoop::run_completions() {
  const u64 bytes_max =
      mailroom_.letters_left() ? kReceivedBytesPerTurnBehindMax : kReceivedBytesPerTurnMax;
  const u64 bytes_end = core_.stats.bytes_in.get() + bytes_max;
  std::size_t handled = 0;
  while (handled < kCompletionsPerTurnMax && core_.stats.bytes_in.get() < bytes_end) {
    const std::size_t count = core_.ring.reap(completions_);
    for (std::size_t i = 0; i < count; ++i) dispatcher_.run(completions_[i]);
    handled += count;
    if (count < kCompletionsPerReapMax) break;
  }
  core_.stats.completions.add(handled);
  if (dispatcher_.control_came()) drainer_.obey(core_.shared.doorbells[core_.id]->commanded());
  return handled;
}

void EventLoop::run_timers() {
  core_.timers.advance(core_.now.mono_ms, [this](u64 cookie) {
    const Slot slot = static_cast<Slot>(cookie);
    core_.closer->on_deadline(slot, core_.connections[slot]);
  });
  core_.acceptor->retry();
  core_.receiver->sweep();
}

// Those whom the rules have something to tell, and those who asked by themselves. Gathered first:
// a flush may end a connection, and with it change what the rules list.
void EventLoop::flush() {
  for (const Slot session : core_.relay->touched()) {
    const Handle handle = core_.relay->connection_of(session);
    Connection* connection = core_.connections.find(handle);
    if (connection != nullptr) core_.queue_flush(handle.slot, *connection);
  }
  if (flushed_ == flushing_.size()) {
    flushed_ = 0;
    flushing_.assign(core_.flushes.begin(), core_.flushes.end());
    core_.flushes.clear();
  }
  flush_some();
}

// The rest waits for the next turn, which then does not sleep: a burst to very many connections
// costs no more send operations than this, and receives get their share in between.
void EventLoop::flush_some() {
  const std::size_t end = std::min(flushing_.size(), flushed_ + kFlushesPerTurnMax);
  while (flushed_ < end) {
    const Slot slot = flushing_[flushed_++];
    if (!core_.connections.live(slot)) continue;
    Connection& connection = core_.connections[slot];
    connection.flush_queued = false;
    core_.sender->flush(slot, connection);
  }
}

void EventLoop::sleep() {
  const u64 timeout_ns = sleep_ns();
  const bool busy = timeout_ns == 0 || !mailroom_.own().begin_sleep();
  const u64 longest_ns = busy ? 0 : timeout_ns;
  const u32 completions =
      gather_.completions(load_.permille(), core_.ring.has_submissions(), longest_ns);
  core_.ring.submit_and_wait(gather_.timeout_ns(longest_ns), completions);
  mailroom_.own().end_sleep();
}

u64 EventLoop::sleep_ns() const {
  if (mailroom_.letters_left() || !core_.flushes.empty() || flushed_ < flushing_.size() ||
      core_.tls->has_waiting() || core_.ring.has_completions())
    return 0;
  u64 at_ms = std::min(core_.relay->next_deadline_ms(), core_.timers.next_deadline_ms());
  at_ms = std::min({at_ms, core_.receiver->next_sweep_ms(), core_.acceptor->next_retry_ms(),
                    core_.tls->next_deadline_ms(), drainer_.next_deadline_ms(),
                    pressure_.next_look_ms(core_.relay->overload().sheds(Shedding::connections),
                                           core_.now.mono_ms)});
  if (at_ms == ~u64{0}) return Ring::kForever;
  const u64 now_ms = core_.now.mono_ms;
  return at_ms > now_ms ? (at_ms - now_ms) * 1'000'000 : 0;
}

}  // namespace perseid
