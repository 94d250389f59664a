// The end of a run: the history of each room, page by page, is what its lane has become.
#include "tests/sim/simulation.h"

namespace perseid::sim {

// One turn after another until it is owed nothing; quicker than a rest.
void Simulation::await(const Player& player) {
  for (u32 round = 0; round < 10'000 && player.waits() && verdict_.green(); ++round) {
    verdict_.now_ms += 1;
    turn_all();
    run_store();
  }
  if (player.waits()) verdict_.fail("no answer: " + player.waits_for());
}

// Auditors read everything that there is; the others, of whom some reactions are, a page.
void Simulation::check_histories(u32 first_auditor) {
  for (u32 i = 0; i < first_auditor + 2 && i < players_.size(); ++i) {
    Player& player = *players_[i];
    const u32 pages_max = i < first_auditor ? 1 : 40;
    const u32 limit = 20 + i % 50;
    for (const auto& [room, seat] : player.seats()) {
      Seq before = ~0u;
      for (u32 page = 0; page < pages_max && before > 1 && verdict_.green(); ++page) {
        const Seq newer = before;
        player.read_history(room, before, limit);
        await(player);
        before = seat.history_first;
        if (before >= newer) break;  // refused
      }
    }
  }
}

}  // namespace perseid::sim
