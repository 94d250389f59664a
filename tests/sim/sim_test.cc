// The whole server from a seed. PERSEID_SIM_SEED=n reruns one seed and tells what led to its
// failure; PERSEID_SIM_RUNS=n hunts through n seeds.
#include <gtest/gtest.h>

#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "tests/sim/simulation.h"

namespace perseid::sim {
namespace {

// So many take some twenty seconds, under a sanitizer not many more.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
constexpr u64 kRuns = 120;
#else
constexpr u64 kRuns = 600;
#endif

char g_seed_text[64] = "perseid: sim seed unknown\n";

void name_seed(u64 seed) {
  std::snprintf(g_seed_text, sizeof g_seed_text, "perseid: in sim seed %llu\n",
                static_cast<unsigned long long>(seed));
}

void tell_seed(int signal) {
  (void)!write(STDERR_FILENO, g_seed_text, std::char_traits<char>::length(g_seed_text));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

u64 number_from(const char* variable, u64 otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string last_lines(const std::string& text, u64 lines) {
  std::size_t at = text.size();
  while (lines-- > 0 && at != std::string::npos && at > 0) at = text.rfind('\n', at - 1);
  return at == std::string::npos ? text : text.substr(at);
}

class SimTest : public testing::Test {
 protected:
  void SetUp() override { old_ = std::signal(SIGABRT, tell_seed); }
  void TearDown() override { std::signal(SIGABRT, old_); }
  void run(const Plan& plan) {
    name_seed(plan.seed);
    const Outcome outcome = simulate(plan);
    EXPECT_TRUE(outcome.failures.empty())
        << "PERSEID_SIM_SEED=" << plan.seed << "\n"
        << last_lines(outcome.report, number_from("PERSEID_SIM_TRACE", 200));
    deliveries += outcome.deliveries;
    gaps += outcome.stats.gaps;
    keyframes += outcome.stats.keyframes_sent;
    rosters += outcome.stats.rosters_resent;
    returned += outcome.stats.sends_returned;
    duplicates += outcome.stats.duplicates_answered;
    timeouts += outcome.stats.heartbeat_timeouts;
    too_slow += outcome.stats.outbox_overflows;
    degraded += outcome.stats.degraded;
    restored += outcome.stats.restored;
    waits += outcome.stats.state_waits;
    windows += outcome.stats.action_windows;
    views += outcome.stats.views_moved;
    cells += outcome.stats.cells_opened;
    asked += outcome.stats.keyframes_asked;
    ticks += outcome.state_ticks_seen;
    stored += outcome.stats.store_publishes;
    unstored += outcome.stats.store_refused + outcome.stats.store_overloaded;
    folds += outcome.folds_checked;
    typings += outcome.typings;
    privates += outcome.privates_checked;
    changes += outcome.stats.chat_events;
    past += outcome.stats.store_changes;
    resumes += outcome.resumes;
    resumes_missed += outcome.resumes_missed;
    taken_over += outcome.stats.sessions_taken_over;
    expired += outcome.stats.sessions_expired;
  }

  u64 deliveries = 0, gaps = 0, keyframes = 0, rosters = 0, returned = 0, duplicates = 0,
      timeouts = 0, too_slow = 0, degraded = 0, restored = 0, waits = 0, windows = 0, views = 0,
      cells = 0, asked = 0, ticks = 0, stored = 0, unstored = 0, resumes = 0, resumes_missed = 0,
      taken_over = 0, expired = 0, folds = 0, typings = 0, changes = 0, past = 0, privates = 0;

 private:
  void (*old_)(int) = SIG_DFL;
};

TEST_F(SimTest, ManySmallServersKeepTheirPromises) {
  const u64 only = number_from("PERSEID_SIM_SEED", 0);
  const u64 first = only != 0 ? only : number_from("PERSEID_SIM_FIRST", 1);
  const u64 runs = only != 0 ? 1 : number_from("PERSEID_SIM_RUNS", kRuns);
  for (u64 seed = first; seed < first + runs && !HasFailure(); ++seed) run(plan_from(seed));
  std::printf(
      "%llu deliveries, %llu gaps, %llu keyframes, %llu rosters, %llu short sends, "
      "%llu repetitions, %llu timeouts, %llu too slow, %llu degraded, %llu restored, %llu waits, "
      "%llu windows, %llu states seen, %llu views moved, %llu cells, %llu keyframes asked for, "
      "%llu resumed, %llu too late, %llu taken over, %llu expired, %llu changes of chat, "
      "%llu of the past, %llu messages folded, %llu typing, %llu private\n",
      static_cast<unsigned long long>(deliveries), static_cast<unsigned long long>(gaps),
      static_cast<unsigned long long>(keyframes), static_cast<unsigned long long>(rosters),
      static_cast<unsigned long long>(returned), static_cast<unsigned long long>(duplicates),
      static_cast<unsigned long long>(timeouts), static_cast<unsigned long long>(too_slow),
      static_cast<unsigned long long>(degraded), static_cast<unsigned long long>(restored),
      static_cast<unsigned long long>(waits), static_cast<unsigned long long>(windows),
      static_cast<unsigned long long>(ticks), static_cast<unsigned long long>(views),
      static_cast<unsigned long long>(cells), static_cast<unsigned long long>(asked),
      static_cast<unsigned long long>(resumes), static_cast<unsigned long long>(resumes_missed),
      static_cast<unsigned long long>(taken_over), static_cast<unsigned long long>(expired),
      static_cast<unsigned long long>(changes), static_cast<unsigned long long>(past),
      static_cast<unsigned long long>(folds), static_cast<unsigned long long>(typings),
      static_cast<unsigned long long>(privates));
  if (runs < 100) return;
  // The runs reached what they are for.
  for (const u64 count :
       {gaps,           keyframes,  rosters, returned, duplicates, timeouts, too_slow, degraded,
        waits,          windows,    views,   cells,    asked,      stored,   unstored, resumes,
        resumes_missed, taken_over, expired, changes,  past,       folds,    typings,  privates}) {
    EXPECT_GT(count, 0u);
  }
}

TEST_F(SimTest, HundredsOfClientsInOneServer) {
  for (const u64 seed : {1u, 2u, 3u}) run(crowd_plan(seed));
}

TEST_F(SimTest, TheSameSeedIsTheSameRun) {
  const Outcome one = Simulation(plan_from(77), false).run();
  const Outcome other = Simulation(plan_from(77), true).run();
  EXPECT_EQ(one.digest, other.digest);
}

}  // namespace
}  // namespace perseid::sim
