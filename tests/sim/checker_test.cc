// The checker checked: a run whose world betrays the relay once must turn red, whatever the
// betrayal; else a green run would prove nothing.
#include <gtest/gtest.h>

#include "tests/sim/simulation.h"

namespace perseid::sim {
namespace {

struct FaultCase {
  const char* name;
  Fault fault;
  u32 seen_percent = 80;  // of the runs that commit it, at least so many must turn red
};

const FaultCase kFaults[] = {
    {"a_publish_vanishes", Fault::drop_publish},
    {"two_publishes_change_places", Fault::swap_publishes},
    {"a_publish_arrives_twice", Fault::repeat_publish},
    {"an_acknowledgement_vanishes", Fault::drop_answer},
    {"a_private_message_vanishes", Fault::drop_direct},
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
};

// Nobody dies and nobody lags, so that nothing can excuse what is missing.
Plan calm_plan(u64 seed, Fault fault) {
  Plan plan = plan_from(seed);
  plan.shards = 4;
  plan.players = 12;
  plan.rooms = 2;
  plan.steps = 700;
  plan.acts_per_step_percent = 200;
  plan.padding_bytes_max = 100;
  plan.kills = plan.slow_links = plan.refusals = false;
  plan.options = Options{};
  plan.fault = fault;
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
  for (u64 seed = 1; seed <= 40; ++seed) {
    const Outcome outcome = Simulation(calm_plan(seed, GetParam().fault), false).run();
    if (!outcome.fault_committed) continue;
    ++committed;
    red += outcome.failures.empty() ? 0 : 1;
  }
  // Chance may heal one: who lacked something leaves before it shows.
  EXPECT_GE(committed, 20u);
  EXPECT_GE(red * 100, committed * GetParam().seen_percent);
}

INSTANTIATE_TEST_SUITE_P(Faults, Checker, testing::ValuesIn(kFaults),
                         [](const auto& fault) { return std::string(fault.param.name); });

TEST(CheckerItself, IsGreenWithoutAFault) {
  for (u64 seed = 1; seed <= 6; ++seed) {
    const Outcome outcome = Simulation(calm_plan(seed, Fault::none), false).run();
    EXPECT_TRUE(outcome.failures.empty()) << outcome.report;
  }
}

}  // namespace
}  // namespace perseid::sim
