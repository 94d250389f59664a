#include "tests/sim/plan.h"

namespace perseid::sim {
namespace {

void choose_windows(Plan& plan, Dice& dice) {
  Options& options = plan.options;
  if (plan.roomy) {
    options.chat_history = 100000;
    options.chat_window_bytes = options.action_window_bytes = 64 * 1024 * 1024;
    options.system_window_bytes = 16 * 1024 * 1024;
    return;
  }
  const u32 kBursts[] = {4096, 65536, 4194304};
  const u32 kWindows[] = {4096, 4096, 16384, 65536};
  const u32 kHistories[] = {0, 3, 10, 50, 1000};
  options.chat_history = dice.pick(kHistories);
  options.chat_window_bytes = dice.pick(kWindows);
  options.action_window_bytes = dice.pick(kWindows);
  // Presence events are few and short: only a small window lets members fall out of it.
  const u32 kSystemWindows[] = {256, 512, 4096, 65536};
  options.system_window_bytes = dice.pick(kSystemWindows);
  options.state_window_bytes = dice.pick(kWindows);
  options.burst_window_bytes = dice.pick(kBursts);
}

void choose_sends(Plan& plan, Dice& dice) {
  Options& options = plan.options;
  const u32 kFlushes[] = {1024, 3000, 16384, 65536};
  const u32 kOutboxes[] = {4096, 16384, 262144, 262144};
  const u32 kCompressFrom[] = {0, 40, 256};
  const u32 kActionWindows[] = {0, 0, 0, 10, 80, kAuto};
  const u32 kRates[] = {0, 0, 0, 30000, 200000};
  options.flush_bytes_max = dice.pick(kFlushes);
  options.outbox_bytes_max = dice.pick(kOutboxes);
  options.compress_from_bytes = dice.pick(kCompressFrom);
  options.action_window_ms = dice.pick(kActionWindows);
  options.client_bytes_per_second = dice.pick(kRates);
}

void choose_limits(Plan& plan, Dice& dice) {
  Options& options = plan.options;
  const u32 kLingers[] = {0, 50, 1000, 60000};
  const u32 kMembers[] = {1000000, 1000000, 1000000, 5};
  const u32 kRates[] = {100000, 100000, 100000, 40};
  const u32 kStateBytes[] = {1048576, 1048576, 3000};
  options.room_linger_ms = dice.pick(kLingers);
  options.room_members_max = dice.pick(kMembers);
  options.session_messages_per_second = dice.pick(kRates);
  options.session_bytes_per_second = 1u << 30;
  options.room_state_bytes_max = dice.pick(kStateBytes);
  options.session_rooms_max = dice.percent(20) ? 2 : 64;
  options.state_hz = dice.percent(50) ? 20 : dice.between(2, 100);
  options.heartbeat_interval_ms = dice.between(300, 2000);
  options.timeout_ms = options.heartbeat_interval_ms * 4 + 3000;
  options.roster_max = 1024;
  const u32 kResumeWindows[] = {0, 20, 300, 1500, 1500};
  options.resume_window_ms = dice.pick(kResumeWindows);
  options.resumable_sessions_max = dice.percent(10) ? 2 : 1000;
}

void choose_kinds(Plan& plan, Dice& dice) {
  const RoomKind kKinds[] = {RoomKind::plain, RoomKind::typed, RoomKind::owned,
                             RoomKind::lent,  RoomKind::grid,  RoomKind::grid};
  for (RoomKind& kind : plan.kinds) kind = dice.pick(kKinds);
  const u32 kEvery[] = {1, 3, 20};
  const u32 kDivisors[] = {1, 2, 4, 4};
  plan.checksum_every = dice.pick(kEvery);
  plan.grid_hz = dice.between(10, 60);
  plan.far_divisor = dice.pick(kDivisors);
  plan.hysteresis = dice.below(4);
}

}  // namespace

Plan plan_from(u64 seed) {
  Dice dice(seed ^ 0x706c616e);
  Plan plan;
  plan.seed = seed;
  plan.shards = dice.percent(15) ? dice.between(1, 2) : 4;
  plan.players = dice.between(3, 24);
  plan.rooms = dice.between(1, 6);
  plan.steps = dice.between(300, 1500);
  plan.acts_per_step_percent = dice.between(30, 250);
  plan.roomy = dice.percent(25);
  plan.refusals = dice.percent(25);
  plan.slow_links = dice.percent(80);
  plan.kills = dice.percent(80);
  const u32 kPaddings[] = {20, 200, 200, 3000, 40000};
  plan.padding_bytes_max = dice.pick(kPaddings);
  choose_windows(plan, dice);
  choose_sends(plan, dice);
  choose_limits(plan, dice);
  choose_kinds(plan, dice);
  plan.durable = dice.percent(40);
  plan.changes = dice.percent(60);
  const char* const kKept[] = {"memory", "async", "commit"};
  if (plan.durable) plan.options.private_durability = dice.pick(kKept);
  return plan;
}

Plan crowd_plan(u64 seed) {
  Plan plan = plan_from(seed);
  plan.shards = 4;
  plan.players = 300;
  plan.rooms = 5;
  plan.steps = 4000;
  plan.acts_per_step_percent = 200;
  plan.padding_bytes_max = 200;
  plan.options.room_members_max = 1000000;
  return plan;
}

}  // namespace perseid::sim
