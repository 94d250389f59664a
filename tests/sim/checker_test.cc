// The checker checked: a run whose world betrays the relay once must turn red, whatever the
// betrayal; else a green run would prove nothing.
#include <gtest/gtest.h>

#include "tests/sim/simulation.h"

namespace perseid::sim {
namespace {

struct FaultCase {
  const char* name;
  Fault fault;
  u32 seen_percent = 80;            // of the runs that commit it, at least so many must turn red
  RoomKind kind = RoomKind::plain;  // of all rooms
};

const FaultCase kFaults[] = {
    {"a_publish_vanishes", Fault::drop_publish},
    {"two_publishes_change_places", Fault::swap_publishes},
    {"a_publish_arrives_twice", Fault::repeat_publish},
    {"an_acknowledgement_vanishes", Fault::drop_answer},
    {"a_private_message_vanishes", Fault::drop_direct},
    // Where not all of the lane was seen, nobody knows better.
    {"a_reaction_is_counted_twice", Fault::miscount, 60},
    {"a_leave_vanishes", Fault::drop_leave},
    // In so small a room its reader has often left, and its view with it, before that matters.
    {"a_keyframe_vanishes", Fault::drop_keyframe, 20},
    {"a_slice_is_sent_twice", Fault::repeat_slice},
    {"a_slice_is_lost", Fault::lose_slice},
    {"a_byte_changes", Fault::corrupt_payload},
    {"an_answer_to_a_join_vanishes", Fault::drop_joined},
    // Who fell out of the system lane has mostly left before the end.
    {"rosters_vanish", Fault::drop_roster, 15},
    // Chance heals it as well: whose lane it was has often left, or nobody spoke any more.
    {"a_lane_falls_silent", Fault::silence_lane, 40},
    {"a_state_is_lost", Fault::lose_state, 65, RoomKind::typed},
    {"a_state_of_a_cell_is_lost", Fault::lose_state, 60, RoomKind::grid},
    {"a_state_is_sent_twice", Fault::repeat_state, 80, RoomKind::typed},
    {"a_state_of_a_cell_is_sent_twice", Fault::repeat_state, 80, RoomKind::grid},
    {"two_states_change_places", Fault::swap_states, 80, RoomKind::typed},
    {"a_byte_of_a_state_changes", Fault::corrupt_state, 80, RoomKind::typed},
    // Who has just had a whole state needs no reset.
    {"a_reset_is_skipped", Fault::skip_reset, 35, RoomKind::typed},
    {"an_unset_is_lost", Fault::lose_unset, 80, RoomKind::typed},
    {"an_unset_between_cells_is_lost", Fault::lose_unset, 80, RoomKind::grid},
    // A whole state on its way to a cell's shard has mostly no member waiting for it alone.
    {"a_keyframe_of_a_cell_vanishes", Fault::drop_keyframe, 8, RoomKind::grid},
    {"a_cell_is_kept", Fault::keep_cell, 25, RoomKind::grid},
    {"a_view_does_not_move", Fault::drop_cells, 45, RoomKind::grid},
    {"owned_entities_are_lent", Fault::lend_entities, 80, RoomKind::owned},
    {"owned_entities_without_a_schema_are_lent", Fault::lend_entities, 80, RoomKind::lent},
};

// Nobody dies and nobody lags, so that nothing can excuse what is missing.
Plan calm_plan(u64 seed, Fault fault, RoomKind kind) {
  Plan plan = plan_from(seed);
  plan.shards = 4;
  plan.players = 12;
  plan.rooms = 2;
  plan.steps = 700;
  plan.acts_per_step_percent = 200;
  plan.padding_bytes_max = 100;
  plan.kills = plan.slow_links = plan.refusals = plan.durable = false;
  plan.options = Options{};
  plan.changes |= fault == Fault::miscount;
  plan.fault = fault;
  plan.kinds.fill(kind);
  // Late, so that who lacks something does not leave before it shows, nor look elsewhere.
  if (kind != RoomKind::plain) plan.fault_from_percent = kind == RoomKind::grid ? 96 : 85;
  if (fault == Fault::swap_states) {
    // Two states in one send.
    plan.slow_links = true;
    plan.options.state_hz = 100;
    plan.options.timeout_ms = plan.options.heartbeat_interval_ms = 3'600'000;
  }
  if (fault == Fault::drop_roster) {
    // Somebody has to fall out of the system lane.
    plan.slow_links = true;
    plan.options.system_window_bytes = 256;
    plan.options.burst_window_bytes = 256;
    plan.options.timeout_ms = plan.options.heartbeat_interval_ms = 3'600'000;
  }
  return plan;
}

class Checker : public testing::TestWithParam<FaultCase> {};

TEST_P(Checker, TurnsRed) {
  u32 committed = 0;
  u32 red = 0;
  // A stream restarts once a second at the most, however many ask: few seeds have the moment.
  const u64 seeds = GetParam().fault == Fault::skip_reset ? 160 : 40;
  for (u64 seed = 1; seed <= seeds; ++seed) {
    const Outcome outcome =
        Simulation(calm_plan(seed, GetParam().fault, GetParam().kind), false).run();
    if (!outcome.fault_committed) continue;
    ++committed;
    red += outcome.failures.empty() ? 0 : 1;
  }
  // Chance may heal one: who lacked something leaves before it shows.
  const bool is_rare = GetParam().kind == RoomKind::grid && GetParam().fault == Fault::lose_unset;
  EXPECT_GE(committed, GetParam().kind == RoomKind::plain ? 20u : is_rare ? 3u : 8u);
  EXPECT_GE(red * 100, committed * GetParam().seen_percent);
}

INSTANTIATE_TEST_SUITE_P(Faults, Checker, testing::ValuesIn(kFaults),
                         [](const auto& fault) { return std::string(fault.param.name); });

TEST(CheckerItself, IsGreenWithoutAFault) {
  for (const RoomKind kind :
       {RoomKind::plain, RoomKind::typed, RoomKind::owned, RoomKind::lent, RoomKind::grid}) {
    for (u64 seed = 1; seed <= 3; ++seed) {
      const Outcome outcome = Simulation(calm_plan(seed, Fault::none, kind), false).run();
      EXPECT_TRUE(outcome.failures.empty()) << outcome.report;
    }
  }
}

}  // namespace
}  // namespace perseid::sim
