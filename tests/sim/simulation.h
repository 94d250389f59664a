// Simulation: a whole server in one thread, from a seed: shards, mail between them, clients on
// links good and bad, clocks that jump. run() plays the plan, lets everything come to rest, sends
// auditors into every room, and returns what was broken. Thread: one. Owns: everything of the run.
// The same plan gives the same run, byte for byte.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/sim_shard.h"
#include "tests/support/fake_store.h"

namespace perseid::sim {

struct Outcome {
  std::vector<std::string> failures;
  std::string report;
  u64 deliveries = 0;        // sequenced messages that clients saw
  u64 state_ticks_seen = 0;  // states of rooms and cells, each by each member
  u64 folds_checked = 0;     // messages of histories that are as the lane makes them
  u64 typings = 0;           // told to somebody
  u64 privates_checked = 0;  // private messages that are in the history of two
  u64 resumes = 0;           // sessions that went on
  u64 resumes_missed = 0;    // that were asked for too late
  u64 digest = 0;            // of all that clients saw
  Stats stats;               // of all shards
  bool fault_committed = false;
};

class Simulation {
 public:
  Simulation(const Plan& plan, bool traced);
  Outcome run();

 private:
  struct Place {
    ShardId shard = 0;
    Handle wire;
    u64 return_at_ms = 0;
  };
  void step();
  void pass_time();
  void disturb();
  void connect(u32 player, bool good);
  void plug_in(u32 player, bool good);
  void come_back(u32 player);
  void deliver_moves(u32 shard);
  void turn(u32 shard);
  void turn_all();
  // The store of the durable rooms: slow by chance, full or refusing now and then.
  Store* stage_store() { return plan_.durable ? &store_ : nullptr; }
  void run_store();
  void rest(const char* when);
  bool quiet();
  void audit();
  void check_rosters();
  // Histories (rest_chat.cc).
  void check_histories(u32 first_auditor);
  void await(const Player& player);
  void check_private(u32 first_auditor);  // private_chat.cc
  void check_states();
  void check_own_states();
  // Grids (rest_grids.cc).
  const Seat* auditor_of(const std::string& room, const std::string& epoch) const;
  StateTable truth_of(const std::string& room, const Seat& seat) const;
  void check_grids();
  void check_bounds();
  Stats sum_stats();

  const Plan plan_;
  Dice dice_;
  Verdict verdict_;
  Book book_;
  Office office_;
  test::FakeStore store_;
  std::vector<std::unique_ptr<SimShard>> shards_;
  std::vector<std::unique_ptr<Player>> players_;
  std::vector<Place> places_;
  i64 unix_offset_ms_ = 1'700'000'000'000;
};

// Runs the plan; a failure is run again with its trace kept.
Outcome simulate(const Plan& plan);

}  // namespace perseid::sim
