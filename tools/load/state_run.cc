#include "tools/load/state_run.h"

#include <algorithm>
#include <stdexcept>

#include "tools/load/flow_run.h"
#include "tools/load/process_stats.h"
#include "tools/load/text_scan.h"

namespace perseid::load {
namespace {

constexpr u8 kKindMask = 15;
constexpr std::string_view kJsonState = R"({"type":"game_state")";

bool is_state(std::string_view message, bool binary) {
  if (!binary) return message.starts_with(kJsonState);
  return !message.empty() &&
         (static_cast<u8>(message[0]) & kKindMask) == static_cast<u8>(BinaryKind::coded_state);
}

bool is_whole(std::string_view message, bool binary) {
  if (binary) return (static_cast<u8>(message[0]) & kBinaryFull) != 0;
  return message.substr(0, 160).find(R"("full":true)") != std::string_view::npos;
}

}  // namespace

StateRun::StateRun(const Config& config)
    : config_(config),
      schema_(state_schema(config)),
      fleet_(config, *this),
      progress_(config.quiet, true) {
  for (u32 i = 0; i < config.clients(); ++i) {
    Client& client = fleet_.client(i);
    const bool every_other = config.flavour == StateFlavour::both && client.member % 2 == 0;
    client.binary = config.flavour == StateFlavour::bin || every_other;
    members_.emplace_back(client.member, i + 1);
  }
  for (u32 i = 0; i < config.rooms; ++i) room_names_.push_back(fleet_.room_name(i));
}

Result StateRun::run() {
  const auto nanoseconds = [](double seconds) { return static_cast<u64>(seconds * 1e9); };
  fleet_.connect_up_to(config_.clients());
  flow_until(monotonic_ns() + nanoseconds(config_.warmup_s), "warm-up");
  Result result;
  const Sample start = sample();
  const Histogram earlier = latency_;
  figures_ = {};
  measure(result);
  const Sample end = sample();
  result.cost = end - start;
  result.latency = latency_.since(earlier);
  result.rss_start_bytes = start.server_rss_bytes;
  result.rss_end_bytes = end.server_rss_bytes;
  figures_.expected_ticks = static_cast<double>(config_.clients()) * config_.hz *
                            static_cast<double>(result.cost.time_ns) / 1e9;
  finish(result);
  judge(result);
  return result;
}

void StateRun::measure(Result&) {
  flow_until(monotonic_ns() + static_cast<u64>(config_.duration_s * 1e9), "measure");
}

void StateRun::flow_until(u64 end_ns, const char* phase) {
  for (u64 now = monotonic_ns(); now < end_ns; now = monotonic_ns()) {
    const u64 next = std::min(sending_ ? pump(now) : ~u64{0}, act(now));
    fleet_.poll(std::min({next, end_ns, std::max(progress_.next_ns(), now)}));
    if (progress_.next_ns() <= monotonic_ns()) {
      progress_.tick(phase, fleet_.counters().ready, sample(), latency_);
    }
  }
}

// Everyone in turn, room by room, evenly spread over time; stamped with the time at which it was
// due, so that a load that falls behind shows.
u64 StateRun::pump(u64 now_ns) {
  if (start_ns_ == 0) start_ns_ = now_ns;
  u64 due = due_ns(next_);
  for (; due <= now_ns; due = due_ns(++next_)) {
    const auto room = static_cast<u32>(next_ % config_.rooms);
    const auto member = static_cast<u32>(next_ / config_.rooms % config_.room_size);
    publish(fleet_.client(room * config_.room_size + member), due);
  }
  return due;
}

u64 StateRun::due_ns(u64 number) const {
  const double interval_ns = 1e9 / (config_.rate_per_s * config_.clients());
  return start_ns_ + static_cast<u64>(static_cast<double>(number) * interval_ns);
}

void StateRun::publish(const Client& client, u64 when_ns) {
  StateMember& from = member(client);
  if (client.phase != Phase::ready || !from.joined) return;
  from.update(*schema_, room_names_[client.room], client.binary, 1 / config_.rate_per_s, when_ns,
              frame_);
  fleet_.send(fleet_.client(client.index), frame_);
  ++sent_;
}

std::string StateRun::join_fields(const Client&) {
  return R"(,"create":)" + state_rule(config_, *schema_);
}

void StateRun::on_system(Client& client, std::string_view json) {
  const std::string_view op = behind(json, R"("op":")");
  if (op.starts_with("joined\"")) joined(client, json);
  if (op.starts_with("degraded\"")) ++figures_.degraded;
}

void StateRun::joined(const Client& client, std::string_view json) {
  if (json.find(R"("schema":)" + schema_->json()) == std::string_view::npos) {
    throw std::runtime_error("the room is not what its creator declared: " +
                             std::string(json.substr(0, 400)));
  }
  StateMember& to = member(client);
  to.joined = true;
  to.room_number = static_cast<u32>(number_behind(json, R"("room_number":)"));
  const std::string_view epoch = behind(json, R"("epoch":")");
  to.epoch = std::hash<std::string_view>{}(epoch.substr(0, epoch.find('"')));
  begin_picture(client);
}

bool StateRun::decodes(const Client& client) const {
  return client.member < config_.sampled;
}

void StateRun::begin_picture(const Client& client) {
  StateMember& of = member(client);
  of.tick = 0;
  of.picture = decodes(client) ? std::make_unique<StatePicture>(schema_, client.binary) : nullptr;
}

void StateRun::on_message(Client& client, std::string_view message, u64 now_ns) {
  if (!is_state(message, client.binary)) return wrong(client, "an unknown message came");
  ++received_;
  received_bytes_ += message.size();
  const bool whole = is_whole(message, client.binary);
  if (whole) ++figures_.whole;
  counted(client, message, whole, now_ns);
  StateMember& to = member(client);
  if (to.delivered_ns != 0) figures_.interval.record(now_ns - to.delivered_ns);
  to.delivered_ns = now_ns;
  if (decodes(client)) decode(client, message, now_ns);
}

void StateRun::decode(const Client& client, std::string_view message, u64 now_ns) {
  StateMember& to = member(client);
  StateHead head;
  if (to.picture == nullptr) return wrong(client, "state came of a room that it is not in");
  if (!read_state_head(message, client.binary, head)) return wrong(client, "a broken message");
  const std::string problem = to.picture->apply(head);
  ++figures_.applied;
  to.tick = head.tick;
  if (!problem.empty()) return wrong(client, problem);
  if (const u32* parts = to.picture->find(to.key()); parts != nullptr) {
    const u64 said_ns = to.said_at(parts);
    if (said_ns != 0) latency_.record(now_ns > said_ns ? now_ns - said_ns : 0);
  }
  applied(client, head);
}

void StateRun::wrong(const Client& client, const std::string& what) {
  ++wrong_;
  if (!first_wrong_.empty()) return;
  first_wrong_ = "room " + std::to_string(client.room) + ", client " +
                 std::to_string(client.member) + (client.binary ? " (binary)" : " (JSON)") +
                 ", tick " + std::to_string(member(client).tick) + ": " + what;
}

void StateRun::judge(Result& result) const {
  const FleetCounters& counters = fleet_.counters();
  result.clients = config_.clients();
  result.sent = sent_;
  result.received = received_;
  result.pings = counters.pings;
  result.gaps = counters.gaps;
  result.errors = counters.errors;
  result.lost = counters.lost;
  result.wrong = wrong_;
  result.first_trouble = first_wrong_;
  if (!first_wrong_.empty() && !counters.first_trouble.empty()) result.first_trouble += "; ";
  result.first_trouble += counters.first_trouble;
  result.slowest_ns = latency_.max();
  result.state = figures_;
}

Sample StateRun::sample() const {
  return {.time_ns = monotonic_ns(),
          .server_cpu_ns = config_.server_pid != 0 ? process_cpu_ns(config_.server_pid) : 0,
          .own_cpu_ns = own_cpu_ns(),
          .server_rss_bytes = config_.server_pid != 0 ? process_rss_bytes(config_.server_pid) : 0,
          .sent = sent_,
          .received = received_,
          .message_bytes = received_bytes_,
          .receives = fleet_.counters().receives};
}

Result run_state(const Config& config) {
  if (config.verify) return make_state_verify(config)->run();
  if (config.slow_half) return make_state_slow_half(config)->run();
  return StateRun(config).run();
}

}  // namespace perseid::load
