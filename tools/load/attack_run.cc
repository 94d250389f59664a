// Attack: players who talk in their rooms, in calm and among a crowd of hostile connections, in
// turn: how much later do they hear each other while that goes on?
#include <algorithm>

#include "tools/load/crowd.h"
#include "tools/load/players.h"
#include "tools/load/process_stats.h"

namespace perseid::load {
namespace {

constexpr u64 kLookNs = 100'000'000;
constexpr u64 kGatherNsMax = 60'000'000'000;

// Of one core. A thread that has ended takes its time along, so that the sum may have shrunk.
double cpu_of(const Sample& cost) {
  const auto used_ns = static_cast<double>(static_cast<i64>(cost.server_cpu_ns));
  return std::max(0.0, used_ns / static_cast<double>(cost.time_ns));
}

class AttackRun final : public Players {
 public:
  explicit AttackRun(const Config& config) : Players(config), crowd_(config) {
    figures_.hostile = config.hostile;
    figures_.kinds = static_cast<u32>(attacks_of(config).size());
    figures_.ratio_max = config.ratio_max;
  }

  Result run_rounds() {
    fleet().connect_up_to(config().clients());
    flow_for(config().warmup_s, "warm-up");
    const Sample start = sample();
    const Histogram before = ledger().latency();
    for (u32 i = 0; i < config().rounds; ++i) round();
    Result result;
    result.cost = sample() - start;
    result.latency = ledger().latency().since(before);
    result.rss_start_bytes = start.server_rss_bytes;
    result.rss_end_bytes = rss_most_bytes_;
    drain();
    crowd_.add_to(figures_);
    result.attack = figures_;
    judge(result);
    return result;
  }

 private:
  struct Measured {
    u64 p50_ns, p99_ns;
    double cpu;
  };

  void round() {
    AttackFigures::Round out;
    const Measured calm = measure("calm");
    crowd_.start();
    gather();
    const Measured attack = measure("attack");
    out.held = crowd_.held();
    rss_most_bytes_ = std::max(rss_most_bytes_, sample().server_rss_bytes);
    crowd_.stop();
    flow_for(config().settle_s, "settle");
    out.calm_p50_ns = calm.p50_ns;
    out.calm_p99_ns = calm.p99_ns;
    out.calm_cpu = calm.cpu;
    out.attack_p50_ns = attack.p50_ns;
    out.attack_p99_ns = attack.p99_ns;
    out.attack_cpu = attack.cpu;
    figures_.rounds.push_back(out);
  }

  void flow_for(double seconds, const char* phase) {
    flow_until(monotonic_ns() + nanoseconds(seconds), phase);
  }

  // All have come, and come again.
  void gather() {
    const u64 end_ns = monotonic_ns() + kGatherNsMax;
    while (!crowd_.has_dialled_all() && monotonic_ns() < end_ns) {
      flow_until(monotonic_ns() + kLookNs, "gather");
    }
    flow_for(config().settle_s, "gather");
  }

  Measured measure(const char* phase) {
    const Histogram before = ledger().latency();
    const Sample start = sample();
    flow_for(config().duration_s, phase);
    const Sample cost = sample() - start;
    const Histogram latency = ledger().latency().since(before);
    return {latency.percentile(0.5), latency.percentile(0.99), cpu_of(cost)};
  }

  std::string hello_fields(const Client&) override {
    return config().token.empty() ? "" : R"(,"token":")" + config().token + '"';
  }

  Crowd crowd_;
  AttackFigures figures_;
  u64 rss_most_bytes_ = 0;
};

}  // namespace

Result run_attack(const Config& config) {
  return AttackRun(config).run_rounds();
}

}  // namespace perseid::load
