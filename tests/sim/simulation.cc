#include "tests/sim/simulation.h"

#include <csignal>
#include <cstring>

namespace perseid::sim {
namespace {

constexpr u64 kStartMs = 1'000'000;

constexpr u64 kStarvedTurnsMax = 60;

}  // namespace

Simulation::Simulation(const Plan& plan, bool traced)
    : plan_(plan),
      dice_(plan.seed),
      verdict_(traced),
      book_(verdict_),
      office_(plan_, dice_, verdict_) {
  verdict_.now_ms = kStartMs;
  book_.changes = plan.changes;
  const Stage stage{plan_, dice_, verdict_, book_, stage_store()};
  for (u32 i = 0; i < plan_.shards; ++i) {
    shards_.push_back(std::make_unique<SimShard>(stage, office_, static_cast<ShardId>(i)));
  }
  turn_all();
  for (u32 i = 0; i < plan_.players; ++i) players_.push_back(std::make_unique<Player>(stage, i));
  places_.resize(plan_.players);
}

void Simulation::connect(u32 number, bool good) {
  players_[number]->connect(WireFormat::at(static_cast<u8>(dice_.below(kWireFormats))));
  plug_in(number, good);
}

void Simulation::come_back(u32 number) {
  players_[number]->come_back();
  plug_in(number, !(plan_.slow_links && dice_.percent(30)));
}

void Simulation::plug_in(u32 number, bool good) {
  Player& player = *players_[number];
  WirePlan wire;
  if (!good) {
    const u32 kKernels[] = {300, 2000, 16384, 65536};
    const u32 kRates[] = {100000, 1000, 100, 10};
    wire.kernel_bytes_max = dice_.pick(kKernels);
    wire.read_bytes_per_ms = dice_.pick(kRates);
    wire.up_delay_ms = dice_.below(30);
  }
  Place& place = places_[number];
  place.shard = static_cast<ShardId>(dice_.below(plan_.shards));
  place.wire = shards_[place.shard]->connect(player, player.format(), wire);
  if (!good) shards_[place.shard]->find(place.wire)->ever_ill = true;
}

void Simulation::turn(u32 shard) {
  const u64 now_ms = verdict_.now_ms;
  shards_[shard]->turn({now_ms, static_cast<u64>(unix_offset_ms_ + static_cast<i64>(now_ms))});
  deliver_moves(shard);
}

void Simulation::deliver_moves(u32 shard) {
  for (Move& move : shards_[shard]->take_moves()) {
    const ShardId to = move.to;
    Player* player = move.wire.player;
    const Handle wire = shards_[to]->adopt(std::move(move));
    if (player != nullptr) places_[player->number()] = {.shard = to, .wire = wire};
  }
}

void Simulation::turn_all() {
  for (u32 i = 0; i < plan_.shards; ++i) turn(i);
}

void Simulation::run_store() {
  if (!plan_.durable) return;
  if (office_.prompt) {
    store_.held = store_.refuses = false;
  } else if (dice_.below(1000) < 5) {
    store_.held = !store_.held;
  } else if (plan_.refusals && dice_.below(1000) < 5) {
    store_.refuses = !store_.refuses;
    store_.bytes_max = dice_.percent(50) ? 3000 : 1 << 24;
  }
  if (!office_.prompt && dice_.percent(70)) return;
  const u32 jobs = office_.prompt ? ~0u : 1 + dice_.below(20);
  store_.run(
      [this](ShardId to, Letter&& letter) {
        (void)office_.post(to, to, std::move(letter), Post::control);
      },
      jobs);
}

void Simulation::pass_time() {
  const u32 fate = dice_.below(1000);
  if (fate < 3) {
    verdict_.now_ms += dice_.between(300, 1500);
    turn_all();
  } else if (fate < 50) {
    verdict_.now_ms += dice_.between(5, 40);
  } else {
    verdict_.now_ms += dice_.below(3);
  }
  if (!plan_.clock_jumps || dice_.below(1000) >= 4) return;
  unix_offset_ms_ += static_cast<i64>(dice_.below(2'000'000'000)) - 1'000'000'000;
  verdict_.note("the wall clock jumps");
}

// What happens to clients from outside: they come, vanish, stall, fall silent.
void Simulation::disturb() {
  const u32 number = dice_.below(plan_.players);
  Player& player = *players_[number];
  Place& place = places_[number];
  if (!player.connected()) {
    if (verdict_.now_ms < place.return_at_ms) return;
    if (player.away() && dice_.percent(90)) return come_back(number);
    if (player.away()) player.gone();
    connect(number, !(plan_.slow_links && dice_.percent(40)));
    return;
  }
  Wire* wire = shards_[place.shard]->find(place.wire);
  if (wire == nullptr) return;
  const u32 fate = dice_.below(100);
  if (plan_.kills && fate < 2) {
    verdict_.note("player " + std::to_string(number) + " is cut off");
    shards_[place.shard]->cut(place.wire);
    dice_.percent(80) ? player.lost() : player.gone();
    place.return_at_ms = verdict_.now_ms + dice_.below(300);
  } else if (plan_.kills && fate < 3) {
    player.hang_up();
  } else if (plan_.slow_links && fate < 6) {
    wire->plan.read_bytes_per_ms = 0;  // stalls
    wire->ever_ill = true;
  } else if (plan_.slow_links && fate < 12 && wire->plan.read_bytes_per_ms == 0) {
    wire->plan.read_bytes_per_ms = 2000;
  } else if (plan_.kills && fate < 14 && fate > 12 && !player.uid().empty() &&
             !player.waits_welcome()) {
    verdict_.note("player " + std::to_string(number) + " opens another connection");
    shards_[place.shard]->leave_behind(place.wire);
    player.lost();
    come_back(number);
  } else if (plan_.kills && fate < 13) {
    player.answers_pings = false;
    wire->ever_ill = true;
  }
}

void Simulation::step() {
  pass_time();
  if (dice_.percent(40)) disturb();
  u32 acts = plan_.acts_per_step_percent;
  for (; acts >= 100 || (acts > 0 && dice_.percent(acts)); acts = acts >= 100 ? acts - 100 : 0) {
    Player& player = *players_[dice_.below(plan_.players)];
    const bool may = player.connected() && !player.wants_close && !player.waits_welcome();
    if (may && player.answers_pings) player.act();
  }
  turn(dice_.below(plan_.shards));
  run_store();
}

Outcome Simulation::run() {
  for (u32 i = 0; i < plan_.players; ++i) connect(i, !(plan_.slow_links && dice_.percent(40)));
  for (u32 i = 0; i < plan_.steps && verdict_.green(); ++i) {
    office_.fault_due = i * 100 >= plan_.steps * plan_.fault_from_percent;
    step();
    if (i % kStarvedTurnsMax == 0) turn_all();
  }
  if (verdict_.green()) rest("after the acts");
  if (verdict_.green()) audit();
  Outcome out;
  out.failures = verdict_.failures();
  out.report = verdict_.report();
  out.deliveries = book_.deliveries;
  out.folds_checked = book_.folds_checked;
  out.typings = book_.typings;
  out.privates_checked = book_.privates_checked;
  out.resumes = book_.resumes;
  out.resumes_missed = book_.resumes_missed;
  out.state_ticks_seen = book_.state.ticks_seen;
  out.stats = sum_stats();
  out.digest = out.stats.lane_bytes_out * 31 + out.stats.deliveries * 7 + book_.deliveries +
               book_.publishes.size() * 1000003 + verdict_.now_ms;
  out.fault_committed = office_.fault_committed;
  return out;
}

Stats Simulation::sum_stats() {
  Stats sum;
  for (const auto& shard : shards_) {
    const Stats& stats = shard->relay().stats();
#define X(name, text) sum.name += stats.name;
    PERSEID_STATS(X)
#undef X
  }
  return sum;
}

Outcome simulate(const Plan& plan) {
  Outcome outcome = Simulation(plan, false).run();
  if (outcome.failures.empty()) return outcome;
  return Simulation(plan, true).run();
}

}  // namespace perseid::sim
