#include "tools/load/flow_run.h"

#include <algorithm>

#include "tools/load/process_stats.h"

namespace perseid::load {
FlowRun::FlowRun(const Config& config, u32 rooms, u32 members, u32 senders)
    : config_(config),
      fleet_(config, *this),
      ledger_(config, rooms, members, senders, static_cast<u32>(fleet_.room_name(0).size())),
      progress_(config.quiet, true),
      outgoing_(rooms) {}

Result FlowRun::run() {
  fleet_.connect_up_to(config_.clients());
  flow_until(monotonic_ns() + nanoseconds(config_.warmup_s), "warm-up");
  const Sample start = sample();
  const Histogram earlier = ledger_.latency();
  const u64 end_ns = start.time_ns + nanoseconds(config_.duration_s);
  measuring(end_ns);
  flow_until(end_ns, "measure");
  Result result;
  const Sample end = sample();
  result.cost = end - start;
  result.latency = ledger_.latency().since(earlier);
  result.rss_start_bytes = start.server_rss_bytes;
  result.rss_end_bytes = end.server_rss_bytes;
  drain();
  add_to(result);
  judge(result);
  return result;
}

void FlowRun::flow_until(u64 end_ns, const char* phase) {
  for (u64 now = monotonic_ns(); now < end_ns; now = monotonic_ns()) {
    const u64 next = pump(now);
    fleet_.poll(std::min({next, end_ns, std::max(progress_.next_ns(), now)}));
    if (progress_.next_ns() <= monotonic_ns()) {
      progress_.tick(phase, fleet_.counters().ready, sample(), ledger_.latency());
    }
    if (fleet_.counters().ready == 0) return;
  }
}

// Whatever is on its way may still come; then it is missing.
void FlowRun::drain() {
  sending_ = false;
  const u64 end_ns = monotonic_ns() + nanoseconds(config_.drain_s);
  while (ledger_.owed() != 0 && monotonic_ns() < end_ns) {
    fleet_.poll(monotonic_ns() + 10'000'000);
  }
}

void FlowRun::judge(Result& result) {
  const FleetCounters& counters = fleet_.counters();
  result.clients = config_.clients();
  result.sent = ledger_.sent();
  result.received = ledger_.received();
  result.broken = ledger_.broken();
  result.order = ledger_.order().faults();
  result.pings = counters.pings;
  result.gaps = counters.gaps;
  result.errors = counters.errors;
  result.lost = counters.lost;
  result.first_trouble = counters.first_trouble;
  result.missing_at_end = ledger_.owed();
  result.slowest_ns = ledger_.latency().max();
}

void FlowRun::on_ready(const Client& client, u32 seq) {
  ledger_.note_joined(client.room, client.member, seq);
}

void FlowRun::on_message(Client& client, std::string_view message, u64 now_ns) {
  Stamp stamp;
  if (ledger_.note_received(client, message, now_ns, stamp)) delivered(client, stamp);
}

void FlowRun::publish(Client& client, u32 sender, u32 receivers, u64 when_ns) {
  const u32 number = ledger_.note_sent(client.room, sender, receivers);
  fleet_.send(
      client,
      outgoing(client.room).stamped({.sent_ns = when_ns, .sender = sender, .number = number}));
}

Outgoing& FlowRun::outgoing(u32 room) {
  std::unique_ptr<Outgoing>& slot = outgoing_[room];
  if (slot) return *slot;
  if (config_.protocol == Protocol::raw) {
    const std::string fill(config_.message_bytes() - config_.size_bytes, '.');
    slot = std::make_unique<Outgoing>(Outgoing::Wrapping::none, fill, config_.size_bytes, "");
  } else if (config_.scenario == Scenario::echo) {
    slot = std::make_unique<Outgoing>(Outgoing::Wrapping::frame, "", config_.size_bytes, "");
  } else {
    const std::string before = R"({"type":")" + config_.type + R"(","room":")" +
                               fleet_.room_name(room) + R"(","payload":)";
    slot = std::make_unique<Outgoing>(Outgoing::Wrapping::frame, before, config_.size_bytes, "}");
  }
  return *slot;
}

Sample FlowRun::sample() const {
  return {.time_ns = monotonic_ns(),
          .server_cpu_ns = config_.server_pid != 0 ? process_cpu_ns(config_.server_pid) : 0,
          .own_cpu_ns = own_cpu_ns(),
          .server_rss_bytes = config_.server_pid != 0 ? process_rss_bytes(config_.server_pid) : 0,
          .sent = ledger_.sent(),
          .received = ledger_.received(),
          .message_bytes = ledger_.message_bytes(),
          .receives = fleet_.counters().receives};
}

}  // namespace perseid::load
